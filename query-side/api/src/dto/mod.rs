//! What goes out, exactly as the contract has it.

mod account;
mod member;
mod overview;
mod top_movers;
mod transfer;
mod view;
mod wallet;

pub use account::{Account, AccountPage, Assets, Balance, Entry, EntryPage, Payee};
pub use member::{Contact, Member, Shown};
pub use overview::Overview;
pub use top_movers::TopMovers;
pub use transfer::Transfer;
pub use view::{View, ViewDetail};
pub use wallet::Wallet;
