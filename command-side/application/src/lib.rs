//! The use cases of the command side, and the engine that folds many commands into one append.
//!
//! Knows the domain and the port of the log; knows nothing of HTTP or SQL.

mod auth;
mod commands;
mod delivery;
mod engine;
mod kill_points;
mod metric_help;
mod notifications;
mod port;
mod processes;

pub use auth::{
    AuthError, AuthOptions, AuthParts, AuthService, CodeGrant, ErasureProof, Identity, IdentityError, IdentityProvider,
    MemberCommand, MemberOutcome, NewMember, OperatorLogIn, OperatorPassword, OperatorSecrets, OperatorTokens,
    PartnerSecret, PartnerToken, ProviderFacts, RevokedTokens, SignTokens, ThrottleOptions, Tokens, WebhookKeys,
};
pub use commands::*;
pub use delivery::{
    Channel, Channels, Courier, CourierOptions, DeliverError, DeliveryHealth, Push, PushChannel, PushCourier,
    PushError, Text,
};
pub use domain::{
    Approval, ApprovalStatus, Limits, OperatorName, OperatorNameError,
    exchange::{FixedSide, Rate},
    member::CodeRules,
    webhook::{Networks, NetworksError},
};
pub use engine::{Claim, Engine, Log, Meta, OperatorAct, PresentedToken, Receipt, Running};
pub use events::recorded::EVERY_EVENT;
pub use events::recorded::{
    ApprovalAction, ApprovalRequested, Cap, Every, FreezeScope, IfRefused, LimitReached, LimitWindow, LimitedKind,
    PayoutDestination, PayoutRow, PayoutTotals, ProcessDirection, ProcessPurpose, Repeated, Schedule,
};
pub use kill_points::{KillMoment, KillPoint};
pub use metric_help::describe_metrics;
pub use notifications::{
    DeviceRegistration, Locale, LocaleError, NotificationPreferences, Platform, PlatformError, PushToken,
    PushTokenError, QuietHours, QuietHoursError,
};
pub use port::CommandPort;
pub use processes::{
    BankAccount, BankProvider, CallError, CallKey, CallResult, Change, ConfirmedPayment, FirstStep, Followed,
    GiftCardIssuer, GiftCode, Next, OutsideOptions, OutsideProcesses, PROCESS_RUNNER, PaymentProvider, Process,
    ProcessError, ProcessRunner, Providers, RefusalCode, Reply, step_id,
};
pub use vault::{Certificate, Copies, OperatorSession, PartnerQuota, SessionPlace, VaultError};

/// A command for the bank with everything that belongs to the request it came in.
pub type Submission = engine::Submission<Command>;
