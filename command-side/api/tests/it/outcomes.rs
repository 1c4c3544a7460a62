//! Refusals, failures and replays.

use std::time::Duration;

use application::{ExecuteError, Outcome, Refused};
use events::recorded::{Refusal, TransferKind};
use kernel::{Minor, Role, TransferId};
use platform::problem::Code;
use serde_json::json;

use crate::support::{Api, SOURCE, TRANSFER, account, answer, hold, hold_order, order, transfer};

fn insufficient() -> Outcome {
    let available = Some(Minor::new(4200).expect("an amount"));
    let refusal = Refusal { available, ..Refusal::of("insufficient-funds") };
    Outcome::Refused(Refused { refusal, transfer: Some(TransferId::new(TRANSFER)) })
}

#[tokio::test]
async fn a_refusal_says_what_is_available_and_carries_a_token() {
    let reply = Api::answering(insufficient()).post_json(Role::Member, "/v1/transfers", order()).await;
    insta::assert_snapshot!(reply.shown());
    assert_eq!(reply.code(), "insufficient-funds");
}

#[tokio::test]
async fn every_refusal_of_the_bank_is_422_with_its_code() {
    for code in [
        "account-frozen",
        "account-not-frozen",
        "account-closed",
        "account-not-empty",
        "asset-mismatch",
        "amount-not-positive",
        "same-account",
        "account-unknown",
        "limit-exceeded",
        "already-reversed",
        "transfer-not-posted",
        "amount-overflow",
        "hold-not-active",
        "hold-expired",
        "hold-destination-missing",
        "hold-destination-differs",
        "limit-unknown",
        "too-many-limits",
        "payment-code-invalid",
        "payment-code-exceeded",
        "item-locked",
        "offer-not-open",
        "offer-expired",
        "own-offer",
        "schedule-empty",
        "order-not-active",
        "order-not-paused",
        "payout-not-open",
        "payout-full",
        "payout-not-running",
        "payout-not-paused",
        "payout-over",
        "payout-row-out-of-order",
        "too-many-webhooks",
        "url-not-allowed",
        "process-over",
        "process-step-fixed",
        "last-admin",
        "approval-over",
        "changed-since",
        "batch-aborted",
    ] {
        let reply = Api::refusing(code).post_json(Role::Member, "/v1/transfers", order()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, code));
        assert!(reply.header("consistency-token").is_some(), "{code}");
        assert_ne!(reply.json()["detail"], reply.json()["title"], "{code} has no words of its own");
    }
}

#[tokio::test]
async fn a_serial_that_is_taken_is_a_conflict() {
    let reply = Api::refusing("serial-taken").post_json(Role::Member, "/v1/transfers", order()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "serial-taken"));
}

#[tokio::test]
async fn a_code_of_a_later_release_is_not_passed_on_unread() {
    let reply = Api::refusing("from-the-future").post_json(Role::Member, "/v1/transfers", order()).await;
    assert_eq!(reply.code(), "internal");
    assert!(!reply.text.contains("from-the-future"));
}

#[tokio::test]
async fn a_replay_is_the_same_answer_and_says_so() {
    let (account, paid) = (Outcome::Opened(account("open")), Outcome::Posted(transfer(TransferKind::Transfer)));
    for (path, body, outcome) in [
        ("/v1/accounts", json!({"asset": "KRW"}), account),
        ("/v1/transfers", order(), paid),
        ("/v1/transfers", order(), insufficient()),
        ("/v1/holds", hold_order(), Outcome::HoldPlaced(hold())),
    ] {
        let first = Api::answering(outcome.clone());
        let again = Api::new(move |_| Ok(application::Answer { replayed: true, ..answer(outcome.clone()) }));
        let (first, again) =
            (first.post_json(Role::Member, path, body.clone()).await, again.post_json(Role::Member, path, body).await);
        assert_eq!((first.status, &first.text), (again.status, &again.text));
        assert_eq!(first.header("consistency-token"), again.header("consistency-token"));
        assert_eq!(first.header("idempotency-replayed"), None);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

#[tokio::test]
async fn failures_have_their_codes_and_say_when_to_come_back() {
    let cases = [
        (ExecuteError::Overloaded { retry_after: Duration::from_secs(3) }, Code::Overloaded, 503, Some("3")),
        (ExecuteError::DeadlinePassed, Code::DeadlinePassed, 503, Some("1")),
        (ExecuteError::TokenRefused, Code::Unauthorized, 401, None),
        (ExecuteError::InFlight, Code::IdempotencyKeyInFlight, 409, Some("1")),
        (ExecuteError::KeyReused, Code::IdempotencyKeyReused, 422, None),
        (ExecuteError::AccountUnknown, Code::AccountUnknown, 404, None),
        (ExecuteError::TransferUnknown, Code::TransferUnknown, 404, None),
        (ExecuteError::HoldUnknown, Code::HoldUnknown, 404, None),
        (ExecuteError::HoldNotYours, Code::HoldNotYours, 403, None),
        (ExecuteError::LimitUnknown, Code::LimitUnknown, 404, None),
        (ExecuteError::ItemUnknown, Code::ItemUnknown, 404, None),
        (ExecuteError::ItemNotYours, Code::ItemNotYours, 403, None),
        (ExecuteError::OfferUnknown, Code::OfferUnknown, 404, None),
        (ExecuteError::OfferNotYours, Code::OfferNotYours, 403, None),
        (ExecuteError::OrderUnknown, Code::OrderUnknown, 404, None),
        (ExecuteError::ProcessUnknown, Code::ProcessUnknown, 404, None),
        (ExecuteError::NotOwner, Code::AccountNotYours, 403, None),
        (ExecuteError::OwnerLeft, Code::Unauthorized, 401, None),
        (ExecuteError::Contended, Code::Contended, 503, Some("1")),
        (ExecuteError::LogUnavailable, Code::LogUnavailable, 503, Some("1")),
        (ExecuteError::NotLeader, Code::LogUnavailable, 503, Some("1")),
        (ExecuteError::Stopped, Code::AuditAlarm, 503, Some("30")),
        (ExecuteError::OutcomeUnknown, Code::OutcomeUnknown, 503, Some("1")),
        (ExecuteError::ShuttingDown, Code::ShuttingDown, 503, Some("1")),
        (ExecuteError::Internal, Code::Internal, 500, None),
    ];
    for (error, code, status, retry_after) in cases {
        let path = format!("/v1/accounts/{SOURCE}/close");
        let reply = Api::failing(error).post_json(Role::Member, &path, json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code.as_str()));
        assert_eq!(reply.header("retry-after"), retry_after, "{code:?}");
        assert_eq!(reply.header("consistency-token"), None, "{code:?}: nothing was recorded");
    }
}
