//! Holds: their bodies, who may read them, their list; and what is held of an account.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{A1, A2, ALICE, B1, BOB, CASH, TestApp, id};

const OPEN: u128 = 0x401d1;
const TO_BOB: u128 = 0x401d2;
const OF_SERVICE: u128 = 0x401d3;

impl TestApp {
    /// A hold of Alice's funds for nobody yet, one for Bob, and one that the service placed and captured in part.
    async fn with_holds() -> Self {
        let app = Self::with_bank().await;
        app.database.put_hold(OPEN, A1, None, 13, "active").await;
        app.database.put_hold(TO_BOB, A1, Some(B1), 14, "released").await;
        app.database.put_hold(OF_SERVICE, B1, None, 15, "active").await;
        let sql = format!(
            "update holds_g1.holds set placed_by = '{}', captured = 4000, position = 18, memo = 'two nights',
                 reference = 'booking 17', recorded_at = '2026-11-21T09:15:00.123456Z' where hold_id = '{}';
             update accounts_g1.accounts set held = 12500 where account_id = '{}'",
            id(0xffff),
            id(OF_SERVICE),
            id(A1)
        );
        app.database.run(&sql).await;
        app
    }
}

fn hold(number: u128) -> String {
    format!("/v1/holds/{}", id(number))
}

fn holds_of(account: u128) -> String {
    format!("/v1/accounts/{}/holds", id(account))
}

fn listed(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["hold_id"].as_str().expect("an id").to_owned()).collect()
}

fn ids(holds: &[u128]) -> Vec<String> {
    holds.iter().map(|hold| id(*hold).to_string()).collect()
}

#[tokio::test]
async fn what_goes_out() {
    let app = TestApp::with_holds().await;
    assert_json_snapshot!("hold", app.get(&hold(OF_SERVICE), app.service()).await.ok());
    assert_json_snapshot!("hold_without_destination", app.get(&hold(OPEN), app.member(ALICE)).await.ok());
    let page = app.get(&holds_of(A1), app.member(ALICE)).await;
    assert_json_snapshot!("holds", page.ok());
    assert_eq!(page.number("view-position"), 18);
    app.finish().await;
}

#[tokio::test]
async fn a_capture_names_its_hold() {
    let app = TestApp::with_holds().await;
    let capture = id(0xca9);
    app.database
        .run(&format!(
            "insert into transfers_g1.transfers (position, recorded_at, transfer_id, source, destination, amount, kind, status,
                 asset, reference, source_version, source_balance_after, destination_version, destination_balance_after,
                 hold_id, despite_freeze)
             values (18, '2026-11-21T09:15:00.123456Z', '{capture}', '{}', '{}', 4000, 'capture', 'posted', 'KRW', 'booking 17', 4,
                 0, 5, 104000, '{}', false)",
            id(B1),
            id(A1),
            id(OF_SERVICE)
        ))
        .await;
    let one = async || app.get(&format!("/v1/transfers/{capture}"), app.member(BOB)).await.ok().clone();
    let found = async || app.get("/v1/transfers?reference=booking%2017", app.operator()).await.ok()["items"][0].clone();
    assert_json_snapshot!("transfer_capture", one().await);
    assert_eq!(found().await["hold_id"], json!(id(OF_SERVICE)));
    // The version of the view before knows of no holds.
    app.database
        .run(
            "drop view live.transfers;
             create view live.transfers as select position, recorded_at, source_version, destination_version,
                 transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after,
                 destination_balance_after, available, kind, status, asset, code, memo, reference, postings, asked_by, service
             from transfers_g1.transfers;
             grant select on live.transfers to jangbu_reader",
        )
        .await;
    for older in [one().await, found().await] {
        assert_eq!((&older["kind"], older.get("hold_id")), (&json!("capture"), None));
    }
    app.finish().await;
}

/// As the payer, as the payee, as a stranger, as a service and as an operator.
#[tokio::test]
async fn either_side_sees_a_hold_and_a_service_those_that_it_placed() {
    let app = TestApp::with_holds().await;
    assert_eq!(app.statuses(&hold(OPEN)).await, [200, 404, 404, 404, 200]);
    assert_eq!(app.statuses(&hold(TO_BOB)).await, [200, 200, 404, 404, 200]);
    assert_eq!(app.statuses(&hold(OF_SERVICE)).await, [404, 200, 404, 200, 200]);
    assert_eq!(app.statuses(&hold(0x404)).await, [404; 5]);
    let absent = app.get(&hold(0x404), app.member(BOB)).await;
    let foreign = app.get(&hold(OPEN), app.member(BOB)).await;
    foreign.is(404, "hold-unknown");
    assert_eq!(absent.body["detail"], foreign.body["detail"], "they cannot be distinguished");

    assert_eq!(app.statuses(&holds_of(A1)).await, [200, 404, 404, 403, 200]);
    assert_eq!(app.statuses(&holds_of(B1)).await, [404, 200, 404, 403, 200]);
    assert_eq!(app.statuses(&holds_of(CASH)).await, [404, 404, 404, 403, 200]);
    assert_eq!(app.statuses(&holds_of(0x404)).await, [404, 404, 404, 403, 404]);
    app.get(&holds_of(A1), app.member(BOB)).await.is(404, "account-unknown");
    app.finish().await;
}

#[tokio::test]
async fn the_list_holds_those_of_either_side() {
    let app = TestApp::with_holds().await;
    let of = async |account: u128, query: &str| {
        listed(app.get(&format!("{}?{query}", holds_of(account)), app.operator()).await.ok())
    };
    assert_eq!(of(A1, "").await, ids(&[TO_BOB, OPEN]));
    assert_eq!(of(B1, "").await, ids(&[OF_SERVICE, TO_BOB]));
    assert_eq!(of(A2, "").await, ids(&[]));
    assert_eq!(of(A1, "status=active").await, ids(&[OPEN]));
    assert_eq!(of(B1, "status=released").await, ids(&[TO_BOB]));
    assert_eq!(of(B1, "status=expired").await, ids(&[]));
    app.finish().await;
}

#[tokio::test]
async fn pages_of_holds_join_while_new_ones_are_placed() {
    let app = TestApp::with_bank().await;
    let place = async |at: i64| {
        let status = ["active", "captured", "released", "expired"][usize::try_from(at % 4).expect("small")];
        let (source, destination) = if at % 3 == 0 { (B1, Some(A1)) } else { (A1, None) };
        app.database.put_hold(0x5_0000 + u128::from(at.unsigned_abs()), source, destination, at, status).await;
    };
    for at in 101..=140 {
        place(at).await;
    }
    let mut next = 141;
    for (status, wanted) in [("", 1), ("&status=captured", 4)] {
        let (newest, mut seen, mut cursor) = (next, Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{}?limit=7{status}{cursor}", holds_of(A1)), app.member(ALICE)).await;
            seen.extend(listed(page.ok()));
            let Some(more) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={more}");
            place(next).await;
            next += 1;
        }
        let all = (101..newest).rev().filter(|at| wanted == 1 || at % wanted == 1);
        let all: Vec<u128> = all.map(|at| 0x5_0000 + u128::try_from(at).expect("positive")).collect();
        assert_eq!(seen, ids(&all), "{status}");
        // A cursor belongs to its account and its status.
        for (account, status) in [(B1, status), (A1, "&status=active")] {
            let path = format!("{}?limit=7{status}{cursor}", holds_of(account));
            app.get(&path, app.operator()).await.is(400, "cursor-invalid");
        }
    }
    app.finish().await;
}

/// Each body that shows an account shows what is held of it, under the version of the view before, too.
#[tokio::test]
async fn an_account_shows_what_is_held_and_what_its_freeze_stops() {
    let app = TestApp::with_holds().await;
    app.database.run(r#"update accounts_g1.accounts set "freeze" = 'debits' where status = 'frozen'"#).await;
    let fields = |account: &Value| {
        ["status", "freeze", "balance", "held", "available"]
            .map(|field| account[field].as_str().unwrap_or("null").to_owned())
    };
    let shown = async |account: u128, owner: u128| {
        let token = app.member(owner);
        let one = app.get(&format!("/v1/accounts/{}", id(account)), &token).await.ok().clone();
        let list = app.get("/v1/accounts", &token).await.ok()["items"].clone();
        let home = app.get("/v1/wallet/home", &token).await.ok()["accounts"].clone();
        for accounts in [list, home] {
            let accounts = accounts.as_array().expect("accounts");
            assert!(accounts.contains(&one), "{one} is not in {accounts:?}");
        }
        fields(&one)
    };
    assert_eq!(shown(A1, ALICE).await, ["open", "null", "100000", "12500", "87500"]);
    assert_eq!(shown(B1, BOB).await, ["frozen", "debits", "0", "0", "0"]);
    let system = app.get(&format!("/v1/accounts/{}", id(CASH)), app.operator()).await;
    assert_eq!(fields(system.ok()), ["open", "null", "-100000", "0", "-100000"]);
    app.database
        .run(
            "drop view live.accounts;
             create view live.accounts as select version, position, opened_at, account_id, owner, balance, kind, asset, status,
                 account_number, name
             from accounts_g1.accounts;
             grant select on live.accounts to jangbu_reader",
        )
        .await;
    assert_eq!(shown(A1, ALICE).await, ["open", "null", "100000", "0", "100000"]);
    assert_eq!(shown(B1, BOB).await, ["frozen", "all", "0", "0", "0"]);
    app.finish().await;
}

/// A hold whose events were put aside is not said to be absent, or to be as it was before.
#[tokio::test]
async fn a_hold_that_is_put_aside_is_missed() {
    let app = TestApp::with_holds().await;
    let park = |key: String, touches: &str| {
        format!(
            "insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             values ('holds', 1, '{key}', 17, 'a test', 'a test');
             insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
             values ('holds', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{touches}}}')"
        )
    };
    let missing = async |path: String| {
        let reply = app.get(&path, app.operator()).await;
        (reply.status, reply.header("view-missing-events").map(str::to_owned))
    };
    // A change of one that is there: the hold is older than it says, and so is the list that shows it.
    app.database.run(&park(id(OPEN).to_string(), &id(OPEN).to_string())).await;
    app.get(&hold(OPEN), app.member(ALICE)).await.is(503, "view-behind");
    assert_eq!(app.statuses(&hold(OPEN)).await, [503, 404, 404, 404, 503]);
    assert_eq!(missing(holds_of(A1)).await, (200, Some("1".to_owned())));
    assert_eq!(missing(holds_of(B1)).await, (200, None), "it is in no list of this account");
    // One whose placing names its accounts: their lists lack it.
    let key = id(0x401d8).to_string();
    app.database.run("delete from registry.parked_events; delete from registry.parked_keys").await;
    app.database.run(&park(key.clone(), &format!("{key},{}", id(B1)))).await;
    assert_eq!(app.statuses(&hold(0x401d8)).await, [503; 5]);
    assert_eq!(missing(holds_of(B1)).await, (200, Some("1".to_owned())));
    assert_eq!(missing(holds_of(A1)).await, (200, None));
    // One of which nothing is known may be of any account.
    app.database.run("delete from registry.parked_events; delete from registry.parked_keys").await;
    app.database.run(&park(key.clone(), &key)).await;
    assert_eq!(missing(holds_of(A1)).await, (200, Some("1".to_owned())));
    assert_eq!(missing(holds_of(B1)).await, (200, Some("1".to_owned())));
    app.finish().await;
}

/// The opening of an account was put aside: it is not known whose that side is.
#[tokio::test]
async fn a_hold_of_an_account_that_is_put_aside_is_not_said_to_be_absent() {
    let app = TestApp::with_holds().await;
    let key = id(B1);
    app.database
        .run(&format!(
            "delete from accounts_g1.accounts where account_id = '{key}';
             insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             values ('accounts', 1, '{key}', 1, 'a test', 'a test')"
        ))
        .await;
    assert_eq!(app.statuses(&hold(TO_BOB)).await, [503, 503, 503, 404, 503]);
    assert_eq!(app.statuses(&hold(OPEN)).await, [200, 404, 404, 404, 200], "it has nothing to do with that account");
    assert_eq!(app.statuses(&holds_of(B1)).await, [503, 503, 503, 403, 503]);
    assert_eq!(app.statuses(&holds_of(A1)).await, [200, 404, 404, 403, 200]);
    app.finish().await;
}

#[tokio::test]
async fn a_token_is_waited_for() {
    let app = TestApp::with_holds().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    for path in [hold(OPEN), holds_of(A1)] {
        app.get_with(&path, app.member(ALICE), &headers).await.is(503, "view-behind");
    }
    app.database.reach("accounts", position).await;
    app.get_with(&hold(OPEN), app.member(ALICE), &headers).await.is(503, "view-behind");
    app.database.reach("holds", position).await;
    for path in [hold(OPEN), holds_of(A1)] {
        app.get_with(&path, app.member(ALICE), &[headers[0], ("prefer", "wait=5")]).await.ok();
    }
    app.finish().await;
}
