//! Refusals by the bank's rules: recorded, and told the same for ever.

use application::Refused;
use kernel::CommandId;
use platform::problem::{Code, Problem};

/// The problem of a recorded refusal.
///
/// Its `request_id` is the command's id and not that of the request: a replay must be the same body, and the command's
/// id finds the refusal in the log.
pub(super) fn problem(refused: &Refused, command_id: CommandId) -> Problem {
    let refusal = &refused.refusal;
    let Some(code) = Code::parse(&refusal.code) else {
        return Problem::internal(format!("the log holds a refusal with the code `{}`", refusal.code));
    };
    let mut problem = Problem::new(code).request_id(command_id.uuid());
    problem = match (code, refusal.available) {
        (Code::InsufficientFunds, Some(available)) => problem
            .detail(format!("the account has {available} minor units available"))
            .with("available", available.to_string()),
        _ => problem.detail(detail(code)),
    };
    match refused.transfer {
        Some(id) => problem.with("transfer_id", id.to_string()),
        None => problem,
    }
}

fn detail(code: Code) -> &'static str {
    match code {
        Code::AccountFrozen => "the account is frozen",
        Code::AccountNotFrozen => "the account is not frozen",
        Code::AccountClosed => "the account is closed",
        Code::AccountNotEmpty => "only an account with a balance of 0 can be closed",
        Code::AssetMismatch => "the accounts and the money are not of one asset",
        Code::AmountNotPositive => "the amount must be more than zero",
        Code::SameAccount => "source and destination are the same account",
        Code::AccountUnknown => "there is no such account",
        Code::LimitExceeded => "the amount is above the limit for one transfer",
        Code::AlreadyReversed => "the transfer has been reversed already",
        Code::TransferNotPosted => "only a posted transfer can be reversed",
        Code::AmountOverflow => "the balance would have more than 38 digits",
        Code::BatchAborted => "another transfer of this atomic batch was refused",
        other => other.title(),
    }
}
