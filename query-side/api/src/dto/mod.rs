//! What goes out and is not read as it is: pages, and answers with something personal in them. The rest are the read models
//! themselves.

mod account;
mod member;
mod transfer;
mod wallet;

pub use account::{AccountPage, Assets, EntryPage, Payee};
pub use member::{Contact, Member, Shown};
pub use transfer::Transfer;
pub use wallet::Wallet;
