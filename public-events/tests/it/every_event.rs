//! Every recorded event, with what is told of it.

use events::recorded::Event as Recorded;
use log::Event;
use public_events::PublicEvent;
use serde_json::Value;

use crate::commits::{FIRST, event, golden, id, told};

/// A recorded event in its commit, and what is told of it.
struct Expected {
    /// The last digits of its stream.
    stream: &'static str,
    file: &'static str,
    /// Other events of its commit: the last digits of the stream, and the payload.
    with: &'static [(&'static str, &'static str)],
    told: &'static [&'static str],
}

const fn private(file: &'static str) -> Expected {
    Expected { stream: "99", file, with: &[], told: &[] }
}

const fn alone(file: &'static str, told: &'static [&'static str]) -> Expected {
    Expected { stream: "99", file, with: &[], told }
}

const fn within(
    stream: &'static str,
    file: &'static str,
    with: &'static [(&'static str, &'static str)],
    told: &'static [&'static str],
) -> Expected {
    Expected { stream, file, with, told }
}

const EXPECTED: &[Expected] = &[
    alone("AccountOpened.v1.member", &["account.opened"]),
    within("01", "AccountDebited.v2", &[("04", "TransferPosted.v4.two-legs")], &["transfer.posted"]),
    within("02", "AccountCredited.v2", &[("04", "TransferPosted.v4.charge")], &["charge.posted"]),
    within("01", "AccountFundsHeld.v2", &[("21", "HoldPlaced.v2")], &["hold.placed"]),
    within("01", "AccountFundsHeld.v2", &[("21", "HoldIncreased.v2")], &[]),
    within("01", "AccountFundsReleased.v2", &[("21", "HoldExpired.v1")], &["hold.expired"]),
    within("01", "AccountFundsReleased.v2", &[("21", "HoldReleased.v1")], &["hold.released"]),
    within("01", "AccountFundsReleased.v2", &[("21", "HoldCaptured.v1.final")], &["hold.captured"]),
    private("AccountLimitsAssigned.v1"),
    alone("AccountFrozen.v2.debits", &["account.frozen"]),
    alone("AccountUnfrozen.v2", &["account.unfrozen"]),
    alone("AccountClosed.v1", &["account.closed"]),
    private("AccountNumberAssigned.v1"),
    private("TransferPosted.v4.two-legs"),
    alone("TransferRejected.v3.limit-exceeded", &["transfer.rejected", "limit.exceeded"]),
    alone("TransferRejected.v3.insufficient-funds", &["transfer.rejected"]),
    private("TransferReversed.v1"),
    private("HoldPlaced.v2"),
    private("HoldIncreased.v2"),
    private("HoldCaptured.v1"),
    private("HoldReleased.v1"),
    private("HoldExpired.v1"),
    private("RateSet.v1"),
    private("QuoteMade.v1"),
    private("QuoteUsed.v1"),
    private("LimitSet.v1"),
    private("LimitDeleted.v1"),
    private("PaymentCodeIssued.v1"),
    private("PaymentCodeUsed.v1"),
    alone("ItemMinted.v1", &["item.minted"]),
    alone("ItemTransferred.v1", &["item.transferred", "item.transferred"]),
    private("ItemLocked.v1"),
    private("ItemUnlocked.v1"),
    alone("ItemTraded.v1", &["item.transferred", "item.transferred"]),
    alone("OfferOpened.v1", &["offer.opened"]),
    within("41", "OfferAccepted.v1", &[("77", "ItemTraded.v1")], &["offer.accepted", "offer.accepted"]),
    within("41", "OfferCancelled.v1", &[("77", "ItemUnlocked.v1")], &["offer.ended"]),
    within("41", "OfferExpired.v1", &[("77", "ItemUnlocked.v1")], &["offer.ended"]),
    private("StandingOrderPlaced.v1"),
    within("41", "StandingOrderRan.v1", &[("07", "TransferPosted.v4.order")], &["order.run"]),
    within(
        "41",
        "StandingOrderRan.v1.refused",
        &[("07", "TransferRejected.v3.insufficient-funds")],
        &["order.refused"],
    ),
    private("StandingOrderSkipped.v1"),
    private("StandingOrderPaused.v1"),
    private("StandingOrderResumed.v1"),
    private("StandingOrderCancelled.v1"),
    private("PayoutRunOpened.v1"),
    private("PayoutChunkAdded.v1"),
    alone("PayoutRunStarted.v1", &["payout.run.started"]),
    private("PayoutRowsPaid.v2"),
    alone("PayoutRowsPaid.v2.finished", &["payout.run.finished"]),
    private("PayoutRunPaused.v1"),
    private("PayoutRunResumed.v1"),
    alone("PayoutRunCancelled.v1", &["payout.run.finished"]),
    private("PayoutRowsAdded.v1"),
    private("ReferenceUsed.v1"),
    private("CommandRefused.v3"),
    alone("CommandRefused.v3.limit-exceeded", &["limit.exceeded"]),
    private("SignUpStarted.v1"),
    private("SignUpCodeIssued.v1"),
    private("SignUpCodeRefused.v1"),
    private("SignUpCompleted.v1"),
    private("SignUpEnded.v1.expired"),
    private("PasswordResetStarted.v1"),
    private("PasswordResetCodeRefused.v1"),
    private("PasswordResetCompleted.v1"),
    private("NameReserved.v1.member"),
    private("NameReleased.v1"),
    alone("MemberJoined.v1", &["member.joined"]),
    private("ContactChangeStarted.v1"),
    private("ContactCodeRefused.v1"),
    private("ContactChanged.v1"),
    private("PasswordChanged.v1"),
    private("PersonalDataDisclosed.v1"),
    private("ErasureRequested.v1.reason"),
    alone("MemberErased.v1", &["member.erased"]),
    private("OwnerAccountAdded.v1"),
    private("OwnerLeft.v1"),
    private("OwnerTopUpStarted.v1"),
    private("OwnerTopUpEnded.v1"),
    private("ProcessStarted.v1"),
    private("ProcessStepBegun.v1"),
    private("ProcessStepTaken.v1.code"),
    alone("ProcessStepTaken.v1.transfer", &["process.done"]),
    alone("ProcessStepTaken.v1.released", &["process.compensated"]),
    private("ProcessStepFailed.v1"),
    alone("ProcessStepFailed.v1.contradiction", &["process.stuck"]),
    private("ProcessDirected.v1"),
    private("WebhookCreated.v1"),
    private("WebhookChanged.v1"),
    private("WebhookSecretRotated.v1"),
    private("WebhookDisabled.v1"),
    private("WebhookEnabled.v1"),
    private("WebhookDeleted.v1"),
    private("WebhookResendAsked.v1"),
    private("WebhookRecoverAsked.v1"),
    private("WebhookExampleAsked.v1"),
    private("WebhookListed.v1"),
    private("WebhookUnlisted.v1"),
    private("PartnerCreated.v1"),
    private("PartnerKeyIssued.v1"),
    private("PartnerKeyRevoked.v1"),
    private("PartnerQuotasSet.v1"),
    private("PartnerAccountAdded.v1"),
    private("PartnerKeyUsed.v1"),
    private("OperatorAdded.v1"),
    private("OperatorRoleSet.v1"),
    private("OperatorDisabled.v1"),
    private("OperatorEnabled.v1"),
    private("OperatorCredentialsReset.v1"),
    private("OperatorSessionEnded.v1"),
    private("OperatorListed.v1"),
    private("OperatorActed.v1"),
    private("OperatorActed.v1.approved"),
    private("OperatorActed.v1.unapproved"),
    private("ApprovalRequested.v1"),
    private("ApprovalRequested.v1.freeze-many"),
    private("ApprovalRequested.v1.erasure"),
    private("ApprovalRequested.v1.limit-set"),
    private("ApprovalRequested.v1.limit-deleted"),
    private("ApprovalRequested.v1.limits-assigned"),
    private("ApprovalRequested.v1.partner-quotas"),
    private("ApprovalRequested.v1.rate-set"),
    private("ApprovalRequested.v1.partner-key"),
    private("ApprovalGranted.v1"),
    private("ApprovalGranted.v1.refused"),
    private("ApprovalRejected.v1"),
    private("ApprovalWithdrawn.v1"),
];

impl Expected {
    fn events(&self) -> Vec<Event> {
        let with = self.with.iter().map(|(stream, file)| event(id(stream), 1, file));
        std::iter::once(event(id(self.stream), 3, self.file)).chain(with).collect()
    }

    /// What is told of the event itself, not of the others in its commit.
    fn told(&self) -> Vec<PublicEvent> {
        told(self.events()).into_iter().filter(|event| event.position.number() == FIRST).collect()
    }
}

#[test]
fn every_recorded_event_is_told_as_it_is_meant_to_be() {
    for known in Recorded::TYPES {
        let name = format!("{}.v{}", known.name, known.schema_version);
        let is_meant = |expected: &Expected| {
            expected.file == name || expected.file.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'))
        };
        assert!(EXPECTED.iter().any(is_meant), "{name}: say in this file what is told of it");
    }
    for expected in EXPECTED {
        let told: Vec<&str> = expected.told().iter().map(|event| event.event_type.short()).collect();
        assert_eq!(told, expected.told, "{} with {:?}", expected.file, expected.with);
    }
}

/// What people wrote or are called, wherever it stands in a payload.
fn personal(payload: &Value, found: &mut Vec<String>) {
    const FIELDS: [&str; 11] = [
        "memo",
        "reference",
        "reason",
        "number",
        "metadata_url",
        "digest",
        "login_id",
        "contact",
        "old_contact",
        "real_name",
        "available",
    ];
    match payload {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if FIELDS.contains(&name.as_str()) => found.push(text.to_owned()),
                    _ => personal(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| personal(item, found)),
        _ => {}
    }
}

#[test]
fn nothing_that_people_wrote_is_told() {
    let mut searched = 0;
    for expected in EXPECTED {
        let mut words = Vec::new();
        for file in std::iter::once(expected.file).chain(expected.with.iter().map(|(_, file)| *file)) {
            personal(&golden(file), &mut words);
        }
        let told = told(expected.events());
        let texts: Vec<String> = told.iter().map(|event| serde_json::to_string(&event.event).expect("JSON")).collect();
        for word in words {
            searched += 1;
            let word = serde_json::to_string(&word).expect("JSON");
            assert!(texts.iter().all(|text| !text.contains(&word)), "{}: {word} in {texts:?}", expected.file);
        }
    }
    assert!(searched > 20, "{searched} words were looked for");
}

#[test]
fn what_is_told_is_of_its_schema() {
    let mut checked = 0;
    for public in EXPECTED.iter().flat_map(|expected| told(expected.events())) {
        let (schema, data) = (public.event_type.schema(), &public.event.data);
        let properties = schema["properties"].as_object().expect("properties");
        for required in schema["required"].as_array().expect("a list") {
            assert!(data.get(required.as_str().expect("a name")).is_some(), "{}: {required}", public.event_type);
        }
        for (name, value) in data.as_object().expect("an object") {
            let property = properties.get(name).unwrap_or_else(|| panic!("{}: {name}", public.event_type));
            let fits = match property["type"].as_str() {
                Some("string") => value.is_string(),
                Some("boolean") => value.is_boolean(),
                Some("integer") => value.is_u64(),
                Some("object") => value.is_object(),
                other => panic!("{other:?}"),
            };
            assert!(fits, "{}: {name} is {value}", public.event_type);
        }
        assert_eq!(public.event.dataschema, public.event_type.schema_name());
        checked += 1;
    }
    assert!(checked > 20, "{checked} events");
}
