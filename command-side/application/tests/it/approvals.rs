//! Two pairs of eyes: what waits, who approves it, and that it is done once, in the commit that says so.

use application::{
    AddOperator, ApprovalAnswer, ApprovalStatus, ApprovalVerdict, Command, DecideApproval, ExecuteError,
    FreezeAccounts, IssuePartnerKey, OperatorAct, Outcome, PresentedToken, PromoteView, Reverse, SetRate,
    SwitchOperator,
};
use chrono::TimeDelta;
use events::recorded::FreezeScope;
use kernel::{
    AccountId, Actor, ApprovalId, ApprovalKind, ApprovalKinds, MemberId, OperatorId, OperatorRole, PartnerId, Role,
    Scope, TransferId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{TestClient, member, operator, posted, refused, submission, transfer};

/// A bank with two members and some operators with accounts.
pub struct Bank {
    pub client: TestClient,
    pub staff: Vec<OperatorId>,
    accounts: [AccountId; 2],
}

fn actor(operator: OperatorId) -> Actor {
    Actor { role: Role::Operator, id: MemberId::new(operator.uuid()) }
}

pub fn reverse(transfer: TransferId) -> Command {
    Command::Reverse(Reverse { transfer, reason: "paid twice".into() })
}

fn decide(approval: ApprovalId, verdict: ApprovalVerdict) -> Command {
    Command::DecideApproval(DecideApproval { approval, verdict })
}

pub fn approve(approval: ApprovalId) -> Command {
    decide(approval, ApprovalVerdict::Approve)
}

async fn acting(client: &TestClient, who: OperatorId, key: &str, command: Command) -> Result<Outcome, ExecuteError> {
    let mut submission = submission(actor(who), key, command);
    submission.meta.token = Some(PresentedToken { subject: actor(who).id, session: Some(Uuid::from_u128(0x5e55)) });
    submission.act = Some(OperatorAct { reason: format!("because of {key}").into(), from: None });
    client.bank.execute(submission).await.map(|answer| (*answer.answer).clone())
}

impl Bank {
    /// With operators of these roles.
    pub async fn with(roles: &[OperatorRole]) -> Self {
        let client = TestClient::new();
        let accounts = [client.funded("one", 1000).await, client.open(member(2), "two").await];
        let mut staff = Vec::new();
        for (number, role) in roles.iter().enumerate() {
            let name = format!("operator-{number}");
            let add = AddOperator { name: name.parse().expect("a name"), role: *role, reason: None };
            match client.outcome(operator(), &name, Command::AddOperator(add)).await {
                Outcome::OperatorAdded(added) => staff.push(added.operator_id),
                other => panic!("{other:?}"),
            }
        }
        Self { client, staff, accounts }
    }

    pub async fn paid(&self, key: &str) -> TransferId {
        let [from, to] = self.accounts;
        posted(&self.client.outcome(member(1), key, transfer(from, to, 10)).await)
    }

    pub async fn acting(&self, who: usize, key: &str, command: Command) -> Result<Outcome, ExecuteError> {
        acting(&self.client, self.staff[who], key, command).await
    }

    /// Asks, and gives what waits.
    pub async fn ask(&self, who: usize, key: &str, command: Command) -> ApprovalAnswer {
        match self.acting(who, key, command).await.expect("an answer") {
            Outcome::ApprovalRequested(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    /// What came of a decision.
    pub async fn decided(&self, who: usize, key: &str, command: Command) -> ApprovalAnswer {
        match self.acting(who, key, command).await.expect("an answer") {
            Outcome::ApprovalDecided(decided) => decided,
            other => panic!("{other:?}"),
        }
    }

    /// The types of the events of the last commit, and what the last of them says.
    pub fn last(&self) -> (Vec<String>, Value) {
        let commit = self.client.log.commits().pop().expect("a commit");
        let payload = serde_json::from_str(commit.events.last().expect("an event").payload.get()).expect("json");
        (commit.events.iter().map(|event| event.event_type.clone()).collect(), payload)
    }
}

const TWO: [OperatorRole; 2] = [OperatorRole::Operator, OperatorRole::Admin];

#[tokio::test]
async fn what_waits_is_done_in_the_commit_that_approves_it() {
    let bank = Bank::with(&TWO).await;
    let paid = bank.paid("pay").await;
    let asked = bank.ask(0, "ask", reverse(paid)).await;
    assert_eq!((asked.status, asked.action), (ApprovalStatus::Pending, ApprovalKind::Reversal));
    assert_eq!((asked.requested_by, asked.requested_by_name.as_str()), (bank.staff[0], "operator-0"));
    assert!(asked.expires_at - bank.client.log.now() > TimeDelta::hours(23));
    assert_eq!(bank.last().0, ["ApprovalRequested", "OperatorActed"]);
    assert_eq!(bank.client.log.count("TransferReversed"), 0);
    // Asked again under the same key, it is the same; and so when it is done.
    assert_eq!(bank.ask(0, "ask", reverse(paid)).await, asked);
    let done = bank.decided(1, "approve", approve(asked.approval_id)).await;
    assert_eq!(done.status, ApprovalStatus::Approved);
    assert_eq!(done.decided_by, Some((bank.staff[1], "operator-1".to_owned())));
    let (types, act) = bank.last();
    let moved = ["TransferReversed", "TransferPosted", "AccountDebited", "AccountCredited"];
    assert_eq!(types, [&moved[..], &["ApprovalGranted", "OperatorActed"]].concat());
    assert_eq!(
        act,
        json!({
            "operator": bank.staff[0], "name": "operator-0", "session": Uuid::from_u128(0x5e55), "reason": "because of ask",
            "action": "TransferReversed", "subject": paid,
            "approval": {"approval_id": asked.approval_id, "approver": bank.staff[1], "approver_name": "operator-1"},
        })
    );
    let written = bank.client.log.commits().len();
    assert_eq!(bank.ask(0, "ask", reverse(paid)).await, asked);
    assert_eq!(bank.decided(1, "approve", approve(asked.approval_id)).await, done);
    assert_eq!(bank.client.log.commits().len(), written);
    for (key, verdict) in [("again", ApprovalVerdict::Approve), ("no", ApprovalVerdict::Reject)] {
        let over = bank.acting(1, key, decide(asked.approval_id, verdict)).await.expect("an answer");
        assert_eq!(refused(&over), "approval-over");
    }
}

/// However many approve at once, on however many servers: it is done once.
#[tokio::test]
async fn many_approvers_at_once_do_it_once() {
    for approvers in 2..=6 {
        let roles = vec![OperatorRole::Operator; approvers + 1];
        let bank = Bank::with(&roles).await;
        let paid = bank.paid("pay").await;
        let asked = bank.ask(0, "ask", reverse(paid)).await;
        let servers: Vec<_> = (0..approvers)
            .map(|number| TestClient::on(bank.client.log.clone(), &format!("server-{}", number % 2 + 1), |_| {}))
            .collect();
        let mut running = tokio::task::JoinSet::new();
        for (number, server) in servers.into_iter().enumerate() {
            let (who, approval) = (bank.staff[number + 1], asked.approval_id);
            running.spawn(async move { acting(&server, who, "approve", approve(approval)).await });
        }
        let outcomes = running.join_all().await;
        let done = |outcome: &&Result<Outcome, ExecuteError>| matches!(outcome, Ok(Outcome::ApprovalDecided(_)));
        let over = |outcome: &&Result<Outcome, ExecuteError>| matches!(outcome, Ok(Outcome::Refused(refused)) if refused.refusal.code == "approval-over");
        let counts = (outcomes.iter().filter(done).count(), outcomes.iter().filter(over).count());
        assert_eq!(counts, (1, approvers - 1), "{outcomes:?}");
        assert_eq!(bank.client.log.count("TransferReversed"), 1);
        assert_eq!(bank.client.log.count("ApprovalGranted"), 1);
    }
}

#[tokio::test]
async fn who_asked_withdraws_and_another_who_may_decides() {
    let bank = Bank::with(&[OperatorRole::Operator, OperatorRole::Admin, OperatorRole::Support]).await;
    let asked = bank.ask(0, "ask", reverse(bank.paid("pay").await)).await.approval_id;
    let written = bank.client.log.commits().len();
    let nobody = ApprovalId::new(Uuid::from_u128(5));
    for (who, key, command, error) in [
        (0, "own", approve(asked), ExecuteError::ApprovalOwn),
        (0, "own no", decide(asked, ApprovalVerdict::Reject), ExecuteError::ApprovalOwn),
        (1, "theirs", decide(asked, ApprovalVerdict::Withdraw), ExecuteError::ApprovalNotOwn),
        (2, "low", approve(asked), ExecuteError::OperatorRoleMissing(OperatorRole::Operator)),
        (
            2,
            "low no",
            decide(asked, ApprovalVerdict::Reject),
            ExecuteError::OperatorRoleMissing(OperatorRole::Operator),
        ),
        (1, "unknown", approve(nobody), ExecuteError::ApprovalUnknown),
    ] {
        assert_eq!(bank.acting(who, key, command).await.expect_err(key), error, "{key}");
    }
    // A token that no account stands behind is nobody's second pair of eyes.
    let error = bank.client.ask(operator(), "token", approve(asked)).await.expect_err("no account");
    assert_eq!(error, ExecuteError::NoOperatorAccount);
    assert_eq!(bank.client.log.commits().len(), written, "nothing of it is recorded");
    let rejected = bank.decided(1, "no", decide(asked, ApprovalVerdict::Reject)).await;
    assert_eq!(
        (rejected.status, rejected.decided_by),
        (ApprovalStatus::Rejected, Some((bank.staff[1], "operator-1".into())))
    );
    let asked = bank.ask(0, "again", reverse(bank.paid("pay again").await)).await.approval_id;
    let withdrawn = bank.decided(0, "back", decide(asked, ApprovalVerdict::Withdraw)).await;
    assert_eq!((withdrawn.status, withdrawn.decided_by), (ApprovalStatus::Withdrawn, None));
    assert_eq!(bank.last().0, ["ApprovalWithdrawn", "OperatorActed"]);
    let over = bank.acting(1, "late", approve(asked)).await.expect("an answer");
    assert_eq!(refused(&over), "approval-over");
}

#[tokio::test]
async fn its_time_is_over_by_the_clock_of_the_log() {
    let bank = Bank::with(&TWO).await;
    let asked = bank.ask(0, "ask", reverse(bank.paid("pay").await)).await.approval_id;
    bank.client.log.pass(TimeDelta::hours(25));
    let over = bank.acting(1, "late", approve(asked)).await.expect("an answer");
    assert_eq!(refused(&over), "approval-over");
    assert_eq!(bank.client.log.count("TransferReversed"), 0);
    // Whoever was disabled asks for nothing any more.
    let asked = bank.ask(0, "again", reverse(bank.paid("pay again").await)).await.approval_id;
    let disable = SwitchOperator { operator: bank.staff[0], enable: false, reason: None };
    bank.client.outcome(operator(), "disable", Command::SwitchOperator(disable)).await;
    let over = bank.acting(1, "approve", approve(asked)).await.expect("an answer");
    assert_eq!(refused(&over), "approval-over");
}

#[tokio::test]
async fn what_a_rule_refuses_is_refused_when_it_is_asked_for_and_when_it_is_approved() {
    let bank = Bank::with(&TWO).await;
    let paid = bank.paid("pay").await;
    let asked = bank.ask(0, "ask", reverse(paid)).await.approval_id;
    // Who has no account does it at once.
    posted(&bank.client.outcome(operator(), "by hand", reverse(paid)).await);
    let refusal = bank.decided(1, "approve", approve(asked)).await;
    assert_eq!((refusal.status, refusal.refused.as_deref()), (ApprovalStatus::Refused, Some("already-reversed")));
    assert_eq!(bank.last().0, ["CommandRefused", "ApprovalGranted", "OperatorActed"]);
    let at_once = bank.acting(0, "ask again", reverse(paid)).await.expect("an answer");
    assert_eq!(refused(&at_once), "already-reversed");
    assert_eq!(bank.client.log.count("ApprovalRequested"), 1);
    let unknown = bank.acting(0, "nothing", reverse(TransferId::new(Uuid::from_u128(4)))).await;
    assert_eq!(unknown.expect_err("unknown"), ExecuteError::TransferUnknown);
}

#[tokio::test]
async fn the_bank_may_be_set_not_to_ask() {
    let bank = Bank::with(&TWO).await;
    let lax = TestClient::on(bank.client.log.clone(), "server-1", |options| {
        options.approvals.kinds = "rates".parse::<ApprovalKinds>().expect("kinds");
    });
    let paid = bank.paid("pay").await;
    posted(&acting(&lax, bank.staff[0], "alone", reverse(paid)).await.expect("an answer"));
    assert_eq!(bank.last().1["unapproved"], true);
    let rate = SetRate {
        from: "EUR".parse().expect("a code"),
        to: "KRW".parse().expect("a code"),
        rate: "1500".parse().expect("a rate"),
        spread_bps: 0,
        valid_for: 60,
    };
    let asked = acting(&lax, bank.staff[1], "rate", Command::SetRate(rate)).await.expect("an answer");
    assert!(matches!(asked, Outcome::ApprovalRequested(_)), "{asked:?}");
}

#[tokio::test]
async fn many_accounts_are_frozen_or_none() {
    let bank = Bank::with(&[OperatorRole::Support, OperatorRole::Support]).await;
    let [first, second] = bank.accounts;
    let third = bank.client.open(member(3), "three").await;
    let freeze = |accounts: &[AccountId], scope| {
        Command::FreezeAccounts(FreezeAccounts { accounts: accounts.to_vec(), scope, reason: Some("order".into()) })
    };
    let unknown = AccountId::new(Uuid::from_u128(4));
    let refusal = bank.acting(0, "unknown", freeze(&[first, unknown], FreezeScope::All)).await.expect("an answer");
    assert_eq!(refused(&refusal), "account-unknown");
    assert_eq!(bank.client.log.count("AccountFrozen"), 0);
    let asked = bank.ask(0, "ask", freeze(&[first, second], FreezeScope::Debits)).await;
    assert_eq!(asked.action, ApprovalKind::FreezeMany);
    bank.decided(1, "approve", approve(asked.approval_id)).await;
    assert_eq!(bank.last().0, ["AccountFrozen", "AccountFrozen", "ApprovalGranted", "OperatorActed"]);
    // Frozen so before: it stays as it is.
    let again = bank.client.outcome(operator(), "more", freeze(&[first, third], FreezeScope::Debits)).await;
    let Outcome::ManyFrozen(frozen) = again else { panic!("{again:?}") };
    assert_eq!((frozen.frozen, frozen.unchanged), (vec![third], 1));
    let idle = bank.client.outcome(operator(), "idle", freeze(&[first, third], FreezeScope::Debits)).await;
    let Outcome::ManyFrozen(frozen) = idle else { panic!("{idle:?}") };
    assert_eq!((frozen.frozen, frozen.unchanged), (vec![], 2));
}

/// The key has the id that its secret was made for: that of the request, whoever approves it.
#[tokio::test]
async fn a_key_of_a_partner_has_the_id_of_the_request() {
    let bank = Bank::with(&[OperatorRole::Admin, OperatorRole::Admin]).await;
    let create = Command::CreatePartner(application::CreatePartner { name: "Hangang Coffee".into() });
    let Outcome::PartnerCreated(partner) = bank.client.outcome(operator(), "partner", create).await else {
        panic!("no partner")
    };
    let issue = |partner: PartnerId| {
        let (scopes, digest) = (vec![Scope::AccountsRead], "ab".repeat(32));
        Command::IssuePartnerKey(IssuePartnerKey { partner, key: None, scopes, expires_at: None, digest })
    };
    let asked = bank.ask(0, "key", issue(partner.partner_id)).await;
    let key = submission(actor(bank.staff[0]), "key", issue(partner.partner_id)).meta.command_id.partner_key();
    bank.decided(1, "approve", approve(asked.approval_id)).await;
    let commit = bank.client.log.commits().pop().expect("a commit");
    assert_eq!((commit.events[0].event_type.as_str(), commit.events[0].stream), ("PartnerKeyIssued", key.into()));
    let unknown = bank.acting(0, "no partner", issue(PartnerId::new(Uuid::from_u128(4)))).await;
    assert_eq!(unknown.expect_err("unknown"), ExecuteError::PartnerUnknown);
}

/// A promotion of a view that differs.
fn promote() -> Command {
    let (view, fingerprint) = ("accounts".to_owned(), "ab".repeat(16));
    Command::PromoteView(PromoteView { view, generation: 2, differences: 7, fingerprint })
}

#[tokio::test]
async fn a_promotion_is_approved_and_left_to_the_projector() {
    let bank = Bank::with(&[OperatorRole::Operator, OperatorRole::Operator, OperatorRole::Support]).await;
    // Who has no account is not asked, and nothing is recorded.
    let written = bank.client.log.commits().len();
    assert_eq!(bank.client.outcome(operator(), "by hand", promote()).await, Outcome::Idle);
    assert_eq!(bank.client.log.commits().len(), written);
    let asked = bank.ask(0, "ask", promote()).await;
    assert_eq!((asked.status, asked.action), (ApprovalStatus::Pending, ApprovalKind::Promotion));
    assert_eq!(bank.ask(0, "ask", promote()).await, asked);
    let own = bank.acting(0, "own", approve(asked.approval_id)).await.expect_err("own");
    assert_eq!(own, ExecuteError::ApprovalOwn);
    let low = bank.acting(2, "low", approve(asked.approval_id)).await.expect_err("low");
    assert_eq!(low, ExecuteError::OperatorRoleMissing(OperatorRole::Operator));
    let done = bank.decided(1, "approve", approve(asked.approval_id)).await;
    assert_eq!((done.status, done.refused), (ApprovalStatus::Approved, None));
    let (types, act) = bank.last();
    assert_eq!(types, ["ApprovalGranted", "OperatorActed"]);
    assert_eq!((&act["name"], &act["approval"]["approver_name"]), (&json!("operator-0"), &json!("operator-1")));
    let over = bank.acting(1, "again", approve(asked.approval_id)).await.expect("an answer");
    assert_eq!(refused(&over), "approval-over");
    // The bank may be set not to ask.
    let lax = TestClient::on(bank.client.log.clone(), "server-1", |options| {
        options.approvals.kinds = ApprovalKinds::none();
    });
    assert_eq!(acting(&lax, bank.staff[0], "alone", promote()).await.expect("an answer"), Outcome::Idle);
}

#[tokio::test]
async fn what_is_below_the_level_waits_for_nobody() {
    let bank = Bank::with(&TWO).await;
    let set = |reversals: &str, freezes: usize| {
        let limits = reversals.parse().expect("limits");
        TestClient::on(bank.client.log.clone(), "server-1", |options| {
            options.approvals.reversals_above = limits;
            options.approvals.freezes_above = freezes;
        })
    };
    // A payment is of 10 won.
    for (level, is_asked) in [("KRW:10", false), ("KRW:9", true), ("EUR:10", true), ("", true)] {
        let paid = bank.paid(&format!("pay {level}")).await;
        let server = set(level, 0);
        let outcome = acting(&server, bank.staff[0], &format!("reverse {level}"), reverse(paid)).await;
        let outcome = outcome.expect("an answer");
        assert_eq!(matches!(outcome, Outcome::ApprovalRequested(_)), is_asked, "{level}: {outcome:?}");
        if !is_asked {
            posted(&outcome);
            assert_eq!(bank.last().1["unapproved"], true, "the act says that nobody was asked");
        }
    }
    let freeze = || {
        let (accounts, scope) = (bank.accounts.to_vec(), FreezeScope::Debits);
        Command::FreezeAccounts(FreezeAccounts { accounts, scope, reason: Some("order".into()) })
    };
    let asked = acting(&set("", 1), bank.staff[0], "two of one", freeze()).await.expect("an answer");
    assert!(matches!(asked, Outcome::ApprovalRequested(_)), "{asked:?}");
    let frozen = acting(&set("", 2), bank.staff[0], "two of two", freeze()).await.expect("an answer");
    assert!(matches!(frozen, Outcome::ManyFrozen(_)), "{frozen:?}");
}
