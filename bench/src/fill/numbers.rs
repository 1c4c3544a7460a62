//! What follows from the number of an account: the same as `functions.sql` computes.

use chrono::{DateTime, Utc};
use kernel::{AccountId, MemberId};
use uuid::Uuid;

use crate::load::FundedAccount;

/// The members that own the accounts in turn.
pub const MEMBERS: i64 = 1000;
/// What each account is opened with, so much that no transfer of a load is refused.
pub const FUNDS: i64 = 1_000_000_000_000;
/// The account that the funds come from.
pub(super) const CASH: Uuid = Uuid::from_u128(0x6265_6e63_685f_4000_8000_0000_0000_0001);

/// The account number `n`, from 1 on: what `bench_fill.account` computes.
pub fn account(n: i64) -> FundedAccount {
    let front = u128::from(n as u64 * 2_654_435_761 % (1 << 32));
    let id = front << 96 | 0x4000_8000 << 48 | n as u128;
    FundedAccount::new(AccountId::new(Uuid::from_u128(id)), ((n - 1) % MEMBERS) as usize)
}

/// The owners, in order: what `bench_fill.member` computes.
pub fn members() -> impl Iterator<Item = MemberId> {
    (1..=MEMBERS as u128).map(|n| MemberId::new(Uuid::from_u128(7 << 64 | n)))
}

/// Microseconds since 2000, as Postgres counts.
pub(super) fn postgres_micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() - 946_684_800_000_000
}
