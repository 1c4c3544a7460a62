//! Ids that are easy to distinguish: the kind, then a number.

use kernel::Minor;
use uuid::Uuid;

pub fn account(n: u128) -> Uuid {
    Uuid::from_u128(0xacc0_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn transfer(n: u128) -> Uuid {
    Uuid::from_u128(0x7fe0_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn command(n: u128) -> Uuid {
    Uuid::from_u128(0xc0de_0000_0000_8000_8000_0000_0000_0000_u128 | n)
}

pub fn hold(n: u128) -> Uuid {
    Uuid::from_u128(0x401d_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn member(n: u128) -> Uuid {
    Uuid::from_u128(0x3e3b_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn code(n: u128) -> Uuid {
    Uuid::from_u128(0xc0de_c0de_0000_8000_8000_0000_0000_0000_u128 | n)
}

pub fn offer(n: u128) -> Uuid {
    Uuid::from_u128(0x0ffe_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn order(n: u128) -> Uuid {
    Uuid::from_u128(0x04de_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn payout(n: u128) -> Uuid {
    Uuid::from_u128(0x9a70_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn process(n: u128) -> Uuid {
    Uuid::from_u128(0x940c_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn quote(n: u128) -> Uuid {
    Uuid::from_u128(0x907e_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn webhook(n: u128) -> Uuid {
    Uuid::from_u128(0x3eb0_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn partner(n: u128) -> Uuid {
    Uuid::from_u128(0x9a27_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn key(n: u128) -> Uuid {
    Uuid::from_u128(0x6e79_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn operator(n: u128) -> Uuid {
    Uuid::from_u128(0x09e4_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

pub fn approval(n: u128) -> Uuid {
    Uuid::from_u128(0x0a99_0000_0000_7000_8000_0000_0000_0000_u128 | n)
}

/// An amount.
pub fn units(amount: i128) -> Minor {
    Minor::new(amount).expect("38 digits")
}
