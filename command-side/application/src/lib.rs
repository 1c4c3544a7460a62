//! The use cases of the command side, and the engine that folds many commands into one append.
//!
//! Knows the domain and the port of the log; knows nothing of HTTP or SQL.

mod auth;
mod commands;
mod delivery;
mod engine;
mod metric_help;
mod port;
mod processes;

pub use auth::{
    AuthError, AuthOptions, AuthParts, AuthService, ErasureProof, MemberCommand, MemberOutcome, NewMember,
    RevokedTokens, SignTokens, ThrottleOptions, Tokens,
};
pub use commands::*;
pub use delivery::{Channel, Channels, Courier, CourierOptions, DeliverError, DeliveryHealth, Text};
pub use domain::{
    Limits,
    exchange::{FixedSide, Rate},
    member::CodeRules,
};
pub use engine::{Claim, Engine, Log, Meta, PresentedToken, Receipt, Running};
pub use events::recorded::{
    Cap, Every, FreezeScope, IfRefused, LimitReached, LimitWindow, LimitedKind, PayoutDestination, PayoutRow,
    PayoutTotals, Repeated, Schedule,
};
pub use metric_help::describe_metrics;
pub use port::CommandPort;
pub use processes::{Change, FirstStep, Followed, Next, PROCESS_RUNNER, Process, ProcessError, ProcessRunner, step_id};
pub use vault::{Certificate, Copies, VaultError};

/// A command for the bank with everything that belongs to the request it came in.
pub type Submission = engine::Submission<Command>;
