//! The problem that a client gets when there is no answer.

use std::{error::Error, time::Duration};

use application::{AuthError, ExecuteError, LimitReached, LimitWindow, MemberError, PayoutTotals, Refused, VaultError};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::SecondsFormat;
use kernel::CommandId;
use platform::{
    auth::refused,
    problem::{Code, Problem, Quota},
};

use crate::answer;

/// A person has to look at an alarm of the auditor: that takes minutes.
const STOPPED: Duration = Duration::from_secs(30);

/// What is said about an approval that nobody can decide about any more.
const APPROVAL_OVER: &str = "it was decided, its time is over, or whoever asked may not ask for it any more";

/// Nothing of these is recorded: the same key may be used again.
pub(crate) fn of_execution(error: ExecuteError) -> Problem {
    let soon = Duration::from_secs(1);
    match error {
        ExecuteError::Overloaded { retry_after } => {
            Problem::new(Code::Overloaded).detail("too many commands are waiting").retry_after(retry_after)
        }
        ExecuteError::DeadlinePassed => Problem::new(Code::DeadlinePassed)
            .detail("the command was not decided in time, and was dropped")
            .retry_after(soon),
        ExecuteError::TokenRefused => refused().cause("it was revoked while the command waited"),
        ExecuteError::InFlight => Problem::new(Code::IdempotencyKeyInFlight)
            .detail("the first request with this key has not been answered yet")
            .retry_after(soon),
        ExecuteError::KeyReused => {
            Problem::new(Code::IdempotencyKeyReused).detail("this key was used for another request")
        }
        ExecuteError::AccountUnknown => {
            Problem::new(Code::AccountUnknown).status(StatusCode::NOT_FOUND).detail("there is no such account")
        }
        ExecuteError::TransferUnknown => Problem::new(Code::TransferUnknown).detail("there is no such transfer"),
        ExecuteError::HoldUnknown => Problem::new(Code::HoldUnknown).detail("there is no such hold"),
        ExecuteError::HoldNotYours => {
            Problem::new(Code::HoldNotYours).detail("your part in the hold does not allow this")
        }
        ExecuteError::LimitUnknown => {
            Problem::new(Code::LimitUnknown).status(StatusCode::NOT_FOUND).detail("there is no such limit")
        }
        ExecuteError::ItemUnknown => Problem::new(Code::ItemUnknown).detail("there is no such item"),
        ExecuteError::ItemNotYours => Problem::new(Code::ItemNotYours).detail("the item is not yours"),
        ExecuteError::OfferUnknown => Problem::new(Code::OfferUnknown).detail("there is no such offer"),
        ExecuteError::OfferNotYours => Problem::new(Code::OfferNotYours).detail("the offer is not yours to take back"),
        ExecuteError::OrderUnknown => Problem::new(Code::OrderUnknown).detail("there is no such standing order"),
        ExecuteError::PayoutUnknown => Problem::new(Code::PayoutUnknown).detail("there is no such payout run"),
        ExecuteError::WebhookUnknown => Problem::new(Code::WebhookUnknown).detail("there is no such webhook"),
        ExecuteError::ProcessUnknown => Problem::new(Code::ProcessUnknown).detail("there is no such process"),
        ExecuteError::PartnerUnknown => Problem::new(Code::PartnerUnknown).detail("there is no such partner"),
        ExecuteError::OperatorUnknown => Problem::new(Code::OperatorUnknown).detail("there is no such operator"),
        ExecuteError::ApprovalUnknown
        | ExecuteError::ApprovalOwn
        | ExecuteError::ApprovalNotIndependent
        | ExecuteError::ApprovalNotOwn
        | ExecuteError::OperatorRoleMissing(_)
        | ExecuteError::NoOperatorAccount => of_approval(&error),
        ExecuteError::KeyUnknown => Problem::new(Code::KeyUnknown).detail("the partner has no such key"),
        ExecuteError::NotOwnDestination => {
            Problem::new(Code::AccountNotYours).detail("the destination account is not yours")
        }
        ExecuteError::NotOwner => Problem::new(Code::AccountNotYours).detail("the source account is not yours"),
        ExecuteError::OwnerLeft => Problem::new(Code::Unauthorized).detail("the token does not hold").token_refused(),
        ExecuteError::Contended => Problem::new(Code::Contended)
            .detail("the accounts are changed by other servers at the same time")
            .retry_after(soon),
        ExecuteError::NotLeader => Problem::new(Code::LogUnavailable)
            .detail("this server cannot reach the one that writes the log")
            .retry_after(soon),
        ExecuteError::LogUnavailable => {
            Problem::new(Code::LogUnavailable).detail("the log cannot be reached").retry_after(soon)
        }
        ExecuteError::Stopped => Problem::new(Code::AuditAlarm)
            .detail("the auditor found the books to be wrong; nothing is written until an operator has looked at it")
            .retry_after(STOPPED),
        ExecuteError::OutcomeUnknown => Problem::new(Code::OutcomeUnknown)
            .detail("it is not known whether the command was carried out; ask again with the same key")
            .retry_after(soon),
        ExecuteError::ShuttingDown => {
            Problem::new(Code::ShuttingDown).detail("the server is shutting down").retry_after(soon)
        }
        ExecuteError::Internal => Problem::internal("the executor met a defect; see its own log line"),
    }
}

/// Why somebody does not decide about an approval.
fn of_approval(error: &ExecuteError) -> Problem {
    match error {
        ExecuteError::ApprovalUnknown => Problem::new(Code::ApprovalUnknown).detail("there is no such approval"),
        ExecuteError::ApprovalOwn => Problem::new(Code::ApprovalOwn)
            .detail("you asked for it yourself: another operator has to look at it, and you may withdraw it"),
        ExecuteError::ApprovalNotIndependent => Problem::new(Code::ApprovalNotIndependent)
            .detail("one of you added, reset, enabled or promoted the other lately, or one operator did that to both"),
        ExecuteError::ApprovalNotOwn => Problem::new(Code::Forbidden).detail("only who asked for it may withdraw it"),
        ExecuteError::OperatorRoleMissing(lowest) => Problem::new(Code::OperatorRoleMissing)
            .detail(format!("this needs an operator of role {lowest}"))
            .with("role", lowest.as_str()),
        _ => Problem::new(Code::Forbidden).detail("this needs an operator who logged in"),
    }
}

/// What came of a member's command; a refusal is recorded, and an answer like any other.
pub(crate) fn of_command(error: AuthError, command_id: CommandId) -> Result<Response, Problem> {
    match error {
        AuthError::Refused { code, tries_left, replayed, token } => {
            let refused = refusal(code, tries_left, command_id).into_response();
            Ok(answer::signed(refused, command_id, token, replayed))
        }
        other => Err(of_auth(other)),
    }
}

/// A recorded refusal. Its `request_id` is the command's id and not that of the request: a replay must be the same body.
fn refusal(code: &str, tries_left: Option<u32>, command_id: CommandId) -> Problem {
    let Some(code) = Code::parse(code) else {
        return Problem::internal(format!("the log holds a refusal with the code `{code}`"));
    };
    let problem = Problem::new(code).request_id(command_id.uuid()).detail(match code {
        Code::SignUpEnded => "the sign-up has ended; begin a new one",
        Code::CodeWrong => "the code is wrong",
        Code::CodeExpired => "the code has expired; ask for another",
        Code::CodeExhausted => "too many wrong codes were given; ask for another code",
        Code::ContactChangeMissing => "no change of contact is under way",
        Code::PasswordWrong => "the password is wrong",
        Code::TooManyDevices => "remove a device before you register another",
        Code::AccountsOpen => "close all accounts first",
        Code::ApprovalOver => APPROVAL_OVER,
        Code::ProcessRunning => "a top-up is under way; wait until it is done or compensated",
        other => other.title(),
    });
    match tries_left {
        Some(left) => problem.with("tries_left", left),
        None => problem,
    }
}

/// Nothing of these is recorded.
pub(crate) fn of_auth(error: AuthError) -> Problem {
    match error {
        AuthError::CredentialsWrong => {
            Problem::new(Code::CredentialsWrong).detail("the login id or the password is wrong")
        }
        AuthError::SessionEnded => Problem::new(Code::SessionEnded).detail("the session has ended; log in again"),
        AuthError::NoSession => Problem::new(Code::NotFound).detail("the token belongs to no session"),
        AuthError::ClientUnknown => Problem::new(Code::Unauthorized).detail("the key or its secret is wrong"),
        AuthError::ScopeNotGranted => Problem::invalid("scope", "the key does not allow it"),
        AuthError::NoIdentityProvider => Problem::new(Code::NotFound).detail("no identity provider is set up here"),
        AuthError::IdentityProviderAway(error) => Problem::new(Code::IdentityProviderUnavailable)
            .detail("the identity provider does not answer as it should")
            .retry_after(Duration::from_secs(1))
            .cause(chain(error.as_ref())),
        AuthError::NewPassword(error) => Problem::invalid("new", error.to_string()),
        AuthError::TooMany { retry_after, tries, window } => {
            let quota = Quota { requests: tries, window };
            let problem = Problem::new(Code::TooManyRequests).retry_after(retry_after).quota(quota);
            problem.detail(format!("try again in {} seconds", whole_seconds(retry_after)))
        }
        AuthError::NoSigningKey => {
            let problem = Problem::new(Code::SigningKeyWithdrawn).retry_after(Duration::from_secs(5));
            problem.detail("tokens cannot be signed at present; nothing was changed")
        }
        AuthError::Token(error) => Problem::internal(chain(error.as_ref())),
        AuthError::Refused { code, .. } => Problem::internal(format!("`{code}` was refused to what is no command")),
        AuthError::Member(error) => of_member(error),
    }
}

/// The same for operators, who have a name and a code.
pub(crate) fn of_operators_auth(error: AuthError) -> Problem {
    match error {
        AuthError::CredentialsWrong => {
            Problem::new(Code::CredentialsWrong).detail("the name, the password or the code is wrong")
        }
        AuthError::NoSession => Problem::new(Code::NotFound).detail("the operator has no such session"),
        other => of_auth(other),
    }
}

fn of_member(error: MemberError) -> Problem {
    match error {
        MemberError::LoginIdTaken => Problem::new(Code::LoginIdTaken).detail("the login id is taken"),
        MemberError::LoginIdInPassword => Problem::invalid(
            "login_id",
            "must not be part of the password: choose one with a character that the password does not have",
        ),
        MemberError::NewPassword(error) => Problem::invalid("new", error.to_string()),
        MemberError::SignUpUnknown => Problem::new(Code::SignUpUnknown).detail("there is no such sign-up"),
        MemberError::ResetUnknown => Problem::new(Code::ResetUnknown).detail("there is no such password reset"),
        MemberError::MemberUnknown => Problem::new(Code::MemberUnknown).detail("there is no such member"),
        MemberError::DeviceUnknown => Problem::new(Code::DeviceUnknown).detail("you have no such device"),
        MemberError::ResendTooEarly { retry_after } => {
            let quota = Quota { requests: 1, window: None };
            let problem = Problem::new(Code::ResendTooEarly).retry_after(retry_after).quota(quota);
            problem.detail(format!("another code can be sent in {} seconds", whole_seconds(retry_after)))
        }
        MemberError::VaultUnavailable(error) => of_vault(&error),
        MemberError::Refused { code, .. } => Problem::internal(format!("`{code}` was refused without its place")),
        MemberError::Execute(ExecuteError::Contended) => {
            let problem = of_execution(ExecuteError::Contended);
            problem.detail("the member is changed by other requests at the same time")
        }
        MemberError::Execute(ExecuteError::Overloaded { retry_after }) => {
            let problem = Problem::new(Code::Overloaded).retry_after(retry_after);
            problem.detail("too many requests of members are waiting")
        }
        MemberError::Execute(error) => of_execution(error),
    }
}

/// Whoever asks support should not have them look at a database that is well.
fn of_vault(error: &VaultError) -> Problem {
    let detail = match error {
        VaultError::Unavailable(_) => "the vault cannot be reached",
        VaultError::Kek(_) => {
            "the vault answers, but its key-encryption key cannot be used: it is missing, or its holder does not answer"
        }
        _ => return Problem::internal(chain(error)),
    };
    let problem = Problem::new(Code::VaultUnavailable).detail(detail);
    problem.retry_after(Duration::from_secs(1)).cause(chain(error))
}

fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// An error with what caused it, for the log.
fn chain(error: &dyn Error) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The problem of a recorded refusal.
///
/// Its `request_id` is the command's id and not that of the request: a replay must be the same body, and the command's
/// id finds the refusal in the log.
pub(crate) fn of_refusal(refused: &Refused, command_id: CommandId) -> Problem {
    let refusal = &refused.refusal;
    let Some(code) = Code::parse(&refusal.code) else {
        return Problem::internal(format!("the log holds a refusal with the code `{}`", refusal.code));
    };
    let mut problem = Problem::new(code).request_id(command_id.uuid());
    problem = match (code, refusal.available, refusal.remaining, &refusal.limit) {
        (Code::InsufficientFunds, Some(available), ..) => problem
            .detail(format!("the account has {available} minor units available"))
            .with("available", available.to_string()),
        (Code::HoldExceeded, _, Some(remaining), _) => problem
            .detail(format!("{remaining} minor units remain of the hold"))
            .with("remaining", remaining.to_string()),
        (Code::LimitExceeded, .., Some(reached)) => over_limit(problem, reached),
        _ => problem.detail(refusal_detail(code)),
    };
    if let Some(PayoutTotals { rows, total }) = refusal.totals {
        problem = problem
            .detail(format!("the run has {rows} rows that come to {total} minor units"))
            .with("rows", rows)
            .with("total", total.to_string());
    }
    // The refused transfer, or the one that has the reference.
    match refused.transfer.or(refusal.taken_by) {
        Some(id) => problem.with("transfer_id", id.to_string()),
        None => problem,
    }
}

/// With what of the limit was left, and when there is more.
fn over_limit(problem: Problem, reached: &LimitReached) -> Problem {
    let name = &reached.name;
    let when = match reached.window {
        LimitWindow::Transfer => "for one payment",
        LimitWindow::Day => "for this day",
        LimitWindow::Month => "for this month",
    };
    let problem = problem.with("limit", name.as_str()).with("window", reached.window.as_str());
    let problem = match reached.remaining {
        Some(remaining) => problem
            .detail(format!("the limit {name} leaves {remaining} minor units {when}"))
            .with("remaining", remaining.to_string()),
        None => problem.detail(format!("the limit {name} leaves no more payments {when}")),
    };
    match reached.resets_at {
        Some(at) => problem.with("resets_at", at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        None => problem,
    }
}

fn refusal_detail(code: Code) -> &'static str {
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
        Code::HoldNotActive => "all funds of the hold were captured or released",
        Code::HoldExpired => "the time of the hold is over",
        Code::HoldDestinationMissing => "neither the hold nor the request names a destination",
        Code::HoldDestinationDiffers => "the funds of the hold can only be captured to the destination that it names",
        Code::RateUnknown => "there is no rate between these assets now",
        Code::QuoteUnknown => "there is no such quote",
        Code::QuoteExpired => "the quote holds no more",
        Code::QuoteUsed => "the quote has been used for an exchange",
        Code::AmountTooSmall => "the amount comes to less than one minor unit",
        Code::LimitUnknown => "there is no limit of this name",
        Code::TooManyAccounts => "a partner has at most 10000 accounts, closed ones included",
        Code::TooManyLimits => "delete a limit before you set one of a new name",
        Code::PaymentCodeInvalid => "the payment code is unknown, was used, or has expired",
        Code::PaymentCodeExceeded => "the amount is above the most that the payment code pays",
        Code::ItemLocked => "an item that is offered cannot be given away or offered once more",
        Code::SerialTaken => "there is one item of each serial in a collection",
        Code::OfferNotOpen => "the offer was accepted or taken back",
        Code::OfferExpired => "the time of the offer is over",
        Code::OwnOffer => "an offer is accepted by another member",
        Code::ScheduleEmpty => "no run of the schedule is due in the future",
        Code::OrderNotActive => "the standing order is paused or over",
        Code::OrderNotPaused => "only a standing order that is paused can be resumed",
        Code::PayoutNotOpen => "the payout run has started or is over",
        Code::PayoutFull => "a payout run has at most 1000000 rows, added in at most 10000 parts",
        Code::PayoutNotRunning => "only a payout run that is running can be paused",
        Code::PayoutNotPaused => "only a payout run that is paused can be resumed",
        Code::PayoutOver => "the payout run is finished or cancelled",
        Code::PayoutRowOutOfOrder => "the payout run has a row with this number or a higher one",
        Code::TooManyWebhooks => "you have 20 webhooks; delete one before you create another",
        Code::UrlNotAllowed => {
            "events are sent to https:// addresses of the outside only, without a user and without a fragment"
        }
        Code::PaymentKeyUsed => "a top-up was started with this payment; each payment tops an account up once",
        Code::ProcessOver => "the process is done or compensated",
        Code::ProcessStepFixed => {
            "only a stuck call to the outside can be skipped, and only what is not taken back yet can be compensated"
        }
        Code::ReferenceTaken => "you have used this reference for another transfer",
        Code::OperatorNameTaken => "an operator has this name, or had it",
        Code::ApprovalOver => APPROVAL_OVER,
        Code::ChangedSince => "somebody changed it after it was asked for; look at what is set now, and ask again",
        Code::LastAdmin => "there has to be an admin who is enabled",
        Code::BatchAborted => "another transfer of this atomic batch was refused",
        other => other.title(),
    }
}
