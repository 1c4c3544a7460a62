//! What is told, to the letter.

use kernel::{AccountId, MemberId};
use log::Event;
use public_events::{CloudEvent, Earlier, PublicEvent, TranslateError, translate};
use serde_json::json;
use uuid::Uuid;

use crate::commits::{FIRST, LOG, MEMBER, commit, event, event_with, golden, id, told};

/// A transfer with its two accounts.
fn transfer(file: &str) -> Vec<Event> {
    vec![event(id("04"), 1, file), event(id("01"), 7, "AccountDebited.v2"), event(id("02"), 5, "AccountCredited.v2")]
}

#[test]
fn a_transfer_is_told_to_each_side_apart() {
    let told = told(transfer("TransferPosted.v4.two-legs"));
    let [payer, payee] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        serde_json::to_value(&payer.event).expect("JSON"),
        json!({
            "id": "a29a182d-57e8-5534-be10-b7c3d7e9c1ca",
            "source": format!("/jangbu/{LOG}"),
            "specversion": "1.0",
            "type": "bank.jangbu.transfer.posted.v1",
            "subject": id("04"),
            "time": "2026-12-01T09:00:00.123456Z",
            "datacontenttype": "application/json",
            "dataschema": "urn:jangbu:schema:transfer.posted:v1",
            "sequence": "0000000000000000007",
            "partitionkey": id("01"),
            "correlationid": Uuid::from_u128(0x40),
            "data": {
                "transfer_id": id("04"),
                "kind": "transfer",
                "account_id": id("01"),
                "asset": "KRW",
                "amount": "-12500",
                "balance": golden("AccountDebited.v2")["balance"],
                "counterparty": id("02"),
            },
        }),
    );
    assert_eq!(payer.cursor().to_string(), format!("{}.0", FIRST + 1));
    assert_eq!(payer.subject("JANGBU_PUBLIC"), "jangbu.public.transfer.posted.1");
    assert_eq!(payee.event.data["amount"], "12500");
    assert_eq!(payee.event.data["balance"], golden("AccountCredited.v2")["balance"]);
    assert_eq!(payee.event.partitionkey, id("02").to_string());
    let owns = |own: Uuid| move |account: AccountId| account.uuid() == own;
    assert!(payer.may_be_told(MEMBER, owns(id("01"))) && !payer.may_be_told(MEMBER, owns(id("02"))));
    assert!(payee.may_be_told(MEMBER, owns(id("02"))) && !payee.may_be_told(MEMBER, owns(id("01"))));
    let read: CloudEvent = serde_json::from_slice(&serde_json::to_vec(&payer.event).expect("JSON")).expect("read");
    assert_eq!(read, payer.event);
}

#[test]
fn the_same_commit_gives_the_same_events_and_no_two_have_one_id() {
    let (once, again) = (told(transfer("TransferPosted.v4.charge")), told(transfer("TransferPosted.v4.charge")));
    assert_eq!(once, again);
    assert_ne!(once[0].event.id, once[1].event.id);
    let (log, charge) = (kernel::LogId::new(Uuid::from_u128(0x11)), commit(transfer("TransferPosted.v4.charge")));
    let other = translate(log, &charge, &Earlier::default());
    assert_ne!(other.expect("told")[0].event.id, once[0].event.id, "another log has other events");
}

fn types(events: &[PublicEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.event_type.short()).collect()
}

#[test]
fn what_an_account_is_told_comes_in_the_order_of_its_versions() {
    let (hold, transfer, payer) = (id("21"), id("07"), id("01"));
    let moved = |amount: &str| json!({"transfer": transfer, "amount": amount, "balance": "1"});
    let events = vec![
        event(payer, 11, "AccountFundsReleased.v2"),
        event(hold, 3, "HoldCaptured.v1.final"),
        event(transfer, 1, "TransferPosted.v4.capture"),
        event_with(payer, 12, "AccountDebited.v2", &moved("2000")),
        event_with(id("02"), 4, "AccountCredited.v2", &moved("2000")),
    ];
    let told = told(events);
    assert_eq!(types(&told), ["hold.captured", "transfer.posted", "transfer.posted"]);
    assert!(told.is_sorted_by_key(PublicEvent::cursor));
    let of_payer: Vec<_> = told
        .iter()
        .filter(|event| event.account == Some(AccountId::new(payer)))
        .map(|e| e.event.sequence.clone())
        .collect();
    assert_eq!(of_payer, [Some("0000000000000000011".to_owned()), Some("0000000000000000012".to_owned())]);
    assert_eq!(told[0].event.subject, hold.to_string());
    assert_eq!(told[1].event.data["hold_id"], json!(hold));
}

#[test]
fn a_reversal_is_told_of_the_transfer_that_it_undoes() {
    let moved = |amount: &str| json!({"transfer": id("04"), "amount": amount, "balance": "1"});
    let told = told(vec![
        event(id("07"), 2, "TransferReversed.v1"),
        event(id("04"), 1, "TransferPosted.v4.reversal"),
        event_with(id("03"), 3, "AccountDebited.v2", &moved("500")),
        event_with(id("02"), 3, "AccountDebited.v2", &moved("12000")),
        event_with(id("01"), 3, "AccountCredited.v2", &moved("12500")),
    ]);
    assert_eq!(types(&told), ["transfer.reversed"; 3]);
    for event in &told {
        assert_eq!(event.event.subject, id("07").to_string());
        assert_eq!(event.event.data["reverses"], json!(id("07")));
        assert_eq!(event.event.data["transfer_id"], json!(id("04")));
        assert!(event.event.data.get("counterparty").is_none(), "three accounts have no other side");
    }
}

#[test]
fn a_refusal_is_told_to_who_would_have_paid_and_without_what_they_have() {
    let told = told(vec![event(id("04"), 1, "TransferRejected.v3.limit-exceeded")]);
    let [rejected, exceeded] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((rejected.cursor().number, exceeded.cursor().number), (0, 1));
    assert_eq!(rejected.account, Some(AccountId::new(id("01"))));
    assert_eq!(rejected.event.sequence, None, "the account did not change");
    assert_eq!(rejected.event.data["code"], "limit-exceeded");
    assert_eq!((rejected.owner, exceeded.owner), (None, None));
    assert_eq!(exceeded.event.data["limit"], "students-day");
    assert_eq!(exceeded.event.subject, id("01").to_string());
}

#[test]
fn an_account_is_told_to_its_owner_before_anybody_knows_whose_it_is() {
    let told = told(vec![event(id("51"), 1, "AccountOpened.v1.member")]);
    let [opened] = told.as_slice() else { panic!("{told:?}") };
    let owner = MemberId::new(id("03"));
    assert!(opened.may_be_told(owner, |_| false) && !opened.may_be_told(MEMBER, |_| false));
    let headers = opened.headers();
    let header = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("Jangbu-Account"), Some(id("51").to_string().as_str()));
    assert_eq!(header("Jangbu-Owner"), Some(owner.to_string().as_str()));
    assert_eq!(header("Nats-Msg-Id"), Some(opened.event.id.to_string().as_str()));
    assert_eq!(header("Jangbu-Position"), Some(opened.cursor().to_string().as_str()));
    assert_eq!(header("content-type"), Some("application/cloudevents+json"));
}

#[test]
fn an_item_that_changes_hands_tells_neither_who_the_other_is() {
    let told = told(vec![event(id("61"), 4, "ItemTransferred.v1")]);
    let [giver, receiver] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&giver.event.data["part"], &receiver.event.data["part"]), (&json!("given"), &json!("received")));
    let other = receiver.owner.expect("a member").to_string();
    assert!(!serde_json::to_string(&giver.event).expect("JSON").contains(&other));
    assert_eq!(giver.partition_key, giver.owner.expect("a member").uuid());
}

/// The commit does not say whose the offer was.
#[test]
fn an_offer_that_expires_is_told_to_whoever_made_it() {
    let (offer, item) = (id("41"), id("77"));
    let expired = || commit(vec![event(item, 3, "ItemUnlocked.v1"), event(offer, 2, "OfferExpired.v1")]);
    let ended = |earlier: &Earlier| {
        let told = translate(LOG, &expired(), earlier).expect("told");
        let [ended] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(ended.event.data, json!({"offer_id": offer, "item_id": item, "status": "expired"}));
        (ended.owner, ended.partition_key, ended.event.id)
    };
    let mut earlier = Earlier::default();
    let (nobody, key, unknown) = ended(&earlier);
    assert_eq!((nobody, key), (None, offer), "what is not known is told to operators alone");
    // Of another offer, and of this one.
    earlier.learn([event(id("42"), 1, "OfferOpened.v1")]);
    assert_eq!(ended(&earlier).0, None);
    earlier.learn([event(offer, 1, "OfferOpened.v1")]);
    let (seller, key, known) = ended(&earlier);
    let ours = golden("OfferOpened.v1")["seller"].as_str().and_then(|text| text.parse().ok()).map(MemberId::new);
    assert_eq!((seller, Some(key)), (ours, ours.map(MemberId::uuid)));
    assert_eq!(known, unknown, "it is the same event");
    let later = Event { schema_version: 9, ..event(offer, 1, "OfferOpened.v1") };
    earlier.learn([later]);
    let error = translate(LOG, &expired(), &earlier).expect_err("of a later build");
    assert!(matches!(error, TranslateError::Unreadable { .. }), "{error:?}");
}

#[test]
fn a_commit_that_is_not_understood_is_not_told_in_part() {
    let mut events = transfer("TransferPosted.v4.two-legs");
    events[2].schema_version = 9;
    let error = translate(LOG, &commit(events), &Earlier::default()).expect_err("of a later build");
    assert!(
        matches!(error, TranslateError::Unreadable { position, .. } if position.number() == FIRST + 2),
        "{error:?}"
    );
    let lonely = commit(vec![event(id("01"), 7, "AccountDebited.v2")]);
    let lonely = translate(LOG, &lonely, &Earlier::default()).expect_err("no transfer");
    assert!(matches!(lonely, TranslateError::Incomplete { .. }), "{lonely:?}");
}
