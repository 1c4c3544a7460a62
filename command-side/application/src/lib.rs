//! The use cases of the command side, and the executor that folds many commands into one append.
//!
//! Knows the domain and the port of the log; knows nothing of HTTP or SQL.

mod answer;
mod command;
mod courier;
mod executor;
mod members;
mod sessions;
mod stored;

pub use answer::{AccountAnswer, Answer, ExecuteError, Outcome, Posting, Refused, TransferAnswer};
pub use command::{Command, Destination, PresentedToken, Submission, TransferOrder};
pub use courier::{Channel, Channels, Courier, CourierOptions, DeliverError, DeliveryHealth, Text};
pub use domain::{Limits, member::CodeRules};
pub use executor::{Bank, Executor, ExecutorOptions, Log};
pub use members::{
    CodeSent, MemberError, MemberLog, MemberOptions, MemberStanding, Members, Meta, PersonalData, ProcessRunner,
    Receipt, SignUp,
};
pub use sessions::{
    AuthError, AuthOptions, AuthParts, AuthService, ErasureProof, MemberCommand, MemberOutcome, NewMember,
    RevokedTokens, SignTokens, ThrottleOptions, Tokens,
};
pub use vault::{Certificate, VaultError};
