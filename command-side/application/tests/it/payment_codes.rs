//! Payment codes: each pays once, and whoever has a wrong one learns nothing.

use std::sync::{Arc, atomic::Ordering};

use application::{
    Answer, CaptureHold, Charge, CloseAccount, Command, Destination, ExecuteError, FreezeAccount, IssuePaymentCode,
    OpenAccount, Outcome, PaymentCodeAnswer, UnfreezeAccount,
};
use chrono::TimeDelta;
use events::recorded::{FreezeScope, TransferKind};
use kernel::{AccountId, Actor, MemberId, Money, PaymentCodeId, Role, TransferId};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    client::{TestClient, member, operator, posted, refused, submission, transfer, won},
    engine::count_reads,
    memory_log::{Fault, MemoryLog},
};

fn service(number: u128) -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(number)) }
}

fn code(number: u128) -> PaymentCodeId {
    PaymentCodeId::new(Uuid::from_u128(0xC0DE_0000 + number))
}

fn issue(code: PaymentCodeId, source: AccountId, max: Option<Money>) -> Command {
    Command::IssuePaymentCode(IssuePaymentCode { code, source, expires_in: 60, max })
}

fn charge(code: PaymentCodeId, destination: AccountId, units: i128) -> Charge {
    Charge {
        code,
        destination: Destination::Account(destination),
        money: won(units),
        reference: "till 4".into(),
        unique_reference: false,
        hold: false,
    }
}

fn pay(code: PaymentCodeId, destination: AccountId, units: i128) -> Command {
    Command::Charge(charge(code, destination, units))
}

fn hold(code: PaymentCodeId, destination: AccountId, units: i128) -> Command {
    Command::Charge(Charge { hold: true, ..charge(code, destination, units) })
}

fn issued(outcome: &Outcome) -> &PaymentCodeAnswer {
    match outcome {
        Outcome::PaymentCodeIssued(code) => code,
        other => panic!("no code: {other:?}"),
    }
}

/// An account of member 1 with 100, the till's account of member 2, and a code of the first.
struct Till {
    client: TestClient,
    payer: AccountId,
    shop: AccountId,
}

impl Till {
    async fn on(client: TestClient) -> Self {
        let (payer, shop) = (client.funded("payer", 100).await, client.open(member(2), "shop").await);
        issued(&client.outcome(member(1), "code", issue(code(1), payer, None)).await);
        Self { client, payer, shop }
    }

    async fn new() -> Self {
        Self::on(TestClient::new()).await
    }

    async fn charge(&self, key: &str, command: Command) -> Outcome {
        self.client.outcome(service(7), key, command).await
    }

    /// Asks without waiting.
    fn send(&self, key: &str, command: Command) -> JoinHandle<Result<Answer, ExecuteError>> {
        let (bank, submission) = (self.client.bank.clone(), submission(service(7), key, command));
        tokio::spawn(async move { bank.execute(submission).await })
    }
}

#[tokio::test]
async fn a_code_pays_once() {
    let till = Till::new().await;
    let answer = till.client.outcome(member(1), "more", issue(code(2), till.payer, Some(won(30)))).await;
    let of_code = issued(&answer);
    assert_eq!((of_code.issued.source, of_code.issued.max), (till.payer, Some(won(30).amount)));
    let lives = of_code.issued.expires_at - of_code.recorded_at;
    assert!(lives >= TimeDelta::seconds(60) && lives < TimeDelta::seconds(62), "{lives}");

    let Outcome::Posted(paid) = till.charge("c", pay(code(2), till.shop, 30)).await else { panic!() };
    assert_eq!((paid.posted.kind, paid.posted.reference.as_deref()), (TransferKind::Charge, Some("till 4")));
    let lines: Vec<_> =
        paid.postings.iter().map(|p| (p.account_id, p.amount.units(), p.balance_after.units())).collect();
    assert_eq!(lines, [(till.payer, -30, 70), (till.shop, 30, 30)]);
    let commit = till.client.log.commits().pop().expect("a commit");
    let types: Vec<_> = commit.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["TransferPosted", "AccountDebited", "AccountCredited", "PaymentCodeUsed"]);
    assert_eq!(refused(&till.charge("d", pay(code(2), till.shop, 1)).await), "payment-code-invalid");
    // The other one is as it was.
    posted(&till.charge("e", pay(code(1), till.shop, 70)).await);
}

#[tokio::test]
async fn unknown_used_and_expired_codes_are_refused_alike() {
    let till = Till::new().await;
    posted(&till.charge("pay", pay(code(1), till.shop, 1)).await);
    till.client.outcome(member(1), "late", issue(code(2), till.payer, None)).await;
    till.client.log.pass(TimeDelta::seconds(62));
    // The engine learns the time by writing.
    till.client.deposit(till.payer, 1, "later").await;
    let mut answers = Vec::new();
    for (key, wrong) in [("unknown", code(9)), ("used", code(1)), ("expired", code(2))] {
        let ways = [
            ("pay", pay(wrong, till.shop, 1)),
            ("hold", hold(wrong, till.shop, 1)),
            ("nothing", pay(wrong, till.shop, 0)),
        ];
        for (how, command) in ways {
            // Each looks for something in the log once, and not for more if less is in memory.
            let reads = count_reads(&till.client.log);
            answers.push(till.charge(&format!("{key} {how}"), command).await);
            assert_eq!(reads.load(Ordering::SeqCst), 1, "{key} {how}");
        }
    }
    assert_eq!(refused(&answers[0]), "payment-code-invalid");
    answers.iter().for_each(|answer| assert_eq!(*answer, answers[0]));
    let of_refusal = till.client.log.commits().into_iter().rev().take(answers.len());
    let payloads: Vec<_> = of_refusal.map(|commit| commit.events[0].payload.get().to_owned()).collect();
    assert!(payloads.iter().all(|payload| *payload == payloads[0]), "{payloads:?}");
}

#[tokio::test]
async fn a_right_code_that_is_in_memory_reads_nothing() {
    let till = Till::new().await;
    posted(&till.client.outcome(member(1), "warm", transfer(till.payer, till.shop, 1)).await);
    let reads = count_reads(&till.client.log);
    posted(&till.charge("c", pay(code(1), till.shop, 1)).await);
    assert_eq!(reads.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_refused_charge_leaves_the_code_usable() {
    let till = Till::new().await;
    let Outcome::Opened(euros) =
        till.client.outcome(member(2), "eur", Command::OpenAccount(OpenAccount { asset: eur() })).await
    else {
        panic!()
    };
    till.client.outcome(member(1), "limited", issue(code(2), till.payer, Some(won(50)))).await;
    let nobody = AccountId::new(Uuid::from_u128(404));
    let in_euros = Command::Charge(Charge { money: Money { asset: eur(), ..won(1) }, ..charge(code(2), till.shop, 1) });
    let wishes = [
        ("much", pay(code(1), till.shop, 101), "insufficient-funds"),
        ("most", pay(code(2), till.shop, 51), "payment-code-exceeded"),
        ("euros", in_euros, "asset-mismatch"),
        ("to euros", pay(code(2), euros.account_id, 1), "asset-mismatch"),
        ("nothing", pay(code(2), till.shop, 0), "amount-not-positive"),
        ("nobody", pay(code(2), nobody, 1), "account-unknown"),
        ("self", pay(code(2), till.payer, 1), "same-account"),
        ("hold much", hold(code(1), till.shop, 101), "insufficient-funds"),
        ("hold most", hold(code(2), till.shop, 51), "payment-code-exceeded"),
        ("hold nobody", hold(code(2), nobody, 1), "account-unknown"),
        ("hold self", hold(code(2), till.payer, 1), "same-account"),
    ];
    for (key, command, expected) in wishes {
        let outcome = till.charge(key, command).await;
        assert_eq!(refused(&outcome), expected, "{key}");
        // What was to be paid is kept as a rejected transfer; a hold is none.
        let Outcome::Refused(no) = outcome else { panic!() };
        assert_eq!(no.transfer.is_some(), !key.starts_with("hold"), "{key}");
    }
    let freeze = FreezeAccount { account: till.payer, scope: FreezeScope::Debits, reason: None };
    till.client.outcome(operator(), "freeze", Command::FreezeAccount(freeze)).await;
    assert_eq!(refused(&till.charge("frozen", pay(code(1), till.shop, 1)).await), "account-frozen");
    assert_eq!(refused(&till.charge("hold frozen", hold(code(1), till.shop, 1)).await), "account-frozen");
    let lift = Command::UnfreezeAccount(UnfreezeAccount { account: till.payer, reason: None });
    till.client.outcome(operator(), "lift", lift).await;
    posted(&till.charge("now", pay(code(1), till.shop, 60)).await);
    posted(&till.charge("and now", pay(code(2), till.shop, 40)).await);
}

fn eur() -> kernel::AssetCode {
    "EUR".parse().expect("asset")
}

/// How many were posted; all others were told that the code is invalid.
async fn count_posted(sent: Vec<JoinHandle<Result<Answer, ExecuteError>>>) -> usize {
    let mut count = 0;
    for sent in sent {
        match &*sent.await.expect("task").expect("an answer").answer {
            Outcome::Posted(_) | Outcome::HoldPlaced(_) => count += 1,
            outcome => assert_eq!(refused(outcome), "payment-code-invalid"),
        }
    }
    count
}

#[tokio::test]
async fn of_many_charges_at_once_one_is_posted() {
    let till = Till::new().await;
    let log = till.client.log.hold.lock().await;
    // The first is in flight, the others wait: some are decided ahead, the rest in batches of their own.
    let sent = (0..40).map(|index| match index % 3 {
        0 => till.send(&format!("h{index}"), hold(code(1), till.shop, 1)),
        _ => till.send(&format!("p{index}"), pay(code(1), till.shop, 1)),
    });
    let sent: Vec<_> = sent.collect();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    drop(log);
    assert_eq!(count_posted(sent).await, 1);
    assert_eq!(till.client.log.count("PaymentCodeUsed"), 1);
}

#[tokio::test]
async fn two_charges_in_one_batch_use_a_code_once() {
    let till = Till::new().await;
    let log = till.client.log.hold.lock().await;
    let below = till.send("below", Command::Charge(charge(code(9), till.shop, 1)));
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    // Fewer than it takes to be decided ahead: they wait for the append, and are one batch.
    let before = till.client.log.appends.load(Ordering::SeqCst);
    let sent = vec![till.send("a", pay(code(1), till.shop, 1)), till.send("b", pay(code(1), till.shop, 2))];
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    drop(log);
    assert_eq!(count_posted(vec![below]).await, 0);
    assert_eq!(count_posted(sent).await, 1);
    assert_eq!(till.client.log.appends.load(Ordering::SeqCst), before + 2, "the two are one batch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_use_a_code_once() {
    let log = Arc::new(MemoryLog::default());
    let one = Till::on(TestClient::on(log.clone(), "server-0", |_| {})).await;
    let client = TestClient::on(log.clone(), "server-1", |_| {});
    let two = Till { client, payer: one.payer, shop: one.shop };
    // Both have everything in memory.
    for (till, key) in [(&one, "warm 0"), (&two, "warm 1")] {
        posted(&till.client.outcome(member(1), key, transfer(till.payer, till.shop, 1)).await);
        assert_eq!(refused(&till.charge(key, pay(code(1), till.shop, 1_000)).await), "insufficient-funds");
    }
    let sent = (0..20).map(|index| {
        let till = if index % 2 == 0 { &one } else { &two };
        till.send(&format!("c{index}"), pay(code(1), till.shop, 1))
    });
    assert_eq!(count_posted(sent.collect()).await, 1);
    assert_eq!(log.count("PaymentCodeUsed"), 1);
}

#[tokio::test]
async fn a_charge_whose_append_is_lost_is_posted_once() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::LostAndLate] {
        let till = Till::new().await;
        till.client.log.fail_next(fault);
        posted(&till.charge("c", pay(code(1), till.shop, 5)).await);
        assert_eq!(refused(&till.charge("d", pay(code(1), till.shop, 5)).await), "payment-code-invalid", "{fault:?}");
        assert_eq!(till.client.log.count("PaymentCodeUsed"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn its_time_is_over_by_the_clock_of_the_log() {
    let till = Till::new().await;
    till.client.outcome(member(1), "second", issue(code(2), till.payer, None)).await;
    till.client.log.pass(TimeDelta::seconds(58));
    posted(&till.charge("c", pay(code(1), till.shop, 1)).await);
    till.client.log.pass(TimeDelta::seconds(4));
    // This server thinks that there is time.
    assert_eq!(refused(&till.charge("d", pay(code(2), till.shop, 1)).await), "payment-code-invalid");
    assert_eq!(till.client.log.count("PaymentCodeUsed"), 1);
}

#[tokio::test]
async fn a_charge_can_hold_instead_of_pay() {
    let till = Till::new().await;
    let Outcome::HoldPlaced(held) = till.charge("h", hold(code(1), till.shop, 60)).await else { panic!() };
    assert_eq!((held.placed.source, held.placed.destination), (till.payer, Some(till.shop)));
    assert_eq!((held.placed.placed_by, held.placed.reference.as_deref()), (service(7), Some("till 4")));
    let lives = held.placed.expires_at - held.recorded_at;
    assert!(lives >= TimeDelta::days(7) && lives < TimeDelta::days(7) + TimeDelta::seconds(2), "{lives}");
    assert_eq!(held.position, till.client.log.commits().last().expect("a commit").last());
    assert_eq!(refused(&till.charge("again", hold(code(1), till.shop, 1)).await), "payment-code-invalid");
    assert_eq!(
        refused(&till.client.outcome(member(1), "t", transfer(till.payer, till.shop, 41)).await),
        "insufficient-funds"
    );
    let (hold, money) = (held.hold_id, Some(won(45)));
    let capture = CaptureHold { hold, money, destination: None, is_final: true, reference: None };
    posted(&till.client.outcome(member(2), "capture", Command::CaptureHold(capture)).await);
    posted(&till.client.outcome(member(1), "u", transfer(till.payer, till.shop, 55)).await);
}

#[tokio::test]
async fn every_answer_is_given_again_from_the_log_and_from_memory() {
    let few = |options: &mut application::ExecutorOptions| options.cached_answers = 1;
    let till = Till::on(TestClient::on(Arc::default(), "server-0", few)).await;
    let steps = [
        (member(1), "i", issue(code(2), till.payer, Some(won(50)))),
        (member(1), "j", issue(code(3), till.payer, None)),
        (service(7), "p", pay(code(2), till.shop, 50)),
        (service(7), "q", pay(code(2), till.shop, 50)),
        (service(7), "r", pay(code(3), till.shop, 500)),
        (service(7), "h", hold(code(3), till.shop, 5)),
        (service(7), "s", hold(code(3), till.shop, 5)),
        (service(7), "t", pay(code(8), till.shop, 5)),
    ];
    let mut first = Vec::new();
    for (actor, key, command) in &steps {
        first.push(till.client.outcome(*actor, key, command.clone()).await);
    }
    let written = till.client.log.commits().len();
    let other = TestClient::on(till.client.log.clone(), "server-1", |_| {});
    for client in [&till.client, &other] {
        for ((actor, key, command), first) in steps.iter().zip(&first) {
            let again = client.ask(*actor, key, command.clone()).await.expect("an answer");
            assert!(again.replayed, "{key}");
            assert_eq!(again.answer.as_ref(), first, "{key}");
        }
    }
    assert_eq!(till.client.log.commits().len(), written, "nothing was written twice");
}

#[tokio::test]
async fn who_is_given_a_code() {
    let till = Till::new().await;
    let foreign = till.client.ask(member(2), "foreign", issue(code(5), till.payer, None)).await;
    assert_eq!(foreign.unwrap_err(), ExecuteError::NotOwner);
    let nobody = AccountId::new(Uuid::from_u128(404));
    for (key, source, max, expected) in [
        ("nobody", nobody, None, "account-unknown"),
        ("nothing", till.payer, Some(won(0)), "amount-not-positive"),
        ("euros", till.payer, Some(Money { asset: eur(), ..won(1) }), "asset-mismatch"),
    ] {
        assert_eq!(refused(&till.client.outcome(member(1), key, issue(code(5), source, max)).await), expected, "{key}");
    }
    // A code of an account that was closed since.
    let empty = till.client.open(member(1), "empty").await;
    issued(&till.client.outcome(member(1), "c", issue(code(6), empty, None)).await);
    let close = Command::CloseAccount(CloseAccount { account: empty, reason: None });
    till.client.outcome(member(1), "close", close).await;
    assert_eq!(refused(&till.charge("closed", pay(code(6), till.shop, 1)).await), "account-closed");
    assert_eq!(refused(&till.client.outcome(member(1), "d", issue(code(7), empty, None)).await), "account-closed");
}

#[tokio::test]
async fn a_reference_can_be_unique() {
    let till = Till::new().await;
    for (key, number) in [("i", 2), ("j", 3), ("k", 4)] {
        till.client.outcome(member(1), key, issue(code(number), till.payer, None)).await;
    }
    let once =
        |number, hold| Command::Charge(Charge { unique_reference: true, hold, ..charge(code(number), till.shop, 10) });
    let taken_by = |outcome: &Outcome| -> Option<TransferId> {
        let Outcome::Refused(no) = outcome else { panic!("{outcome:?}") };
        assert_eq!(no.refusal.code, "reference-taken");
        no.refusal.taken_by
    };
    // A hold does not use it, and neither does a charge that is refused.
    assert!(matches!(till.charge("hold", once(1, true)).await, Outcome::HoldPlaced(_)));
    assert_eq!(refused(&till.charge("wrong", once(9, false)).await), "payment-code-invalid");
    let first = posted(&till.charge("first", once(2, false)).await);
    assert_eq!(taken_by(&till.charge("second", once(3, false)).await), Some(first));
    assert_eq!(taken_by(&till.charge("hold too", once(3, true)).await), Some(first));
    // Asked again with a code that is used by now: what it was used for is told all the same.
    assert_eq!(taken_by(&till.charge("again", once(2, false)).await), Some(first));
    // It is unique to who asks.
    posted(&till.client.outcome(service(8), "other", once(3, false)).await);
    posted(&till.charge("without", pay(code(4), till.shop, 10)).await);
}
