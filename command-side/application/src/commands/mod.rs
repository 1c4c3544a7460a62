//! What can be asked for: one file for each command, with what it decides and what is answered.

mod account_outcome;
mod account_status;
mod change_contact;
mod change_password;
mod close_account;
mod complete_password_reset;
mod compound_transfer;
mod deposit;
mod disclose;
mod erase_member;
mod freeze_account;
mod member_error;
mod member_options;
mod member_rules;
mod members;
mod money_command;
mod money_options;
mod open_account;
mod outcome;
mod posting;
mod refuse;
mod resend_code;
mod reverse;
mod sealing;
mod sign_up;
mod start_password_reset;
mod system_accounts;
mod transfer;
mod transfer_batch;
mod transfer_outcome;
mod unfreeze_account;
mod verify_contact;
mod verify_sign_up;
mod withdraw;

pub(crate) use change_contact::{SealedContact, contact_of};
pub use close_account::CloseAccount;
pub use complete_password_reset::ResetCompleted;
pub use compound_transfer::{CompoundTransfer, Payment};
pub use deposit::Deposit;
pub use disclose::PersonalData;
pub use freeze_account::FreezeAccount;
pub use member_error::MemberError;
pub use member_options::MemberOptions;
pub(crate) use member_rules::{MemberAnswer, MemberRules};
pub use members::{MemberLog, MemberStanding, Members};
pub(crate) use money_options::MoneyRules;
pub use money_options::{Bank, ExecutorOptions};
pub use open_account::OpenAccount;
pub use outcome::{AccountAnswer, Answer, ExecuteError, Outcome, Posting, Refused, StatusName, TransferAnswer};
pub use reverse::Reverse;
pub use sign_up::{CodeSent, SignUp};
pub use start_password_reset::ResetStarted;
pub use transfer::{Destination, TransferOrder};
pub use transfer_batch::TransferBatch;
pub use unfreeze_account::UnfreezeAccount;
pub use verify_sign_up::OtherLogin;
pub use withdraw::Withdraw;

money_command::money_commands! {
    /// Open an account for the actor.
    OpenAccount(OpenAccount);
    /// Close an empty account; by its owner.
    CloseAccount(CloseAccount);
    /// Freeze an account; by an operator.
    FreezeAccount(FreezeAccount);
    /// Lift a freeze; by an operator.
    UnfreezeAccount(UnfreezeAccount);
    /// Money comes in from outside; by an operator or a service.
    Deposit(Deposit);
    /// Money goes outside; by an operator or a service.
    Withdraw(Withdraw);
    /// One transfer between accounts; by the source's owner or an operator.
    Transfer(TransferOrder);
    /// Up to a thousand transfers in one commit; by an operator or a service.
    TransferBatch(TransferBatch);
    /// Up to fifty payments as one transfer; by the owner of every source, a service or an operator.
    CompoundTransfer(CompoundTransfer);
    /// Undo a posted transfer by another; by an operator.
    Reverse(Reverse);
}
