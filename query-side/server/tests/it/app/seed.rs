//! A small bank, as the projections would have it after 18 events.
//!
//! | position | what |
//! |---|---|
//! | 2 | Alice opens A1 (KRW) |
//! | 4 | Bob opens B1 (KRW) |
//! | 5 | the cash account |
//! | 8 | deposit of 100,000 to A1 |
//! | 11 | Alice pays Bob 30,000 |
//! | 12 | Alice's payment of 999,999 is rejected |
//! | 16 | Bob's receipt is reversed |
//! | 18 | Alice opens A2 (USD) |

use kernel::{AccountNumber, Position};
use uuid::Uuid;

use super::Database;

pub const ALICE: u128 = 0xa11ce;
pub const BOB: u128 = 0xb0b;
pub const A1: u128 = 0xa1;
pub const A2: u128 = 0xa2;
pub const B1: u128 = 0xb1;
pub const CASH: u128 = 0xca54;
pub const DEPOSIT: u128 = 0xd1;
pub const TRANSFER: u128 = 0xd2;
pub const REJECTED: u128 = 0xd3;
pub const REVERSED: u128 = 0xd4;
pub const HEAD: i64 = 18;

/// An id of the usual form.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + number)
}

impl Database {
    pub async fn seed_bank(&self) {
        self.append(HEAD).await;
        self.seed_accounts().await;
        self.seed_transactions().await;
        self.seed_transfers().await;
        self.seed_overview().await;
        self.reach_all(Position::new(HEAD)).await;
    }

    /// An account as the view has it.
    pub async fn put_account(&self, account: u128, owner: Option<u128>, asset: &str, balance: i64, minute: u32) {
        let digits = u64::try_from(account).expect("small");
        let number = owner.map(|_| AccountNumber::from_digits(digits).to_string());
        sqlx::query(
            "insert into accounts_g1.accounts (version, position, opened_at, account_id, owner, balance, kind, asset,
                 status, account_number, name, held)
             values (1, 1, $1::text::timestamptz, $2, $3, $4, $5, $6, 'open', $7, $8, 0)",
        )
        .bind(format!("2026-11-21T09:{minute:02}:00Z"))
        .bind(id(account))
        .bind(owner.map(id))
        .bind(balance)
        .bind(if owner.is_some() { "member" } else { "system" })
        .bind(asset)
        .bind(number)
        .bind(owner.is_none().then_some("cash/server-0"))
        .execute(&self.pool)
        .await
        .expect("an account");
    }

    async fn seed_accounts(&self) {
        self.put_account(A1, Some(ALICE), "KRW", 100_000, 1).await;
        self.put_account(B1, Some(BOB), "KRW", 0, 2).await;
        self.put_account(CASH, None, "KRW", -100_000, 3).await;
        self.put_account(A2, Some(ALICE), "USD", 0, 8).await;
        let sql = format!(
            r#"update accounts_g1.accounts set version = 4, position = 15 where account_id = '{}';
             update accounts_g1.accounts set version = 3, position = 16, status = 'frozen', "freeze" = 'all' where account_id = '{}'"#,
            id(A1),
            id(B1)
        );
        self.run(&sql).await;
    }

    async fn seed_transactions(&self) {
        let (a1, b1, cash) = (id(A1), id(B1), id(CASH));
        let (deposit, transfer, reversed) = (id(DEPOSIT), id(TRANSFER), id(REVERSED));
        let sql = format!(
            "insert into transactions_g1.entries values
             (7, 2, '2026-11-21T09:04:00Z', '{cash}', '{deposit}', '{a1}', -100000, -100000, 'deposit', null, 'till 4'),
             (8, 2, '2026-11-21T09:04:00Z', '{a1}', '{deposit}', '{cash}', 100000, 100000, 'deposit', null, 'till 4'),
             (10, 3, '2026-11-21T09:05:00Z', '{a1}', '{transfer}', '{b1}', -30000, 70000, 'transfer', 'rent', null),
             (11, 2, '2026-11-21T09:05:00Z', '{b1}', '{transfer}', '{a1}', 30000, 30000, 'transfer', 'rent', null),
             (15, 4, '2026-11-21T09:07:00Z', '{a1}', '{reversed}', '{b1}', 30000, 100000, 'reversal', 'by mistake', null),
             (16, 3, '2026-11-21T09:07:00Z', '{b1}', '{reversed}', '{a1}', -30000, 0, 'reversal', 'by mistake', null);
             insert into transactions_g1.ticks values
             ('2026-11-21T09:01:00Z', 2), ('2026-11-21T09:02:00Z', 4), ('2026-11-21T09:03:00Z', 5),
             ('2026-11-21T09:04:00Z', 8), ('2026-11-21T09:05:00Z', 11), ('2026-11-21T09:06:00Z', 12),
             ('2026-11-21T09:07:00Z', 16), ('2026-11-21T09:08:00Z', 18)"
        );
        self.run(&sql).await;
    }

    async fn seed_transfers(&self) {
        let (a1, b1, cash) = (id(A1), id(B1), id(CASH));
        let (deposit, transfer, rejected, reversed) = (id(DEPOSIT), id(TRANSFER), id(REJECTED), id(REVERSED));
        let sql = format!(
            "insert into transfers_g1.transfers (position, recorded_at, transfer_id, source, destination, amount, kind,
                 status, asset, memo, reference, source_version, source_balance_after, destination_version,
                 destination_balance_after, reverses, reversed_by, code, available, despite_freeze) values
             (8, '2026-11-21T09:04:00Z', '{deposit}', '{cash}', '{a1}', 100000, 'deposit', 'posted', 'KRW', null,
                 'till 4', 2, -100000, 2, 100000, null, null, null, null, false),
             (11, '2026-11-21T09:05:00Z', '{transfer}', '{a1}', '{b1}', 30000, 'transfer', 'posted', 'KRW', 'rent',
                 null, 3, 70000, 2, 30000, null, '{reversed}', null, null, false),
             (12, '2026-11-21T09:06:00Z', '{rejected}', '{a1}', '{b1}', 999999, 'transfer', 'rejected', 'KRW', null,
                 null, null, null, null, null, null, null, 'insufficient-funds', 70000, false),
             (16, '2026-11-21T09:07:00Z', '{reversed}', '{b1}', '{a1}', 30000, 'reversal', 'posted', 'KRW',
                 'by mistake', null, 3, 0, 4, 100000, '{transfer}', null, null, null, true)"
        );
        self.run(&sql).await;
    }

    /// A hold as the view has it: placed by Alice at a position, and not changed since. What is captured and released of it says its
    /// status.
    pub async fn put_hold(&self, hold: u128, source: u128, destination: Option<u128>, placed: i64, status: &str) {
        sqlx::query(
            "insert into holds_g1.holds (placed_position, position, recorded_at, expires_at, hold_id, source, destination,
                 placed_by, amount, captured, released, status, asset, memo, reference)
             values ($1::int8, $1::int8 + 1, timestamptz '2026-11-21T09:10:00Z' + $1::int8 * interval '1 s',
                 '2026-11-28T09:10:00.5Z', $2, $3, $4, $5, 12500,
                 case when $6::text = 'captured' then 12500 else 0 end,
                 case when $6::text in ('released', 'expired') then 12500 else 0 end, $6::text, 'KRW', null, null)",
        )
        .bind(placed)
        .bind(id(hold))
        .bind(id(source))
        .bind(destination.map(id))
        .bind(id(ALICE))
        .bind(status)
        .execute(&self.pool)
        .await
        .expect("a hold");
    }

    async fn seed_overview(&self) {
        self.run(
            "insert into overview_g1.asset_totals (asset, member_sum, system_sum, members_open, members_frozen,
                 members_closed, system_accounts, held, open_holds)
             values ('KRW', 100000, -100000, 1, 1, 0, 1, 5200, 2), ('USD', 0, 0, 1, 0, 0, 0, 0, 0);
             insert into overview_g1.bank_counts (what, number)
             values ('items', 3), ('offers_open', 1), ('orders_active', 2);
             insert into overview_g1.refusals (bucket_start, count, code, kind)
             select date_trunc('hour', clock_timestamp() - age, 'UTC'), count, code, kind
             from (values (interval '0', 2, 'insufficient-funds', 'transfer'), ('2 hours', 1, 'insufficient-funds', 'transfer'),
                       ('0', 1, 'limit-exceeded', 'command'), ('3 days', 7, 'account-closed', 'transfer')
                  ) as v (age, count, code, kind);
             insert into overview_g1.activity (bucket_start, posted_count, rejected_count, posted_volume, bucket, asset,
                 kind)
             select date_trunc(bucket, clock_timestamp() - age, 'UTC'), 1, rejected, volume, bucket, 'KRW', kind
             from (values ('minute', interval '0', 1, 30000, 'transfer'), ('minute', '2 hours', 0, 1, 'transfer'),
                       ('hour', '0', 1, 30000, 'transfer'), ('hour', '3 days', 0, 1, 'transfer'),
                       ('day', '0', 1, 30000, 'transfer'), ('day', '0', 0, 100000, 'deposit'),
                       ('day', '40 days', 0, 1, 'transfer')
                  ) as v (bucket, age, rejected, volume, kind)",
        )
        .await;
    }
}
