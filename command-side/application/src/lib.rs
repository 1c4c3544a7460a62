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
pub use courier::{Board, Channel, Channels, Courier, CourierOptions, DeliverError, Text};
pub use domain::{Limits, member::CodeRules};
pub use executor::{Bank, Executor, ExecutorOptions, Log};
pub use members::{
    BackOffice, CodeSent, MemberError, MemberLog, MemberOptions, MemberStanding, Members, Meta, PersonalData, SignUp,
    Told,
};
pub use sessions::{
    ErasureProof, MemberCommand, MemberOutcome, NewMember, Reception, ReceptionError, ReceptionOptions, ReceptionParts,
    RevokedTokens, SignTokens, ThrottleOptions, Tokens,
};
pub use vault::{Certificate, VaultError};
