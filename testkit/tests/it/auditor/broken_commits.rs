//! New commits that break a rule: each stops all commands until an operator lets them go on.

use std::time::Instant;

use serde_json::json;
use testkit::chaos::Part;
use uuid::Uuid;

use super::{
    Audited,
    plants::{How, Planted, Template, plant},
};
use crate::support::eventually;

/// A commit made from a right transfer, and the rule that it breaks.
struct Fault {
    name: &'static str,
    how: How,
    change: fn(&mut Vec<Planted>),
    rule: &'static str,
    what: &'static str,
}

const HOW: How = How { unchecked: true, used_command: false, yesterday: false };

const FAULTS: &[Fault] = &[
    Fault {
        name: "a skipped version",
        how: HOW,
        change: |events| events[1].version += 1,
        rule: "versions are gapless in every stream, in the order of positions",
        what: "follows",
    },
    Fault {
        name: "a version that is taken",
        how: HOW,
        change: |events| events[1].version -= 1,
        rule: "versions are gapless in every stream, in the order of positions",
        what: "follows",
    },
    Fault {
        name: "a stream of two kinds",
        how: HOW,
        change: |events| {
            let refused = json!({"refusal": {"code": "limit-exceeded"}});
            events[1] = Planted {
                event_type: "CommandRefused".into(),
                payload: refused,
                schema_version: 1,
                ..events[1].clone()
            };
            events.retain(|event| event.event_type == "CommandRefused");
        },
        rule: "every stream is of one kind",
        what: "is of kind refused command",
    },
    Fault {
        name: "unbalanced legs",
        how: HOW,
        change: |events| {
            let (amount, balance) = (number(&events[2], "amount"), number(&events[2], "balance"));
            events[2].payload["amount"] = json!((amount + 1).to_string());
            events[2].payload["balance"] = json!((balance + 1).to_string());
        },
        rule: "each asset sums to zero at every commit",
        what: "is to be moved",
    },
    Fault {
        name: "a balance that does not follow",
        how: HOW,
        change: |events| events[2].payload["balance"] = json!("77"),
        rule: "balances in events equal the running sums",
        what: "is not 77",
    },
    Fault {
        name: "a negative balance",
        how: HOW,
        change: |events| {
            let balance = number(&events[1], "balance") - 2_000_000_000;
            let payee = number(&events[2], "balance") + 2_000_000_000;
            for (event, balance) in events[1..].iter_mut().zip([balance, payee]) {
                let amount = number(event, "amount") + 2_000_000_000;
                event.payload["amount"] = json!(amount.to_string());
                event.payload["balance"] = json!(balance.to_string());
            }
            let text = events[0].payload.to_string();
            let amount = number(&events[1], "amount");
            let before = amount - 2_000_000_000;
            events[0].payload = serde_json::from_str(
                &text
                    .replace(&format!("\"{before}\""), &format!("\"{amount}\""))
                    .replace(&format!("\"-{before}\""), &format!("\"-{amount}\"")),
            )
            .unwrap();
        },
        rule: "no member's available balance is ever below zero",
        what: "is at -",
    },
    Fault {
        name: "funds that are held for no hold",
        how: HOW,
        change: |events| hold(events, false, 1, 1),
        rule: "held funds are those of active holds, each used within its amount and its time",
        what: "which does not say so",
    },
    Fault {
        name: "funds that are held and not there",
        how: HOW,
        change: |events| hold(events, true, 2_000_000_000, 2_000_000_000),
        rule: "no member's available balance is ever below zero",
        what: "and 2000000000 of it is held",
    },
    Fault {
        name: "held funds that do not follow",
        how: HOW,
        change: |events| hold(events, true, 5, 6),
        rule: "held funds are those of active holds, each used within its amount and its time",
        what: "+5 is not 6",
    },
    Fault {
        name: "a transfer that passes a freeze",
        how: HOW,
        change: |events| {
            let event = &mut events[0];
            event.schema_version = 3;
            event.payload["despite_freeze"] = json!(true);
        },
        rule: "a freeze stops what is in its scope, and only a reversal passes it, or what was paid outside from a hold",
        what: "is said to pass a freeze, and there is none",
    },
    Fault {
        name: "a capture of no hold",
        how: HOW,
        change: |events| {
            let event = &mut events[0];
            event.schema_version = 3;
            event.payload["kind"] = json!("capture");
        },
        rule: "held funds are those of active holds, each used within its amount and its time",
        what: "is a capture of no hold",
    },
    Fault {
        name: "a payload that nobody can read",
        how: HOW,
        change: |events| {
            events.truncate(1);
            events[0].payload = json!({});
        },
        rule: "every event can be read",
        what: "TransferPosted",
    },
    Fault {
        name: "a command that is recorded twice",
        how: How { used_command: true, ..HOW },
        change: |_| {},
        rule: "every command is recorded once",
        what: "wrote a commit before",
    },
    Fault {
        name: "a clock that goes back",
        how: How { yesterday: true, ..HOW },
        change: |_| {},
        rule: "recorded_at never goes back",
        what: "was recorded at",
    },
];

/// A hold on the account of the payer instead of the transfer, or only what the account would say of it.
fn hold(events: &mut Vec<Planted>, is_placed: bool, amount: i64, held: i64) {
    let (hold, payer) = (events[0].clone(), events[1].clone());
    let planted = |of: Planted, event_type: &str, payload| Planted {
        event_type: event_type.into(),
        schema_version: 1,
        payload,
        ..of
    };
    let funds = json!({"hold": hold.stream, "amount": amount.to_string(), "held": held.to_string()});
    let placed = json!({
        "source": payer.stream, "asset": "KRW", "amount": amount.to_string(), "expires_at": "2100-01-01T00:00:00Z",
        "placed_by": {"id": hold.stream, "role": "operator"}
    });
    *events = vec![planted(payer, "AccountFundsHeld", funds)];
    if is_placed {
        events.insert(0, planted(hold, "HoldPlaced", placed));
    }
}

fn number(event: &Planted, field: &str) -> i64 {
    event.payload[field].as_str().unwrap().parse().unwrap()
}

/// Plants a second opening of an account that is not used otherwise.
async fn open_again(audited: &Audited, account: Uuid) {
    let template = Planted {
        stream: account,
        version: 2,
        event_type: "AccountOpened".into(),
        schema_version: 1,
        payload: json!({"holder": {"kind": "system", "name": "cash/planted"}, "asset": "KRW"}),
    };
    plant(&audited.log, &[template], HOW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_commit_stops_all_commands_until_an_operator_lets_them_go_on() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let opened_twice = audited.app.member().open("KRW").await;
    audited.wait_until_proven().await;
    let since = Instant::now();
    open_again(&audited, opened_twice).await;
    let (_, rule, what) = audited.alarm("a second opening", since).await;
    assert_eq!(rule, "events that open a stream stand at version 1 only", "{what}");
    audited.is_stopped().await;
    audited.resume().await;

    for fault in FAULTS {
        // Accounts of its own for each: one that is damaged is not used again.
        let (victim, from) = audited.app.funded_member(1_000).await;
        let (_, to) = audited.app.funded_member(0).await;
        let transfer = victim.transfer(from, to, 37).await.expect(201).id("transfer_id");
        let template = Template::of(&audited.log, transfer).await;
        audited.wait_until_proven().await;
        let mut events = template.again().await;
        (fault.change)(&mut events);
        let since = Instant::now();
        plant(&audited.log, &events, fault.how).await;
        let (_, rule, what) = audited.alarm(fault.name, since).await;
        assert_eq!(rule, fault.rule, "{}: {what}", fault.name);
        assert!(what.contains(fault.what), "{}: {what}", fault.name);
        audited.is_stopped().await;
        audited.resume().await;
    }
    audited.end().await;
}

/// What the planted commits are made from raises no alarm: the tests above find what was changed, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_right_is_proven_whoever_wrote_it() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let transfer = audited.payer.transfer(audited.from, audited.to, 37).await.expect(201).id("transfer_id");
    let template = Template::of(&audited.log, transfer).await;
    plant(&audited.log, &template.again().await, How::default()).await;
    audited.wait_until_proven().await;
    audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
    audited.wait_until_proven().await;
    assert_eq!(audited.jangbu().run(&["audit", "show"]).await.unwrap()["alarms"], json!([]));
    audited.end().await;
}

/// The alarm of one auditor stops every server; a server that was just started too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_stops_every_server_and_one_that_was_just_started() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Command(1), Part::Auditor]).await;
    let opened_twice = audited.app.member().open("KRW").await;
    let before = audited.payer.post_keyed("/v1/transfers", "before", TestBody::of(&audited)).await.expect(201);
    open_again(&audited, opened_twice).await;
    let (alarm, ..) = audited.alarm("a second opening", Instant::now()).await;
    audited.app.bank.kill(Part::Command(1)).unwrap();
    audited.app.bank.spawn(Part::Command(1)).unwrap();
    let other = audited.app.client_at(1, kernel::Role::Operator, Uuid::from_u128(7));
    eventually("the other server answers", async || {
        let answer = other.try_post("/v1/transfers", "at-the-other", &TestBody::of(&audited)).await;
        match answer.map(|answer| answer.body["code"].as_str().unwrap_or_default().to_owned()) {
            Ok(code) if code == "audit-alarm" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    for server in [0, 1] {
        let address = audited.app.bank.address(Part::Command(server)).unwrap();
        let url = format!("http://{address}/readyz");
        eventually("the server says that it is not ready, and why", async || {
            let ready = other.send(reqwest::Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
            if ready.status == 503 && ready.body["checks"]["audit"] == "failing" {
                Ok(())
            } else {
                Err(ready.body.to_string())
            }
        })
        .await;
    }
    let again = audited.payer.post_keyed("/v1/transfers", "before", TestBody::of(&audited)).await.expect(201);
    assert_eq!(again.body, before.body, "what was carried out before is answered as before");
    let jangbu = audited.jangbu();
    let unasked = ["audit", "resume", "--alarm", &alarm.to_string(), "--reason", "a test"];
    jangbu.ask(&unasked).await.unwrap().expect(2);
    jangbu.ask(&["audit", "resume", "--alarm", "999", "--reason", "a test", "--yes"]).await.unwrap().expect(1);
    jangbu.ask(&["audit", "resume", "--alarm", &alarm.to_string(), "--yes"]).await.unwrap().expect(2);
    let doctor = jangbu.ask(&["doctor"]).await.unwrap().expect(1);
    let of_audit =
        doctor.json["findings"].as_array().unwrap().iter().find(|finding| finding["what"] == "audit").unwrap();
    assert_eq!(of_audit["verdict"], "fail", "{of_audit}");
    let answers = audited.resume().await;
    assert_eq!(answers[0]["alarm"]["acknowledged_by"], "testkit");
    assert_eq!(answers[0]["alarm"]["reason"], "a test");
    audited.end().await;
}

struct TestBody;

impl TestBody {
    fn of(audited: &Audited) -> serde_json::Value {
        crate::support::TestClient::transfer_body(audited.from, audited.to, 5)
    }
}
