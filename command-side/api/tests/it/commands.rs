//! Every command of the bank over HTTP: how it is sent, by whom, and what the bank is then asked for. One table, from which
//! the tests of all commands are made.

use application::{
    CloseAccount, Command, CompoundTransfer, Deposit, Destination, FreezeAccount, OpenAccount, Payment, Reverse,
    TransferBatch, TransferOrder, UnfreezeAccount, Withdraw,
};
use kernel::{AccountId, Minor, Money, Role, TransferId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{DESTINATION, SOURCE, TRANSFER, booking, order, payment};

/// A command in good form.
pub struct Sample {
    /// The path template.
    pub route: &'static str,
    /// The id in the path, if it has one.
    pub id: Uuid,
    pub body: Value,
    /// The roles that may send it.
    pub roles: &'static [Role],
    /// What the bank is asked for.
    pub command: Command,
}

impl Sample {
    pub fn path(&self) -> String {
        self.route.replace("{id}", &self.id.to_string())
    }
}

const MEMBERS: &[Role] = &[Role::Member];
const OPERATORS: &[Role] = &[Role::Operator];
const MEMBERS_AND_OPERATORS: &[Role] = &[Role::Member, Role::Operator];
const OPERATORS_AND_SERVICES: &[Role] = &[Role::Operator, Role::Service];
const EVERYBODY: &[Role] = &[Role::Member, Role::Operator, Role::Service];

/// One of each.
pub fn samples() -> Vec<Sample> {
    of_accounts().into_iter().chain(of_transfers()).collect()
}

fn sample(route: &'static str, id: Uuid, body: Value, roles: &'static [Role], command: Command) -> Sample {
    Sample { route, id, body, roles, command }
}

fn money() -> Money {
    Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") }
}

fn of_accounts() -> Vec<Sample> {
    let (account, reason) = (AccountId::new(SOURCE), || Some("x".to_owned()));
    vec![
        sample(
            "/v1/accounts",
            Uuid::nil(),
            json!({"asset": "KRW"}),
            MEMBERS,
            Command::OpenAccount(OpenAccount { asset: money().asset }),
        ),
        sample(
            "/v1/accounts/{id}/close",
            SOURCE,
            json!({}),
            MEMBERS,
            Command::CloseAccount(CloseAccount { account, reason: None }),
        ),
        sample(
            "/v1/accounts/{id}/freeze",
            SOURCE,
            json!({"reason": "x"}),
            OPERATORS,
            Command::FreezeAccount(FreezeAccount { account, reason: reason() }),
        ),
        sample(
            "/v1/accounts/{id}/unfreeze",
            SOURCE,
            json!({"reason": "x"}),
            OPERATORS,
            Command::UnfreezeAccount(UnfreezeAccount { account, reason: reason() }),
        ),
    ]
}

fn of_transfers() -> Vec<Sample> {
    let (account, transfer, reference) = (AccountId::new(SOURCE), TransferId::new(TRANSFER), || "bank-17".to_owned());
    let ordered = || {
        let destination = Destination::Account(AccountId::new(DESTINATION));
        TransferOrder { source: account, destination, money: money(), memo: Some("rent".to_owned()) }
    };
    vec![
        sample(
            "/v1/deposits",
            Uuid::nil(),
            booking(),
            OPERATORS_AND_SERVICES,
            Command::Deposit(Deposit { account, money: money(), reference: reference() }),
        ),
        sample(
            "/v1/withdrawals",
            Uuid::nil(),
            booking(),
            OPERATORS_AND_SERVICES,
            Command::Withdraw(Withdraw { account, money: money(), reference: reference() }),
        ),
        sample("/v1/transfers", Uuid::nil(), order(), MEMBERS_AND_OPERATORS, Command::Transfer(ordered())),
        sample(
            "/v1/transfers/batch",
            Uuid::nil(),
            json!({"atomic": true, "transfers": [order()]}),
            OPERATORS_AND_SERVICES,
            Command::TransferBatch(TransferBatch { atomic: true, orders: vec![ordered()] }),
        ),
        sample(
            "/v1/transfers/compound",
            Uuid::nil(),
            json!({"postings": [payment()], "memo": "rent", "reference": "order-7"}),
            EVERYBODY,
            Command::CompoundTransfer(CompoundTransfer {
                payments: vec![Payment { source: account, destination: ordered().destination, money: money() }],
                memo: Some("rent".to_owned()),
                reference: Some("order-7".to_owned()),
            }),
        ),
        sample(
            "/v1/transfers/{id}/reverse",
            TRANSFER,
            json!({"reason": "x"}),
            OPERATORS,
            Command::Reverse(Reverse { transfer, reason: "x".to_owned() }),
        ),
    ]
}
