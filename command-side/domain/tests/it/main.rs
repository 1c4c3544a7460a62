//! The rules, given, when, then; and what no sequence of wishes can break.

mod account;
mod characters;
mod laws;
mod member;
mod movement;
mod owner;

use domain::Account;
use events::recorded::{
    AccountClosed, AccountCredited, AccountEvent, AccountFrozen, AccountOpened, AccountUnfrozen, Holder,
};
use kernel::{AccountId, AccountNumber, MemberId, Minor, Money, TransferId};
use uuid::Uuid;

fn minor(units: i128) -> Minor {
    Minor::new(units).expect("38 digits")
}

fn money(asset: &str, units: i128) -> Money {
    Money { asset: asset.parse().expect("asset"), amount: minor(units) }
}

fn transfer() -> TransferId {
    TransferId::new(Uuid::from_u128(77))
}

fn account_id(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

fn opened(asset: &str) -> AccountEvent {
    let number = AccountNumber::from_digits(1);
    let holder = Holder::Member { owner: MemberId::new(Uuid::from_u128(1)), number };
    AccountOpened { holder, asset: asset.parse().expect("asset") }.into()
}

fn system(asset: &str) -> AccountEvent {
    let holder = Holder::System { name: "cash/test".into() };
    AccountOpened { holder, asset: asset.parse().expect("asset") }.into()
}

fn credited(units: i128, balance: i128) -> AccountEvent {
    AccountCredited { transfer: transfer(), amount: minor(units), balance: minor(balance) }.into()
}

fn frozen(balance: i128) -> AccountEvent {
    AccountFrozen { reason: None, balance: minor(balance) }.into()
}

fn unfrozen(balance: i128) -> AccountEvent {
    AccountUnfrozen { reason: None, balance: minor(balance) }.into()
}

fn closed() -> AccountEvent {
    AccountClosed { reason: None }.into()
}

fn given(events: &[AccountEvent]) -> Account {
    let state = events.iter().try_fold(None, |state, event| Account::evolve(state, event).map(Some));
    state.expect("events that follow on one another").expect("an opened account")
}
