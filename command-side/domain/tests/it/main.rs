//! The rules, given, when, then; and what no sequence of wishes can break.

mod account;
mod approval;
mod characters;
mod exchange;
mod hold;
mod item;
mod laws;
mod limit;
mod member;
mod movement;
mod operator;
mod owner;
mod partner;
mod payment_code;
mod payout;
mod process;
mod schedule;
mod standing_order;
mod webhook;

use domain::Account;
use events::recorded::{
    AccountClosed, AccountCredited, AccountEvent, AccountFrozen, AccountFundsHeld, AccountOpened, AccountUnfrozen,
    FreezeScope, Holder,
};
use kernel::{AccountId, AccountNumber, HoldId, MemberId, Minor, Money, TransferId};
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
    AccountCredited { transfer: transfer(), amount: minor(units), balance: minor(balance), used: Vec::new() }.into()
}

fn frozen(balance: i128) -> AccountEvent {
    AccountFrozen { reason: None, balance: minor(balance), held: minor(0), scope: FreezeScope::All }.into()
}

fn debits_frozen(balance: i128) -> AccountEvent {
    AccountFrozen { reason: None, balance: minor(balance), held: minor(0), scope: FreezeScope::Debits }.into()
}

fn hold_id() -> HoldId {
    HoldId::new(Uuid::from_u128(88))
}

fn funds_held(units: i128, held: i128) -> AccountEvent {
    AccountFundsHeld { hold: hold_id(), amount: minor(units), held: minor(held), used: Vec::new() }.into()
}

fn unfrozen(balance: i128) -> AccountEvent {
    AccountUnfrozen { reason: None, balance: minor(balance), held: minor(0) }.into()
}

fn closed() -> AccountEvent {
    AccountClosed { reason: None }.into()
}

fn given(events: &[AccountEvent]) -> Account {
    let state = events.iter().try_fold(None, |state, event| Account::evolve(state, event).map(Some));
    state.expect("events that follow on one another").expect("an opened account")
}
