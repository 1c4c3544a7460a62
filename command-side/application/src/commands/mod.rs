//! What can be asked for: one file for each command, with what it decides and what is answered.

mod accept_offer;
mod account_outcome;
mod account_status;
mod add_operator;
mod add_payout_rows;
mod advance_process;
mod answered_transfer;
mod approval;
mod approval_actions;
mod approval_answer;
mod approval_options;
mod approval_outcome;
mod approve_erasure;
mod ask_webhook;
mod assign_limits;
mod booking;
mod cancel_offer;
mod cancel_order;
mod cancel_payout_run;
mod capture_hold;
mod change_contact;
mod change_password;
mod change_webhook;
mod charge;
mod close_account;
mod complete_password_reset;
mod compound_transfer;
mod create_partner;
mod create_webhook;
mod decide_approval;
mod delete_limit;
mod delete_webhook;
mod deposit;
mod direct_process;
mod disclose;
mod end_operator_session;
mod erase_member;
mod execute_error;
mod expire_hold;
mod expire_offer;
mod freeze_account;
mod freeze_accounts;
mod hold_access;
mod hold_outcome;
mod increase_hold;
mod issue_partner_key;
mod issue_payment_code;
mod item_access;
mod item_outcome;
mod member_error;
mod member_options;
mod member_rules;
mod members;
mod mint_item;
mod money_command;
mod money_options;
mod offer_outcome;
mod open_account;
mod open_offer;
mod open_payout_run;
mod operator_answer;
mod order_access;
mod order_outcome;
mod outcome;
mod own_stream;
mod partner_answer;
mod pause_order;
mod pause_payout_run;
mod pay_rows;
mod payout_access;
mod payout_outcome;
mod place_hold;
mod place_order;
mod posting;
mod process_money;
mod process_outcome;
mod promote_view;
mod quote_exchange;
mod refusal_outcome;
mod refuse;
mod release_hold;
mod resend_code;
mod reset_operator;
mod resume_order;
mod resume_payout_run;
mod reverse;
mod revoke_partner_key;
mod rotate_webhook;
mod run_order;
mod sealing;
mod set_limit;
mod set_operator_role;
mod set_partner_quotas;
mod set_rate;
mod sign_up;
mod start_password_reset;
mod start_payout_run;
mod start_process;
mod switch_operator;
mod system_accounts;
mod transfer;
mod transfer_batch;
mod transfer_item;
mod transfer_outcome;
mod unfreeze_account;
mod use_quote;
mod verify_contact;
mod verify_sign_up;
mod webhook_access;
mod webhook_answer;
mod webhook_outcome;
mod withdraw;

pub use accept_offer::AcceptOffer;
pub use add_operator::AddOperator;
pub use add_payout_rows::AddPayoutRows;
pub use advance_process::{AdvanceProcess, StepReport};
pub use answered_transfer::AnsweredTransfer;
pub use approval_answer::ApprovalAnswer;
pub use approval_options::ApprovalOptions;
pub use ask_webhook::{AskWebhook, WebhookRequest};
pub use assign_limits::AssignLimits;
pub use cancel_offer::CancelOffer;
pub use cancel_order::CancelOrder;
pub use cancel_payout_run::CancelPayoutRun;
pub use capture_hold::CaptureHold;
pub(crate) use change_contact::{SealedContact, contact_of};
pub use change_webhook::ChangeWebhook;
pub use charge::Charge;
pub use close_account::CloseAccount;
pub use complete_password_reset::ResetCompleted;
pub use compound_transfer::{CompoundTransfer, Payment};
pub use create_partner::CreatePartner;
pub use create_webhook::CreateWebhook;
pub use decide_approval::{ApprovalVerdict, DecideApproval};
pub use delete_limit::DeleteLimit;
pub use delete_webhook::DeleteWebhook;
pub use deposit::Deposit;
pub use direct_process::DirectProcess;
pub use disclose::PersonalData;
pub use end_operator_session::EndOperatorSession;
pub use erase_member::ErasureAnswer;
pub use execute_error::ExecuteError;
pub use expire_hold::ExpireHold;
pub use expire_offer::ExpireOffer;
pub use freeze_account::FreezeAccount;
pub use freeze_accounts::FreezeAccounts;
pub use increase_hold::IncreaseHold;
pub use issue_partner_key::IssuePartnerKey;
pub use issue_payment_code::IssuePaymentCode;
pub use member_error::MemberError;
pub use member_options::{MemberOptions, PayoutOptions};
pub(crate) use member_rules::{MemberAnswer, MemberRules};
pub use members::{MemberLog, MemberStanding, Members};
pub use mint_item::MintItem;
pub(crate) use money_options::MoneyRules;
pub use money_options::{Bank, ExecutorOptions};
pub use open_account::OpenAccount;
pub use open_offer::OpenOffer;
pub use open_payout_run::OpenPayoutRun;
pub use operator_answer::OperatorAnswer;
pub use outcome::{
    AccountAnswer, Answer, AssignedLimits, DirectedAnswer, FrozenAccounts, HoldAnswer, ItemAnswer, LimitAnswer,
    OfferAnswer, OrderAnswer, Outcome, PaymentCodeAnswer, PayoutAnswer, Posting, ProcessAnswer, QuoteAnswer,
    RateAnswer, Refused, StatusName, TransferAnswer,
};
pub use partner_answer::{PartnerAnswer, PartnerKeyAnswer, QuotasAnswer};
pub use pause_order::PauseOrder;
pub use pause_payout_run::PausePayoutRun;
pub use pay_rows::PayRows;
pub use place_hold::PlaceHold;
pub use place_order::PlaceOrder;
pub use promote_view::PromoteView;
pub use quote_exchange::QuoteExchange;
pub use release_hold::ReleaseHold;
pub use reset_operator::ResetOperator;
pub use resume_order::ResumeOrder;
pub use resume_payout_run::ResumePayoutRun;
pub use reverse::Reverse;
pub use revoke_partner_key::RevokePartnerKey;
pub use rotate_webhook::RotateWebhook;
pub use run_order::RunOrder;
pub(crate) use sealing::{open as open_sealed, seal as seal_text, vault_failed};
pub use set_limit::SetLimit;
pub use set_operator_role::SetOperatorRole;
pub use set_partner_quotas::SetPartnerQuotas;
pub use set_rate::SetRate;
pub use sign_up::{CodeSent, SignUp};
pub use start_password_reset::ResetStarted;
pub use start_payout_run::StartPayoutRun;
pub use start_process::StartProcess;
pub use switch_operator::SwitchOperator;
pub use transfer::{Destination, TransferOrder};
pub use transfer_batch::TransferBatch;
pub use transfer_item::TransferItem;
pub use unfreeze_account::UnfreezeAccount;
pub use use_quote::UseQuote;
pub use verify_sign_up::OtherLogin;
pub use webhook_answer::{RotatedWebhook, WebhookAnswer};
pub use withdraw::Withdraw;

money_command::money_commands! {
    /// Open an account for the actor.
    OpenAccount(OpenAccount);
    /// Close an empty account; by its owner.
    CloseAccount(CloseAccount);
    /// Freeze an account; by an operator.
    FreezeAccount(FreezeAccount);
    /// Freeze many accounts at once; by an operator.
    FreezeAccounts(FreezeAccounts);
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
    /// Hold funds; by the owner of the account, a service or an operator.
    PlaceHold(PlaceHold);
    /// Pay from a hold; by the owner of its destination, a service or an operator.
    CaptureHold(CaptureHold);
    /// Hold more; by whoever placed the hold, or an operator.
    IncreaseHold(IncreaseHold);
    /// Give held funds back; by whoever placed the hold, the owner of its destination, a service or an operator.
    ReleaseHold(ReleaseHold);
    /// Give back what remains of a hold whose time is over; by the process that waits for it.
    ExpireHold(ExpireHold);
    /// Set a limit; by an operator.
    SetLimit(SetLimit);
    /// Delete a limit; by an operator.
    DeleteLimit(DeleteLimit);
    /// Say which limits count for an account; by an operator.
    AssignLimits(AssignLimits);
    /// Set a rate of the exchange; by an operator or a service.
    SetRate(SetRate);
    /// Ask for a quote of the exchange; by the owner of both accounts.
    QuoteExchange(QuoteExchange);
    /// Exchange as quoted; by the member who was given the quote.
    UseQuote(UseQuote);
    /// Issue a payment code; by the owner of the account.
    IssuePaymentCode(IssuePaymentCode);
    /// Pay, or hold, with a payment code; by a service or an operator.
    Charge(Charge);
    /// Mint an item; by a service or an operator.
    MintItem(MintItem);
    /// Give an item to another member; by its owner.
    TransferItem(TransferItem);
    /// Offer an item for money; by its owner.
    OpenOffer(OpenOffer);
    /// Buy what is offered; by a member who is not the seller.
    AcceptOffer(AcceptOffer);
    /// Take an offer back; by the seller.
    CancelOffer(CancelOffer);
    /// Record that the time of an offer is over; by the process that waits for it.
    ExpireOffer(ExpireOffer);
    /// Place a standing order; by the owner of the account that pays.
    PlaceOrder(PlaceOrder);
    /// Carry nothing of an order out until it is resumed; by its owner or an operator.
    PauseOrder(PauseOrder);
    /// Go on with a paused order; by its owner or an operator.
    ResumeOrder(ResumeOrder);
    /// End an order before its time; by its owner or an operator.
    CancelOrder(CancelOrder);
    /// Carry out the run of an order that is due; by the process that waits for it.
    RunOrder(RunOrder);
    /// Open a payout run; by a service or an operator.
    OpenPayoutRun(OpenPayoutRun);
    /// Add rows to a payout run that has not started; by whoever opened it, or an operator.
    AddPayoutRows(AddPayoutRows);
    /// Pay the rows of a run from now on; by whoever opened it, or an operator.
    StartPayoutRun(StartPayoutRun);
    /// Pay nothing of a run until it is resumed; by whoever opened it, or an operator.
    PausePayoutRun(PausePayoutRun);
    /// Go on with a paused run; by whoever opened it, or an operator.
    ResumePayoutRun(ResumePayoutRun);
    /// Pay nothing more of a run, for good; by whoever opened it, or an operator.
    CancelPayoutRun(CancelPayoutRun);
    /// Pay the next rows of a run; by the process that pays them.
    PayRows(PayRows);
    /// Send events to an address; by a service or an operator.
    CreateWebhook(CreateWebhook);
    /// Change the settings of a webhook; by its owner, or an operator.
    ChangeWebhook(ChangeWebhook);
    /// Give a webhook a new secret; by its owner, or an operator.
    RotateWebhook(RotateWebhook);
    /// Ask the sender of webhooks for something; by the owner of the webhook, or an operator.
    AskWebhook(AskWebhook);
    /// Delete a webhook; by its owner, or an operator.
    DeleteWebhook(DeleteWebhook);
    /// Start a process with the outside world; by the owner of the account.
    StartProcess(StartProcess);
    /// Record what became of a step of a process, or move its money; by the runner of the processes.
    AdvanceProcess(AdvanceProcess);
    /// Say how a process goes on; by an operator.
    DirectProcess(DirectProcess);
    /// Create a partner; by an operator.
    CreatePartner(CreatePartner);
    /// Issue a key to a partner; by an operator.
    IssuePartnerKey(IssuePartnerKey);
    /// Revoke a key of a partner; by an operator.
    RevokePartnerKey(RevokePartnerKey);
    /// Set the quotas of a partner; by an operator.
    SetPartnerQuotas(SetPartnerQuotas);
    /// Add an operator; by an operator.
    AddOperator(AddOperator);
    /// Give an operator another role; by an operator.
    SetOperatorRole(SetOperatorRole);
    /// Disable an operator, or enable them again; by an operator.
    SwitchOperator(SwitchOperator);
    /// Give an operator new credentials; by an operator.
    ResetOperator(ResetOperator);
    /// End a session of another operator; by an operator.
    EndOperatorSession(EndOperatorSession);
    /// Approve, reject or withdraw what an operator asked for; by an operator who logged in.
    DecideApproval(DecideApproval);
    /// Ask whether a generation of a view that differs may become live; by an operator.
    PromoteView(PromoteView);
}
