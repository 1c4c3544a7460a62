//! Days of the bank's zone: nights on which clocks change, and a change of the zone.

use events::recorded::{TransferFacts, TransferKind};
use kernel::Zone;
use sqlx::AssertSqlSafe;
use views::View;

use crate::{
    bank::{Bank, Cause, units},
    fixture::ViewsFixture,
    rebuild::{operator, request},
};

/// A night, the moments of payments of 1, 2, 4 and so on, and what each day has: its date, when it began, how many payments, and
/// how much.
struct Night {
    zone: &'static str,
    paid: &'static [&'static str],
    days: &'static [(&'static str, &'static str, u32, u32)],
}

const NIGHTS: [Night; 5] = [
    Night {
        zone: "Asia/Seoul",
        paid: &["2026-03-07T14:59:59Z", "2026-03-07T15:00:00Z"],
        days: &[("2026-03-07", "2026-03-06T15:00:00Z", 1, 1), ("2026-03-08", "2026-03-07T15:00:00Z", 1, 2)],
    },
    // A day of 23 hours.
    Night {
        zone: "America/New_York",
        paid: &["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"],
        days: &[
            ("2026-03-07", "2026-03-07T05:00:00Z", 1, 1),
            ("2026-03-08", "2026-03-08T05:00:00Z", 2, 6),
            ("2026-03-09", "2026-03-09T04:00:00Z", 1, 8),
        ],
    },
    // A day of 25 hours.
    Night {
        zone: "Europe/Berlin",
        paid: &["2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"],
        days: &[
            ("2026-10-24", "2026-10-23T22:00:00Z", 1, 1),
            ("2026-10-25", "2026-10-24T22:00:00Z", 2, 6),
            ("2026-10-26", "2026-10-25T23:00:00Z", 1, 8),
        ],
    },
    // Days without a midnight: they begin at one o'clock.
    Night {
        zone: "Africa/Cairo",
        paid: &["2026-04-23T21:59:59Z", "2026-04-23T22:00:00Z", "2026-04-24T20:59:59Z", "2026-04-24T21:00:00Z"],
        days: &[
            ("2026-04-23", "2026-04-22T22:00:00Z", 1, 1),
            ("2026-04-24", "2026-04-23T22:00:00Z", 2, 6),
            ("2026-04-25", "2026-04-24T21:00:00Z", 1, 8),
        ],
    },
    Night {
        zone: "America/Santiago",
        paid: &["2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z", "2026-09-07T02:59:59Z", "2026-09-07T03:00:00Z"],
        days: &[
            ("2026-09-05", "2026-09-05T04:00:00Z", 1, 1),
            ("2026-09-06", "2026-09-06T04:00:00Z", 2, 6),
            ("2026-09-07", "2026-09-07T03:00:00Z", 1, 8),
        ],
    },
];

/// Accounts of every new bank: a system account and two of members, of one asset.
const CASH: usize = 0;
const PAYER: usize = 3;
const PAID: usize = 4;

/// A bank in which one member pays another at these moments.
fn paid_at(moments: &[&str]) -> Bank {
    let mut bank = Bank::new(90);
    pay(&mut bank, TransferKind::Deposit, (CASH, PAYER), 1_000);
    for (index, moment) in moments.iter().enumerate() {
        bank.now = moment.parse().expect("a time");
        pay(&mut bank, TransferKind::Transfer, (PAYER, PAID), 1 << index);
    }
    bank
}

fn pay(bank: &mut Bank, kind: TransferKind, (source, destination): (usize, usize), amount: i128) {
    let facts = TransferFacts {
        kind,
        source: Some(bank.accounts[source].id),
        destination: Some(bank.accounts[destination].id),
        asset: bank.accounts[source].asset,
        amount: units(amount),
        memo: None,
        reference: None,
        reverses: None,
    };
    bank.post(source, destination, facts, Cause::default());
    bank.commit();
}

/// The views that count by day.
fn by_day() -> Vec<View> {
    views::all().into_iter().filter(|view| view.in_zone(Zone::UTC).is_some()).collect()
}

impl ViewsFixture {
    async fn all_at_the_end(&self, bank: &Bank) {
        for mut worker in self.start_all() {
            worker.reach(bank.end());
            worker.at(bank.end()).await;
            worker.kill().await;
        }
    }

    async fn has_days(&self, bank: &Bank, Night { zone, days, .. }: &Night) {
        let began = "select concat_ws('|', to_char(bucket_start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                posted_count, posted_volume)
            from live.activity where bucket = 'day' and kind = 'transfer' order by bucket_start";
        let expected: Vec<_> = days.iter().map(|(_, began, paid, sum)| format!("{began}|{paid}|{sum}")).collect();
        assert_eq!(self.scratch.lines(began).await, expected, "{zone}");
        let movers = "select concat_ws('|', account_id, day, transfers, volume) from live.movers order by day";
        let payer = bank.accounts[PAYER].id.uuid().to_string();
        let found: Vec<_> = self.scratch.lines(movers).await.into_iter().filter(|line| line.contains(&payer)).collect();
        let expected: Vec<_> = days.iter().map(|(day, _, paid, sum)| format!("{payer}|{day}|{paid}|{sum}")).collect();
        assert_eq!(found, expected, "{zone}");
    }

    async fn change_a_volume(&self, by: i32) {
        let sql = format!(
            "update top_movers_g1.movers set volume = volume + {by} where (asset, day, account_id) =
                (select asset, day, account_id from top_movers_g1.movers order by asset, day, account_id limit 1)"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.scratch.pool).await.expect("another volume");
    }
}

#[tokio::test]
async fn days_are_those_of_the_zone_also_where_clocks_change() {
    for night in &NIGHTS {
        let bank = paid_at(night.paid);
        let fixture = ViewsFixture::in_zone(night.zone.parse().expect("a zone"), &bank).await;
        fixture.all_at_the_end(&bank).await;
        fixture.has_days(&bank, night).await;
        for view in by_day() {
            let comparison = fixture.rebuild(view).await;
            assert!(comparison.remarks.is_empty(), "{:?}", comparison.remarks);
        }
        fixture.has_days(&bank, night).await;
        fixture.check(&bank, bank.end()).await;
        fixture.scratch.close().await;
    }
}

#[tokio::test]
async fn with_another_zone_a_view_is_compared_by_all_but_its_days() {
    let bank = Bank::busy(91, 400);
    let mut fixture = ViewsFixture::in_zone(Zone::UTC, &bank).await;
    fixture.all_at_the_end(&bank).await;
    fixture.check(&bank, bank.end()).await;
    // The zone that is set changes nothing in what is there: what a projector applies goes on in the old one.
    fixture.zone = Zone::SEOUL;
    for view in by_day() {
        if view.name() == "top_movers" {
            fixture.change_a_volume(1).await;
            let rebuilder = fixture.rebuilder(view.clone());
            let made = rebuilder.rebuild(&request()).await.expect("an answer");
            let found = made.comparison.expect("it was compared");
            assert_eq!((made.state, found.unexpected), ("failed", 1), "{:#?}", found.shown);
            rebuilder.drop_generation(made.generation, &operator()).await.expect("dropped");
            fixture.change_a_volume(-1).await;
        }
        let comparison = fixture.rebuild(view.clone()).await;
        let remarks = comparison.remarks.join("; ");
        assert!(remarks.contains("days of UTC") && remarks.contains("Asia/Seoul"), "{remarks}");
        assert!(remarks.contains("added up over all days"), "{remarks}");
        let again = fixture.rebuild(view).await;
        assert!(again.remarks.is_empty(), "both of one zone: {:?}", again.remarks);
    }
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}
