//! Histories that contradict the log's promises, or that a later Jangbu wrote.

use kernel::Position;

use crate::{bank::Bank, fixture::ViewsFixture};

/// The views of which each test says by name whether they stop. Any other is held to the event types that it declares.
const NAMED: [&str; 12] = [
    "accounts",
    "transactions",
    "transfers",
    "overview",
    "members",
    "top_movers",
    "holds",
    "limits",
    "items",
    "standing_orders",
    "payout_runs",
    "webhooks",
];

fn named(mut stopped: Vec<&'static str>) -> Vec<&'static str> {
    stopped.retain(|view| NAMED.contains(view));
    stopped
}

/// The views that stop at an event which nobody can read, all of which must have declared its type.
async fn stopped_unreadable(event_type: &str, payload: &str) -> Vec<&'static str> {
    let (bank, before) = spoiled(|bank| bank.raw(9, event_type, payload));
    let stopped = stopped(&bank, before).await;
    let declared: Vec<_> = views::all().iter().filter(|view| view.uses(event_type)).map(|view| view.name()).collect();
    assert_eq!(stopped, declared, "{event_type}");
    named(stopped)
}

/// A valid history, then one commit as told, then more of the valid kind.
fn spoiled(spoil: impl FnOnce(&mut Bank)) -> (Bank, Position) {
    let mut bank = Bank::busy(50, 60);
    while bank.people.left().is_none() {
        bank.something();
    }
    let before = bank.end();
    spoil(&mut bank);
    bank.commit();
    bank.open_member("KRW");
    (bank, before)
}

/// Which views stop before the spoiled commit; the others must reach the end.
async fn stopped(bank: &Bank, before: Position) -> Vec<&'static str> {
    let fixture = ViewsFixture::new(bank).await;
    let mut stopped = Vec::new();
    for view in views::all() {
        let name = view.name();
        let mut worker = fixture.start(view);
        worker.reach(bank.end());
        // Whichever comes first: the end of the log, or standing still for a reason.
        tokio::select! {
            () = async { worker.at(bank.end()).await } => {}
            () = until_stuck(&fixture, name) => {
                let position = fixture.scratch
                    .lines("select view || ' ' || position from registry.live_positions where state = 'stuck'").await;
                assert!(position.contains(&format!("{name} {before}")), "{name}: {position:?}");
                stopped.push(name);
            }
        }
        worker.kill().await;
    }
    fixture.scratch.close().await;
    stopped
}

async fn until_stuck(fixture: &ViewsFixture, view: &str) {
    loop {
        let stuck = fixture.scratch.lines("select view from registry.live_positions where state = 'stuck'").await;
        if stuck.iter().any(|name| name == view) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_event_of_a_later_jangbu_stops_every_view() {
    let (bank, before) = spoiled(|bank| bank.raw(9, "InterestAccrued", r#"{"rate":"0.01"}"#));
    assert_eq!(stopped(&bank, before).await, views::names());
}

#[tokio::test]
async fn an_unreadable_event_stops_only_the_views_that_use_it() {
    assert_eq!(stopped_unreadable("AccountFrozen", r#"{"balance":12}"#).await, ["accounts", "overview"]);
    assert_eq!(stopped_unreadable("TransferRejected", "{}").await, ["transfers", "overview"]);
    assert_eq!(stopped_unreadable("CommandRefused", "{}").await, ["overview"]);
    assert_eq!(stopped_unreadable("MemberErased", "{}").await, ["members"]);
    assert_eq!(stopped_unreadable("HoldReleased", "{}").await, ["overview", "holds"]);
    assert_eq!(stopped_unreadable("AccountFundsHeld", "{}").await, ["accounts", "overview", "limits"]);
    assert_eq!(stopped_unreadable("LimitSet", "{}").await, ["limits"]);
    assert_eq!(stopped_unreadable("ItemTraded", "{}").await, ["items"]);
    assert_eq!(stopped_unreadable("OfferOpened", "{}").await, ["overview", "items"]);
    assert_eq!(stopped_unreadable("StandingOrderRan", "{}").await, ["overview", "standing_orders"]);
    assert_eq!(stopped_unreadable("PayoutRowsAdded", "{}").await, ["payout_runs"]);
    assert_eq!(stopped_unreadable("PayoutRowsPaid", "{}").await, ["payout_runs"]);
    assert_eq!(stopped_unreadable("WebhookDeleted", "7").await, ["webhooks"]);
    assert!(stopped_unreadable("WebhookSecretRotated", "{}").await.is_empty());
    assert!(stopped_unreadable("SignUpStarted", "{}").await.is_empty());
    assert!(stopped_unreadable("AccountNumberAssigned", "{}").await.is_empty());
}

#[tokio::test]
async fn a_debit_without_its_transfer_stops_the_views_that_need_it() {
    let debit = r#"{"transfer":"00000000-0000-0000-0000-000000000001","amount":"5","balance":"0"}"#;
    let (bank, before) = spoiled(|bank| bank.raw(9, "AccountDebited", debit));
    // For `accounts` the account was never opened; `overview` counts by the transfers themselves.
    assert_eq!(named(stopped(&bank, before).await), ["accounts", "transactions", "transfers"]);
}

#[tokio::test]
async fn a_transfer_with_one_side_only_stops_the_view_of_transfers() {
    let account = "00000000-0000-0000-0000-00000000000a";
    let facts =
        format!(r#"{{"kind":"transfer","source":"{account}","destination":"{account}","asset":"KRW","amount":"5"}}"#);
    let (bank, before) = spoiled(|bank| bank.raw(9, "TransferPosted", &facts));
    assert_eq!(named(stopped(&bank, before).await), ["transfers"]);
}

/// Whoever parks the event that is named parks what stops the view.
#[tokio::test]
async fn the_event_at_fault_is_named_also_where_another_is_the_first_of_its_commit() {
    let account = "00000000-0000-0000-0000-00000000000a";
    let facts =
        format!(r#"{{"kind":"transfer","source":"{account}","destination":"{account}","asset":"KRW","amount":"5"}}"#);
    let (bank, before) = spoiled(|bank| {
        bank.raw(8, "AccountNumberAssigned", &format!(r#"{{"account":"{account}"}}"#));
        bank.raw(9, "TransferPosted", &facts);
    });
    let fixture = ViewsFixture::new(&bank).await;
    let view = views::all().into_iter().find(|view| view.name() == "transfers").expect("a view");
    let worker = fixture.start(view);
    worker.reach(bank.end());
    until_stuck(&fixture, "transfers").await;
    let named =
        fixture.scratch.lines("select error_position::text from registry.live_positions where state = 'stuck'").await;
    assert_eq!(named, [(before.number() + 2).to_string()]);
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_reversal_of_a_transfer_that_never_was_stops_the_view_of_transfers() {
    let by = r#"{"by":"00000000-0000-0000-0000-00000000000b"}"#;
    let (bank, before) = spoiled(|bank| bank.raw(9, "TransferReversed", by));
    assert_eq!(named(stopped(&bank, before).await), ["transfers"]);
}

#[tokio::test]
async fn a_state_of_an_account_that_was_never_opened_stops_the_views_of_accounts() {
    let (bank, before) = spoiled(|bank| bank.raw(9, "AccountClosed", "{}"));
    assert_eq!(named(stopped(&bank, before).await), ["accounts", "overview"]);
}

#[tokio::test]
async fn a_change_of_a_hold_that_was_not_placed_before_stops_the_views_of_holds() {
    let released = r#"{"given_back":"1","left":{"amount":"1","captured":"0","released":"1"}}"#;
    for placed_after in [true, false] {
        let (bank, before) = spoiled(|bank| {
            bank.raw(9, "HoldReleased", released);
            if placed_after {
                // Within one commit: found by the fold, not by the row.
                bank.raw(9, "HoldPlaced", PLACED);
            }
        });
        assert_eq!(named(stopped(&bank, before).await), ["overview", "holds"], "{placed_after}");
    }
}

#[tokio::test]
async fn a_change_of_what_was_not_there_before_stops_the_views_that_have_it() {
    let locked = r#"{"offer":"00000000-0000-0000-0000-000000000001"}"#;
    let settings = r#"{"url":"https://shop.example/","events":["*"]}"#;
    let cases: [(&[&str], _, _, _); 5] = [
        (&["items"], ("ItemMinted", MINTED), "ItemLocked", locked),
        (&["items"], ("OfferOpened", OPENED), "OfferExpired", "{}"),
        (&["overview", "standing_orders"], ("StandingOrderPlaced", ORDERED), "StandingOrderPaused", "{}"),
        (&["payout_runs"], ("PayoutRunOpened", RUN), "PayoutRunCancelled", "{}"),
        (&["webhooks"], ("WebhookCreated", WEBHOOK), "WebhookDisabled", settings),
    ];
    for (views, begun, changed, payload) in cases {
        for begun_after in [true, false] {
            let (bank, before) = spoiled(|bank| {
                bank.raw(9, changed, payload);
                if begun_after {
                    // Within one commit: found by the fold, not by the row.
                    bank.raw(9, begun.0, begun.1);
                }
            });
            assert_eq!(named(stopped(&bank, before).await), views, "{changed} {begun_after}");
        }
    }
}

#[tokio::test]
async fn a_change_of_what_is_over_stops_the_views_that_have_it() {
    let orders: &[&str] = &["overview", "standing_orders"];
    let cases: [(&[&str], _, _, _); 4] = [
        (&["items"], ("OfferOpened", OPENED), "OfferCancelled", "OfferExpired"),
        (orders, ("StandingOrderPlaced", ORDERED), "StandingOrderCancelled", "StandingOrderPaused"),
        (&["payout_runs"], ("PayoutRunOpened", RUN), "PayoutRunCancelled", "PayoutRunPaused"),
        (&["webhooks"], ("WebhookCreated", WEBHOOK), "WebhookDeleted", "WebhookDeleted"),
    ];
    for (views, begun, last, after) in cases {
        let (bank, before) = spoiled(|bank| {
            bank.raw(9, begun.0, begun.1);
            bank.raw(9, last, "{}");
            bank.commit();
            bank.raw(9, after, "{}");
        });
        let over = bank.commits.iter().find(|commit| commit.first > before).expect("it ended").last();
        assert_eq!(named(stopped(&bank, over).await), views, "{after}");
    }
}

#[tokio::test]
async fn an_erasure_of_a_member_who_never_joined_stops_the_view_of_members() {
    let erasure = r#"{"erasure":"00000000-0000-0000-0000-000000000001"}"#;
    let (bank, before) = spoiled(|bank| bank.raw(9, "ErasureRequested", erasure));
    assert_eq!(named(stopped(&bank, before).await), ["members"]);
}

#[tokio::test]
async fn a_new_contact_of_a_member_who_has_left_stops_the_view_of_members() {
    for apart in [true, false] {
        let (bank, before) = spoiled(|bank| {
            let member = bank.people.left().expect("somebody has left");
            let changed = r#"{"channel":"phone","contact":"c","contact_key":"00000000-0000-0000-0000-000000000001",
                "old_channel":"email","old_contact":"d"}"#;
            if apart {
                bank.raw(member, "ContactChanged", changed);
            } else {
                // Within one commit with the member's whole life: found by the fold, not by the row.
                bank.raw(9, "MemberJoined", JOINED);
                bank.raw(9, "ErasureRequested", r#"{"erasure":"00000000-0000-0000-0000-000000000001"}"#);
                bank.raw(9, "ContactChanged", changed);
            }
        });
        assert_eq!(named(stopped(&bank, before).await), ["members"], "{apart}");
    }
}

const JOINED: &str = r#"{"sign_up":"00000000-0000-0000-0000-000000000001","channel":"email","login_id":"a","contact":"b",
    "real_name":"c","consents":[],"login_key":"00000000-0000-0000-0000-000000000001",
    "contact_key":"00000000-0000-0000-0000-000000000001"}"#;

const PLACED: &str = r#"{"source":"00000000-0000-0000-0000-000000000001","asset":"KRW","amount":"1",
    "expires_at":"2026-12-01T00:00:00Z","placed_by":{"role":"operator","id":"00000000-0000-0000-0000-000000000001"}}"#;

const MINTED: &str = r#"{"collection":"coins","serial":"1","owner":"00000000-0000-0000-0000-000000000001"}"#;

const OPENED: &str = r#"{"item":"00000000-0000-0000-0000-000000000001","collection":"coins",
    "seller":"00000000-0000-0000-0000-000000000001","price":{"asset":"KRW","amount":"1"},
    "destination":"00000000-0000-0000-0000-000000000001","expires_at":"2026-12-01T00:00:00Z"}"#;

const ORDERED: &str = r#"{"owner":"00000000-0000-0000-0000-000000000001",
    "source":"00000000-0000-0000-0000-000000000001","destination":"00000000-0000-0000-0000-000000000002",
    "money":{"asset":"KRW","amount":"1"},"schedule":{"at":"2026-12-01T00:00:00Z"},"if_refused":"skip","catch_up":true,
    "next_at":"2026-12-01T00:00:00Z"}"#;

const WEBHOOK: &str = r#"{"owner":{"role":"service","id":"00000000-0000-0000-0000-000000000002"},
    "url":"https://shop.example/","events":["*"]}"#;

const RUN: &str = r#"{"source":"00000000-0000-0000-0000-000000000001","asset":"KRW","name":"salaries","reference":"run-1",
    "opened_by":{"role":"service","id":"00000000-0000-0000-0000-000000000001"}}"#;
