//! Each call to the outside, and everything that can be wrong with it: where the process ends, what its steps come to, and that both books
//! say the same.

use domain::process::{StepKind, kind_of, steps_of};
use events::recorded::{ProcessKind, ProcessStep};
use harness::LocalProviders;
use serde_json::{Value, json};

use crate::{
    outside::{control, heal, once, steps},
    outside_kinds::{FUNDS, QUICK, Verdict, books_agree, path, provider, request},
    support::{ALL, Answer, TestApp, TestClient, fresh_key, people::post, verify},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_ends_as_it_should_whatever_is_wrong_with_a_call() {
    each_case_of(ProcessKind::TopUp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_payout_ends_as_it_should_whatever_is_wrong_with_a_call() {
    each_case_of(ProcessKind::BankPayout).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_card_ends_as_it_should_whatever_is_wrong_with_a_call() {
    each_case_of(ProcessKind::GiftCard).await;
}

/// What a provider does wrong, and the code that it leaves at the step: at a call that is carried out or asked for, and at one that takes
/// something back.
fn troubles() -> Vec<(Value, &'static str, &'static str)> {
    let wrong = |how: &str| json!({"wrong": 2, "wrong_how": how});
    vec![
        (json!({"fail": 2}), "not-carried-out", "not-carried-out"),
        (json!({"broken": 2}), "outcome-unknown", "outcome-unknown"),
        (json!({"lost": 2}), "outcome-unknown", "outcome-unknown"),
        (json!({"timeout": 1}), "outcome-unknown", "outcome-unknown"),
        (json!({"twice": 2}), "", ""),
        (json!({"late": 1, "late_ms": 200}), "", ""),
        // What was taken back has no amount that would count.
        (wrong("amount"), "contradiction", ""),
        (wrong("key"), "contradiction", "contradiction"),
        (wrong("state"), "contradiction", "contradiction"),
        (wrong("refusal"), "contradiction", "contradiction"),
    ]
}

/// A process, what is wrong, and what comes of it.
struct Case {
    verdict: Verdict,
    /// How long a payout takes to settle.
    settle_ms: u64,
    trouble: Value,
    /// With directions the first call is carried out and never answered. Then it is stuck; the trouble begins, and operators have it go on like
    /// this, each time that it is stuck. Without, the trouble is there from the beginning.
    directions: Vec<&'static str>,
    state: &'static str,
    steps: Vec<String>,
}

impl Case {
    fn new(trouble: Value, directions: &[&'static str], state: &'static str, steps: &[&str]) -> Self {
        // A step without an error has no code.
        let steps = steps.iter().map(|step| step.trim_end().to_owned()).collect();
        Self { verdict: Verdict::Done, settle_ms: 0, trouble, directions: directions.to_vec(), state, steps }
    }

    /// A call in trouble for a while: in the end it is what it would have been.
    fn for_a_while(kind: ProcessKind, step: ProcessStep, (trouble, asked, undone): &(Value, &str, &str)) -> Self {
        let asked = format!("{} done {asked}", step.as_str());
        let case =
            |directions: &[&'static str], state, steps: &[&str]| Self::new(trouble.clone(), directions, state, steps);
        match step {
            ProcessStep::Confirm => case(&[], "done", &[asked.as_str(), "credit done"]),
            ProcessStep::Submit => case(&[], "done", &["hold done", asked.as_str(), "settle done", "capture done"]),
            ProcessStep::Settle => {
                let steps = ["hold done", "submit skipped outcome-unknown", asked.as_str(), "capture done"];
                case(&["skip"], "done", &steps)
            }
            ProcessStep::Issue => case(&[], "done", &["hold done", asked.as_str(), "capture done"]),
            ProcessStep::Cancel => {
                // A late answer of a bank waits until the payout would have settled, which is too long.
                let is_too_late = kind == ProcessKind::BankPayout && trouble.get("late").is_some();
                let undone = if is_too_late { "outcome-unknown" } else { *undone };
                let cancel = format!("cancel done {undone}");
                let case = case(&["compensate"], "compensated", &taken_back(kind, &cancel));
                Self { settle_ms: 60_000, ..case }
            }
            ProcessStep::Hold | ProcessStep::Credit | ProcessStep::Capture | ProcessStep::Release => {
                panic!("{} asks nobody", step.as_str())
            }
        }
    }
}

/// The steps of a process whose first call was not answered, and that is taken back.
fn taken_back(kind: ProcessKind, cancel: &str) -> Vec<&str> {
    match kind {
        ProcessKind::TopUp => vec!["confirm failed outcome-unknown", cancel],
        ProcessKind::BankPayout => vec!["hold done", "submit failed outcome-unknown", cancel, "release done"],
        ProcessKind::GiftCard => vec!["hold done", "issue failed outcome-unknown", cancel, "release done"],
    }
}

/// A provider that forgets every key, as after a restart without memory. What it is asked for again it does again: its book is the new one.
fn forgotten(kind: ProcessKind) -> Vec<Case> {
    let forget = || json!({"forget": true});
    let back = Case::new(forget(), &["compensate"], "compensated", &taken_back(kind, "cancel done"));
    let back = Case { settle_ms: 60_000, ..back };
    let again = |steps: &[&str]| Case::new(forget(), &["retry"], "done", steps);
    match kind {
        ProcessKind::TopUp => vec![back, again(&["confirm done outcome-unknown", "credit done"])],
        ProcessKind::GiftCard => vec![back, again(&["hold done", "issue done outcome-unknown", "capture done"])],
        ProcessKind::BankPayout => {
            let again = again(&["hold done", "submit done outcome-unknown", "settle done", "capture done"]);
            // What was accepted and is unknown now is not submitted once more by itself.
            let steps = [
                "hold done",
                "submit skipped outcome-unknown",
                "settle failed not-found",
                "cancel done",
                "release done",
            ];
            vec![back, again, Case::new(forget(), &["skip", "compensate"], "compensated", &steps)]
        }
    }
}

/// What a provider says rightly: no, and that it is too late to take something back.
fn decided(kind: ProcessKind) -> Vec<Case> {
    let refused = |steps: &[&str]| {
        let case = Case::new(json!({}), &[], "compensated", steps);
        Case { verdict: Verdict::Refused, settle_ms: 200, ..case }
    };
    let kept = |steps: &[&str]| {
        let case = Case::new(json!({}), &["compensate"], "done", steps);
        Case { verdict: Verdict::Kept, ..case }
    };
    match kind {
        ProcessKind::TopUp => vec![refused(&["confirm refused card-refused"])],
        ProcessKind::BankPayout => vec![
            refused(&["hold done", "submit done", "settle refused returned", "release done"]),
            kept(&[
                "hold done",
                "submit failed outcome-unknown",
                "cancel refused settled",
                "settle done",
                "capture done",
            ]),
        ],
        ProcessKind::GiftCard => vec![
            refused(&["hold done", "issue refused sold-out", "release done"]),
            kept(&["hold done", "issue done outcome-unknown", "cancel refused used", "capture done"]),
        ],
    }
}

fn cases(kind: ProcessKind) -> Vec<Case> {
    let mut cases = Vec::new();
    for step in steps_of(kind).filter(|step| kind_of(*step) != StepKind::Money) {
        cases.extend(troubles().iter().map(|trouble| Case::for_a_while(kind, step, trouble)));
    }
    cases.extend(forgotten(kind));
    cases.extend(decided(kind));
    cases
}

async fn each_case_of(kind: ProcessKind) {
    let (mut app, providers) = TestApp::start_with_providers(&ALL, &QUICK).await;
    let operator = app.operator();
    for case in cases(kind) {
        let (owner, account) = app.funded_member(FUNDS).await;
        let started = case.start(kind, &providers, &owner, &request(kind, account, case.verdict)).await;
        let ended = case.end(kind, &providers, (&owner, &operator), started).await;
        let what = format!("{} after {:?}: {}", case.trouble, case.directions, ended.body);
        assert_eq!((ended.text("state").as_str(), steps(&ended)), (case.state, case.steps), "{what}");
        books_agree(&providers, kind, (&owner, account), &ended).await;
        heal(&providers, provider(kind)).await;
    }
    verify(app).await;
}

const STANDS: [&str; 3] = ["done", "compensated", "stuck"];

impl Case {
    async fn start(&self, kind: ProcessKind, providers: &LocalProviders, owner: &TestClient, body: &Value) -> Answer {
        control(providers, provider(kind), json!({"settle_ms": self.settle_ms})).await;
        let first = if self.directions.is_empty() { self.trouble.clone() } else { json!({"broken": 1_000}) };
        control(providers, provider(kind), first).await;
        post(owner, path(kind), &fresh_key(), body).await.expect(202)
    }

    async fn end(
        &self,
        kind: ProcessKind,
        providers: &LocalProviders,
        (owner, operator): (&TestClient, &TestClient),
        started: Answer,
    ) -> Answer {
        let mut seen = once(owner, &started, &STANDS).await;
        if !self.directions.is_empty() {
            let mut trouble = json!({"broken": 0});
            for (name, value) in self.trouble.as_object().unwrap() {
                trouble[name] = value.clone();
            }
            control(providers, provider(kind), trouble).await;
        }
        for direction in &self.directions {
            assert_eq!(seen.body["state"], "stuck", "before {direction}: {}", seen.body);
            let path = format!("/v1/processes/{}/{direction}", started.id("process_id"));
            let directed = post(operator, &path, &fresh_key(), &json!({"reason": "a test"})).await.expect(200);
            seen = once(owner, &directed, &STANDS).await;
        }
        seen
    }
}
