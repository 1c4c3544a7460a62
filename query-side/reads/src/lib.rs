//! What the query side can answer, and how fresh it is.
//!
//! Read models are plain structs, read by static SQL from schema `live` of the views database; every read passes the
//! freshness gate. Knows nothing of HTTP, of commands, or of how the views are built.

mod accounts;
mod audit;
mod audit_watch;
mod balance;
mod cursor;
mod error;
mod freshness;
mod members;
mod metric_help;
mod overview;
mod payees;
mod reads;
mod references;
mod row;
mod status;
mod top_movers;
mod transactions;
mod transfers;
mod view;
mod wallet;

pub use accounts::{Account, AccountStatus};
pub use audit::{AlarmReport, AuditReport, InvariantReport};
pub use balance::{Balance, When};
pub use cursor::List;
pub use error::ReadsError;
pub use freshness::{Fresh, Need};
pub use members::{Channel, Member, MemberStatus, Personal, SealedText};
pub use metric_help::describe_metrics;
pub use overview::{AccountCounts, Activity, ActivityBucket, AssetTotals, MemberCounts, Overview};
pub use payees::{Payee, PayeeKey};
pub use reads::{OpenError, Options, Reads};
pub use row::{Page, Viewer};
pub use status::{Generation, ViewDetail, ViewStatus};
pub use top_movers::{Mover, TopMovers};
pub use transactions::{Entry, EntryFilter, KINDS, Named, Range};
pub use transfers::{Money, Posting, Transfer};
pub use wallet::{RECENT, Wallet, WalletEntry};

view::views! {
    Accounts = "accounts",
    Transactions = "transactions",
    Transfers = "transfers",
    Overview = "overview",
    Members = "members",
    TopMovers = "top_movers",
}
