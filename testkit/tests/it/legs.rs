//! Transfers of more than two legs, through the public API, the log, all views and the auditor: a compound one, and one of three legs,
//! which no command asks for yet.

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::Leg;
use kernel::{AccountId, Actor, CommandId, Ids, MemberId, Minor, RandomIds, Role};
use log::Fingerprint;
use serde_json::{Value, json};
use testkit::{
    chaos::Jangbu,
    compound::{Request, post},
    kit::EditedLog,
};
use uuid::Uuid;

use crate::support::{ALL, TestApp, TestClient};

/// An account with what it holds and who may see its balance.
struct Owned<'a> {
    owner: &'a TestClient,
    account: Uuid,
    asset: &'static str,
}

async fn of_three_legs(app: &TestApp, legs: &[(&Owned<'_>, i128)]) -> Uuid {
    let url = app.pair.log.superuser_url();
    let log = PostgresLog::new(connect(&url, &PoolOptions::log("a test", 1)).unwrap());
    let leg = |(side, units): &(&Owned<'_>, i128)| Leg {
        account: AccountId::new(side.account),
        asset: side.asset.parse().unwrap(),
        amount: Minor::new(*units).unwrap(),
    };
    let actor = Actor { role: Role::Member, id: MemberId::new(legs[0].0.owner.id) };
    let request = Request { actor, command_id: CommandId::new(RandomIds.fresh()), fingerprint: Fingerprint([7; 16]) };
    post(&log, request, legs.iter().map(leg).collect()).await.uuid()
}

/// Payments as one transfer, by an operator.
async fn compound(operator: &TestClient, payments: [(&Owned<'_>, &Owned<'_>, i128); 2]) -> Uuid {
    let posting = |(from, to, units): (&Owned<'_>, &Owned<'_>, i128)| {
        json!({
            "source": from.account, "destination": to.account,
            "money": {"asset": from.asset, "amount": units.to_string()},
        })
    };
    let body = json!({"postings": payments.map(posting), "memo": "together", "reference": "order-7"});
    let path = "/v1/transfers/compound";
    let posted = operator.post_keyed(path, "compound", body.clone()).await.expect(201);
    let again = operator.post_keyed(path, "compound", body.clone()).await.expect(201);
    assert_eq!(again.body, posted.body);
    assert_eq!([&posted.body["kind"], &posted.body["reference"]], ["compound", "order-7"]);
    // One payment that cannot be refuses the other with it, and the refusal is kept.
    let mut too_much = body;
    too_much["postings"][1]["money"]["amount"] = json!("1000000");
    for _ in 0..2 {
        let refused = operator.post_keyed(path, "too-much", too_much.clone()).await;
        refused.expect_problem(422, "insufficient-funds");
    }
    posted.body["transfer_id"].as_str().unwrap().parse().unwrap()
}

/// What a transfer shows to one who looks: account, asset, amount, and the balance where it is theirs.
fn lines(body: &Value) -> Vec<[Value; 4]> {
    let line = |p: &Value| ["account_id", "asset", "amount", "balance_after"].map(|field| p[field].clone());
    body["postings"].as_array().unwrap().iter().map(line).collect()
}

/// Each asset of a transfer counts once, with what was credited of it.
async fn each_asset_counts_once(operator: &TestClient, a: &Owned<'_>, c: &Owned<'_>) {
    let overview = operator.get("/v1/dashboard/overview").await.expect(200).body;
    let counted = |asset: &str| {
        let day = overview["activity"]["day"].as_array().unwrap().iter();
        let of = |bucket: &&Value| bucket["asset"] == asset && bucket["kind"] != "deposit";
        let mut shown: Vec<_> =
            day.filter(of).map(|b| [&b["kind"], &b["transfers"], &b["volume"]].map(Value::to_string)).collect();
        shown.sort();
        shown.into_iter().map(|bucket| bucket.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(counted("KRW"), [r#""compound" 1 "40""#, r#""transfer" 1 "30""#]);
    assert_eq!(counted("USD"), [r#""compound" 1 "3""#]);
    assert!(overview["totals"].as_array().unwrap().iter().all(|total| total["sum"] == "0"), "{overview}");
    let movers = operator.get("/v1/dashboard/top-movers?asset=KRW").await.expect(200).body;
    let of = |side: &Owned<'_>| {
        let mover = movers["items"].as_array().unwrap().iter().find(|mover| mover["account_id"] == json!(side.account));
        mover.map(|mover| (mover["transfers"].clone(), mover["volume"].clone()))
    };
    assert_eq!(of(a), Some((json!(2), json!("70"))));
    assert_eq!(of(c), Some((json!(1), json!("10"))));
}

/// An operator reverses it like any other transfer, once.
async fn an_operator_reverses_it_once(
    operator: &TestClient,
    (first, second): (Uuid, Uuid),
    [a, b, c]: [&Owned<'_>; 3],
) {
    let path = format!("/v1/transfers/{first}/reverse");
    let reversed = operator.post_keyed(&path, "undo", json!({"reason": "by mistake"})).await.expect(201);
    let back: Vec<_> =
        lines(&reversed.body).into_iter().map(|[account, _, amount, after]| (account, amount, after)).collect();
    let line = |side: &Owned<'_>, amount: &str, after: &str| (json!(side.account), json!(amount), json!(after));
    assert_eq!(back, [line(c, "-10", "0"), line(b, "-20", "40"), line(a, "30", "60")]);
    assert_eq!(reversed.body["kind"], "reversal");
    assert!(reversed.body["money"].is_null(), "{}", reversed.body);
    let again = operator.post_keyed(&path, "undo", json!({"reason": "by mistake"})).await.expect(201);
    assert_eq!(again.body, reversed.body);
    operator.post(&path, json!({"reason": "again"})).await.expect_problem(422, "already-reversed");
    let seen = c.owner.get_at(&format!("/v1/transfers/{first}"), reversed.token()).await.expect(200);
    assert_eq!(seen.body["reversed_by"], reversed.body["transfer_id"]);
    // What was got and spent cannot go back; nothing moves then.
    b.owner.transfer(b.account, c.account, 40).await.expect(201);
    let path = format!("/v1/transfers/{second}/reverse");
    operator.post(&path, json!({"reason": "by mistake"})).await.expect_problem(422, "insufficient-funds");
}

/// Of a payment each side is shown the other one; of three legs nobody is.
async fn each_side_is_shown_the_other([a, b, c, bob_usd, ann_usd]: [&Owned<'_>; 5]) {
    let other = |side: &Owned<'_>| Some(side.account);
    for (side, newest, counterparty) in [
        (a, ["-40", "30"], other(b)),
        (b, ["40", "60"], other(a)),
        (c, ["10", "10"], None),
        (bob_usd, ["-3", "7"], other(ann_usd)),
    ] {
        let page = side.owner.get(&format!("/v1/accounts/{}/transactions", side.account)).await.expect(200);
        let entry = &page.items()[0];
        assert!(entry.as_object().unwrap().contains_key("counterparty"), "{entry}");
        assert_eq!(entry["counterparty"], json!(counterparty), "{entry}");
        assert_eq!([&entry["amount"], &entry["balance_after"]], [&json!(newest[0]), &json!(newest[1])]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_of_several_legs_are_seen_by_everybody_in_them_and_by_nobody_else() {
    let mut app = TestApp::start(&ALL).await;
    let (ann, a) = app.funded_member(100).await;
    let (bob, b) = app.funded_member(0).await;
    let (cho, c) = app.funded_member(0).await;
    let (stranger, _) = app.funded_member(1).await;
    let (ann_usd, bob_usd) = (ann.open("USD").await, bob.open("USD").await);
    app.service().deposit(bob_usd, "USD", 10).await;
    let [a, b, c] = [(&ann, a), (&bob, b), (&cho, c)].map(|(owner, account)| Owned { owner, account, asset: "KRW" });
    let (ann_usd, bob_usd) =
        (Owned { owner: &ann, account: ann_usd, asset: "USD" }, Owned { owner: &bob, account: bob_usd, asset: "USD" });

    let three = [(&a, -30), (&b, 20), (&c, 10)];
    let four = [(&a, -40), (&b, 40), (&bob_usd, -3), (&ann_usd, 3)];
    let operator = app.operator();
    let first = of_three_legs(&app, &three).await;
    let second = compound(&operator, [(&a, &b, 40), (&bob_usd, &ann_usd, 3)]).await;
    app.wait_until_level().await;

    // Each owner sees all legs, and the balances of their own accounts.
    let after = [vec!["70", "20", "10"], vec!["30", "60", "7", "3"]];
    for ((id, kind, legs), after) in
        [(first, "transfer", &three[..]), (second, "compound", &four[..])].into_iter().zip(&after)
    {
        let path = format!("/v1/transfers/{id}");
        for viewer in [&ann, &bob, &cho, &operator] {
            let all = viewer.id == operator.id;
            if !all && legs.iter().all(|(side, _)| side.owner.id != viewer.id) {
                viewer.get(&path).await.expect(404);
                continue;
            }
            let seen = viewer.get(&path).await.expect(200).body;
            for field in ["source", "destination", "money"] {
                assert!(seen[field].is_null() && seen.as_object().unwrap().contains_key(field), "{field}: {seen}");
            }
            assert_eq!(
                (&seen["status"], &seen["kind"], &seen["memo"]),
                (&json!("posted"), &json!(kind), &json!("together"))
            );
            let ought: Vec<_> = legs
                .iter()
                .zip(after)
                .map(|((side, units), after)| {
                    let own = all || side.owner.id == viewer.id;
                    [
                        json!(side.account),
                        json!(side.asset),
                        json!(units.to_string()),
                        if own { json!(after) } else { Value::Null },
                    ]
                })
                .collect();
            assert_eq!(lines(&seen), ought);
        }
        stranger.get(&path).await.expect(404);
    }

    each_side_is_shown_the_other([&a, &b, &c, &bob_usd, &ann_usd]).await;
    let home = ann.get("/v1/wallet/home").await.expect(200).body;
    assert_eq!(home["transactions"][0]["counterparty"], json!(bob_usd.account), "{home}");
    let found = operator.get("/v1/transfers?reference=order-7").await.expect(200);
    assert_eq!(found.items()[0]["transfer_id"], json!(second));

    each_asset_counts_once(&operator, &a, &c).await;
    an_operator_reverses_it_once(&operator, (first, second), [&a, &b, &c]).await;
    every_view_is_the_log_and_a_fault_is_found(&mut app, first).await;
    app.close().await;
}

async fn every_view_is_the_log_and_a_fault_is_found(app: &mut TestApp, transfer: Uuid) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    // A rebuild is promoted only if it is the same as what was live.
    jangbu.run(&["views", "rebuild", "--all", "--reason", "to compare"]).await.unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    let log = app.pair.log.superuser_url();
    let turn = async |from: &str, to: &str| {
        let amount = |value: &str| format!(r#""amount":"{value}""#);
        let edit = |log: &mut EditedLog| {
            let posted = log.event_of(transfer, 1);
            posted.payload = posted.payload.replace(&amount(from), &amount(to));
        };
        EditedLog::edit(&log, edit).await.unwrap();
    };
    turn("10", "11").await;
    let verified = jangbu.ask(&["log", "verify"]).await.unwrap().expect(1);
    assert!(verified.all.contains("the legs of KRW do not sum to zero"), "{}", verified.all);
    turn("11", "10").await;
    jangbu.run(&["log", "verify"]).await.unwrap();
}
