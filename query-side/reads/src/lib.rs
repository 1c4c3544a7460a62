//! What the query side can answer, and how fresh it is.
//!
//! Read models are plain structs, read by static SQL from schema `live` of the views database; every read passes the
//! freshness gate. Knows nothing of HTTP, of commands, or of how the views are built.

mod accounts;
mod approvals;
mod audit;
mod audit_watch;
mod balance;
mod cursor;
mod error;
mod find;
mod freshness;
mod history;
mod holds;
mod inspect;
mod inspector;
mod items;
mod limits;
mod member_list;
mod members;
mod metric_help;
mod operators;
mod overview;
mod owned;
mod partners;
mod payees;
mod payout_runs;
mod processes;
mod reads;
mod references;
mod refusals;
mod row;
mod standing_orders;
mod status;
mod top_movers;
mod transactions;
mod transfers;
mod view;
mod wallet;
mod webhooks;

pub use accounts::{Account, AccountStatus, FreezeScope};
pub use approvals::{Approval, ApprovalFilter};
pub use audit::{AlarmReport, AuditReport, InvariantReport};
pub use balance::{Balance, When};
pub use cursor::List;
pub use error::ReadsError;
pub use find::{Finding, Found, Sought};
pub use freshness::{Fresh, Need};
pub use history::{BalanceHistory, BalancePoint};
pub use holds::{Hold, HoldStatus};
pub use inspect::{LogActor, LogCommit, LogEvent, MOST_EVENTS, Recorded, StreamEvent, StreamPage, StreamPart};
pub use items::{Item, ItemHistory, ItemOwner, Offer};
pub use limits::{AccountLimit, AmountUse, CountUse, LimitWindow, MostAmount, MostCount};
pub use member_list::{MemberDetail, MemberRecord};
pub use members::{Channel, Member, MemberStatus, Personal, SealedText};
pub use metric_help::describe_metrics;
pub use operators::{ActionApproval, Operator, OperatorAction};
pub use overview::{
    AccountCounts, Activity, ActivityBucket, AssetTotals, MemberCounts, OrderCounts, Overview, PayoutRunCounts,
    RefusalCount,
};
pub use partners::{Partner, PartnerKey, PartnerQuotas};
pub use payees::{Payee, PayeeKey};
pub use payout_runs::{PayoutResult, PayoutRun, PayoutStatus};
pub use processes::{GiftCard, Process, ProcessFilter, ProcessStep};
pub use reads::{OpenError, Options, Reads};
pub use refusals::{RefusalHour, Refusals};
pub use row::{Page, Viewer};
pub use standing_orders::{Order, OrderRun, Schedule};
pub use status::{Generation, ViewDetail, ViewStatus};
pub use top_movers::{Mover, TopMovers};
pub use transactions::{Entry, EntryFilter, KINDS, Named, Range};
pub use transfers::{Money, Posting, Transfer};
pub use wallet::{PendingOrder, RECENT, Wallet, WalletEntry, WalletLimit};
pub use webhooks::{Delivery, DeliveryAttempt, DeliveryFilter, DeliveryStatus, Webhook, WebhookOwner};

view::views! {
    Accounts = "accounts",
    Transactions = "transactions",
    Transfers = "transfers",
    Overview = "overview",
    Members = "members",
    TopMovers = "top_movers",
    Holds = "holds",
    Limits = "limits",
    Items = "items",
    StandingOrders = "standing_orders",
    PayoutRuns = "payout_runs",
    Webhooks = "webhooks",
    Processes = "processes",
    Partners = "partners",
    Operators = "operators",
    Approvals = "approvals",
}
