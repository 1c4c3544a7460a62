//! The words every room of Jangbu shares: money, ids, positions, consistency tokens, time zones and the clock.
//!
//! No I/O, no async, no framework. A type lives here only while both sides of the fence need it.

mod account_number;
mod actor;
mod approval_kind;
mod asset;
mod clock;
mod commit;
mod id;
mod money;
mod notification;
mod operator_role;
mod position;
mod scope;
mod sealed;
mod token;
mod zone;

pub use account_number::{AccountNumber, AccountNumberError};
pub use actor::{Actor, Role, RoleError};
pub use approval_kind::{ApprovalKind, ApprovalKindError, ApprovalKinds};
pub use asset::{Asset, AssetCode, AssetError, Assets};
pub use clock::{Clock, Ids, ManualClock, RandomIds, SystemClock};
pub use commit::{CommitRef, CommitTag};
pub use id::{
    AccountId, ApprovalId, CommandId, CorrelationId, DeliveryId, HoldId, ItemId, LogId, MemberId, OfferId, OperatorId,
    OrderId, PartnerId, PartnerKeyId, PaymentCodeId, PayoutRunId, ProcessId, QuoteId, StreamId, TransferId, WebhookId,
};
pub use money::{Minor, Money, MoneyError};
pub use notification::{NotificationKind, NotificationKindError};
pub use operator_role::{OperatorRole, OperatorRoleError};
pub use position::{Position, Version};
pub use scope::{Scope, ScopeError, Scopes};
pub use sealed::{Place, Sealed};
pub use token::{ConsistencyToken, TokenError};
pub use zone::{TimeWindow, Zone, ZoneError};
