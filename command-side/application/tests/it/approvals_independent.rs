//! Two pairs of eyes are those of two people, as far as the log can tell.

use application::{
    AddOperator, ApprovalStatus, Command, ExecuteError, Outcome, ResetOperator, SetOperatorRole, SwitchOperator,
};
use chrono::TimeDelta;
use kernel::{ApprovalId, OperatorId, OperatorRole};

use crate::{
    approvals::{Bank, approve, reverse},
    client::operator,
};

impl Bank {
    /// An operator of the bank adds another one, who gets the next number.
    async fn adds(&mut self, who: usize, name: &str, role: OperatorRole) {
        let add = AddOperator { name: name.parse().expect("a name"), role, reason: None };
        match self.acting(who, name, Command::AddOperator(add)).await.expect("an answer") {
            Outcome::OperatorAdded(added) => self.staff.push(added.operator_id),
            other => panic!("{other:?}"),
        }
    }

    /// An operator asks for a reversal.
    async fn asks(&self, who: usize, key: &str) -> ApprovalId {
        let paid = self.paid(&format!("pay for {key}")).await;
        self.ask(who, key, reverse(paid)).await.approval_id
    }

    /// An operator must not approve, and nothing is written.
    async fn must_not(&self, who: usize, key: &str, approval: ApprovalId) {
        let written = self.client.log.commits().len();
        let error = self.acting(who, key, approve(approval)).await.expect_err(key);
        assert_eq!(error, ExecuteError::ApprovalNotIndependent, "{key}");
        assert_eq!(self.client.log.commits().len(), written, "{key}");
    }

    async fn approves(&self, who: usize, key: &str, approval: ApprovalId) {
        let done = self.decided(who, key, approve(approval)).await;
        assert_eq!(done.status, ApprovalStatus::Approved, "{key}");
    }
}

/// What lets an operator in, each with a name.
fn ways_in(operator: OperatorId) -> [(&'static str, Vec<Command>); 3] {
    let switch = |enable| Command::SwitchOperator(SwitchOperator { operator, enable, reason: None });
    let role = OperatorRole::Admin;
    [
        ("reset", vec![Command::ResetOperator(ResetOperator { operator, reason: None })]),
        ("role", vec![Command::SetOperatorRole(SetOperatorRole { operator, role, reason: None })]),
        ("enable", vec![switch(false), switch(true)]),
    ]
}

const THREE: [OperatorRole; 3] = [OperatorRole::Admin, OperatorRole::Operator, OperatorRole::Operator];

#[tokio::test]
async fn nobody_approves_for_whoever_added_them() {
    let mut bank = Bank::with(&THREE).await;
    bank.adds(0, "puppet", OperatorRole::Admin).await;
    let asked = bank.asks(0, "ask").await;
    bank.must_not(3, "own puppet", asked).await;
    // Whom the signing key added may.
    bank.approves(1, "another", asked).await;
    // The other way round it is one person as well.
    let asked = bank.asks(3, "ask as the puppet").await;
    bank.must_not(0, "own request", asked).await;
    bank.approves(1, "another again", asked).await;
    // Somebody else's request is theirs to look at.
    let asked = bank.asks(1, "ask as another").await;
    bank.approves(3, "puppet for another", asked).await;
}

#[tokio::test]
async fn nobody_approves_for_whoever_let_them_in() {
    for index in 0..3 {
        let bank = Bank::with(&THREE).await;
        let (name, commands) = ways_in(bank.staff[1])[index].clone();
        for (number, command) in commands.into_iter().enumerate() {
            bank.acting(0, &format!("{name} {number}"), command).await.expect("an answer");
        }
        let asked = bank.asks(0, "ask").await;
        bank.must_not(1, name, asked).await;
        bank.approves(2, "another", asked).await;
        // Once an approval could not wait for so long, it is over.
        bank.client.log.pass(TimeDelta::hours(25));
        let asked = bank.asks(0, "ask later").await;
        bank.approves(1, "later", asked).await;
    }
}

#[tokio::test]
async fn what_the_signing_key_did_and_a_disabling_do_not_count() {
    for index in 0..3 {
        let bank = Bank::with(&THREE).await;
        let (name, commands) = ways_in(bank.staff[1])[index].clone();
        for (number, command) in commands.into_iter().enumerate() {
            bank.client.outcome(operator(), &format!("{name} {number}"), command).await;
        }
        let asked = bank.asks(0, "ask").await;
        bank.approves(1, name, asked).await;
    }
    let bank = Bank::with(&THREE).await;
    let switch = |enable| SwitchOperator { operator: bank.staff[1], enable, reason: None };
    bank.acting(0, "disable", Command::SwitchOperator(switch(false))).await.expect("an answer");
    bank.client.outcome(operator(), "enable", Command::SwitchOperator(switch(true))).await;
    let asked = bank.asks(0, "ask").await;
    bank.approves(1, "approve", asked).await;
}

/// By way of others, two who were added by one, and one who had another one write over who added them.
#[tokio::test]
async fn one_who_is_behind_both_is_not_two() {
    let mut bank = Bank::with(&THREE).await;
    bank.adds(0, "first-puppet", OperatorRole::Admin).await;
    bank.adds(0, "second-puppet", OperatorRole::Admin).await;
    bank.adds(3, "puppet-of-first", OperatorRole::Admin).await;
    for (number, (asks, approves)) in [(0, 5), (5, 0), (3, 4), (4, 5)].into_iter().enumerate() {
        let asked = bank.asks(asks, &format!("ask {number}")).await;
        bank.must_not(approves, &format!("approve {number}"), asked).await;
    }
    // They let each other in, and themselves.
    for (by, whom) in [(3, 4), (4, 3), (3, 3), (4, 4)] {
        let operator = bank.staff[whom];
        for role in [OperatorRole::Operator, OperatorRole::Admin] {
            let set = SetOperatorRole { operator, role, reason: None };
            // Nobody's own role can be set to less and back by themselves.
            if by == whom && role == OperatorRole::Operator {
                continue;
            }
            let key = format!("{by} sets {whom} {role}");
            bank.acting(by, &key, Command::SetOperatorRole(set)).await.expect("an answer");
        }
        let reset = ResetOperator { operator, reason: None };
        bank.acting(by, &format!("{by} resets {whom}"), Command::ResetOperator(reset)).await.expect("an answer");
    }
    let asked = bank.asks(0, "ask at last").await;
    bank.must_not(3, "approve at last", asked).await;
    bank.must_not(4, "or so", asked).await;
    bank.approves(2, "independent", asked).await;
}
