//! Every command of the bank over HTTP: how it is sent, by whom, and what the bank is then asked for. One table, from which
//! the tests of all commands are made.

use application::{
    CaptureHold, CloseAccount, Command, CompoundTransfer, Deposit, Destination, FixedSide, FreezeAccount, FreezeScope,
    IncreaseHold, OpenAccount, Payment, PlaceHold, QuoteExchange, ReleaseHold, Reverse, TransferBatch, TransferOrder,
    UnfreezeAccount, UseQuote, Withdraw,
};
use kernel::{AccountId, HoldId, Minor, Money, QuoteId, Role, TransferId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    more_commands,
    support::{DESTINATION, HOLD, PARTNER_KEY, SOURCE, TRANSFER, booking, hold_order, order, payment},
};

/// A command in good form.
pub struct Sample {
    pub method: &'static str,
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
        self.route
            .replace("{id}", &self.id.to_string())
            .replace("{name}", "daily")
            .replace("{key}", &PARTNER_KEY.to_string())
            .replace("{delivery}", &TRANSFER.to_string())
    }
}

pub const MEMBERS: &[Role] = &[Role::Member];
pub const OPERATORS: &[Role] = &[Role::Operator];
pub const MEMBERS_AND_OPERATORS: &[Role] = &[Role::Member, Role::Operator];
const OPERATORS_AND_SERVICES: &[Role] = &[Role::Operator, Role::Service];
/// Partners with the scope of the route are among these.
pub const CUSTOMERS: &[Role] = &[Role::Member, Role::Partner];
const PAYERS: &[Role] = &[Role::Member, Role::Operator, Role::Partner];
pub const PROGRAMS: &[Role] = &[Role::Operator, Role::Service, Role::Partner];
const EVERYBODY: &[Role] = &[Role::Member, Role::Operator, Role::Service, Role::Partner];

/// One of each.
pub fn samples() -> Vec<Sample> {
    let of_money = of_accounts().into_iter().chain(of_transfers()).chain(of_holds()).chain(of_exchanges());
    of_money.chain(more_commands::samples()).collect()
}

pub fn sample(route: &'static str, id: Uuid, body: Value, roles: &'static [Role], command: Command) -> Sample {
    Sample { method: "POST", route, id, body, roles, command }
}

pub fn money() -> Money {
    Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") }
}

fn of_accounts() -> Vec<Sample> {
    let (account, reason) = (AccountId::new(SOURCE), || Some("x".to_owned()));
    vec![
        sample(
            "/v1/accounts",
            Uuid::nil(),
            json!({"asset": "KRW"}),
            CUSTOMERS,
            Command::OpenAccount(OpenAccount { asset: money().asset }),
        ),
        sample(
            "/v1/accounts/{id}/close",
            SOURCE,
            json!({}),
            CUSTOMERS,
            Command::CloseAccount(CloseAccount { account, reason: None }),
        ),
        sample(
            "/v1/accounts/{id}/freeze",
            SOURCE,
            json!({"reason": "x", "scope": "debits"}),
            OPERATORS,
            Command::FreezeAccount(FreezeAccount { account, scope: FreezeScope::Debits, reason: reason() }),
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
            Command::Deposit(Deposit { account, money: money(), reference: reference(), unique_reference: false }),
        ),
        sample(
            "/v1/withdrawals",
            Uuid::nil(),
            booking(),
            OPERATORS_AND_SERVICES,
            Command::Withdraw(Withdraw { account, money: money(), reference: reference(), unique_reference: false }),
        ),
        sample("/v1/transfers", Uuid::nil(), order(), PAYERS, Command::Transfer(ordered())),
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

fn of_exchanges() -> Vec<Sample> {
    let (source, destination) = (AccountId::new(SOURCE), AccountId::new(DESTINATION));
    let fixed = FixedSide::Pay(money().amount);
    vec![
        sample(
            "/v1/exchanges/quotes",
            Uuid::nil(),
            json!({"source": SOURCE, "destination": DESTINATION, "pay": "12500"}),
            MEMBERS,
            Command::QuoteExchange(QuoteExchange { source, destination, fixed }),
        ),
        sample(
            "/v1/exchanges",
            Uuid::nil(),
            json!({"quote_id": TRANSFER}),
            MEMBERS,
            Command::UseQuote(UseQuote { quote: QuoteId::new(TRANSFER) }),
        ),
    ]
}

fn of_holds() -> Vec<Sample> {
    let (hold, destination) = (HoldId::new(HOLD), || Destination::Account(AccountId::new(DESTINATION)));
    let text = |text: &str| Some(text.to_owned());
    let amount = json!({"asset": "KRW", "amount": "12500"});
    vec![
        sample(
            "/v1/holds",
            Uuid::nil(),
            hold_order(),
            EVERYBODY,
            Command::PlaceHold(PlaceHold {
                source: AccountId::new(SOURCE),
                destination: Some(destination()),
                money: money(),
                expires_in: 60,
                memo: text("rent"),
                reference: text("order-7"),
            }),
        ),
        sample(
            "/v1/holds/{id}/capture",
            HOLD,
            json!({"money": amount, "destination": DESTINATION, "final": false, "reference": "part 1"}),
            EVERYBODY,
            Command::CaptureHold(CaptureHold {
                hold,
                money: Some(money()),
                destination: Some(destination()),
                is_final: false,
                reference: text("part 1"),
            }),
        ),
        sample(
            "/v1/holds/{id}/increase",
            HOLD,
            json!({"money": amount}),
            EVERYBODY,
            Command::IncreaseHold(IncreaseHold { hold, money: money() }),
        ),
        sample(
            "/v1/holds/{id}/release",
            HOLD,
            json!({"money": amount, "reason": "x"}),
            EVERYBODY,
            Command::ReleaseHold(ReleaseHold { hold, money: Some(money()), reason: text("x") }),
        ),
    ]
}
