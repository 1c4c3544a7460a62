//! Payout runs: which rows are taken, which row is next, and what each event leaves of a run.

use domain::{
    EvolveError, PayoutRun, PayoutStatus, Refusal,
    payout::{self, CHUNK_ROWS, MOST_CHUNKS, MOST_ROWS, PayoutProgress, RowPlace, place_of},
};
use events::recorded::{
    self, PayoutChunkAdded, PayoutDestination, PayoutResult, PayoutRow, PayoutRowsPaid, PayoutRunCancelled,
    PayoutRunEvent, PayoutRunOpened, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted,
};
use kernel::{Actor, MemberId, Minor, Role, Version};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{account_id, closed, frozen, given, minor, opened, system, transfer};

fn run_opened() -> PayoutRunOpened {
    PayoutRunOpened {
        source: account_id(1),
        asset: "KRW".parse().expect("asset"),
        name: "November salaries".to_owned(),
        reference: "2026-11".to_owned(),
        opened_by: Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(9)) },
    }
}

fn open() -> PayoutRun {
    PayoutRun::evolve(None, &run_opened().into()).expect("a run")
}

fn row(number: u32, units: i128) -> PayoutRow {
    PayoutRow { row: number, destination: PayoutDestination::Account(account_id(2)), amount: minor(units), memo: None }
}

fn rows(numbers: impl IntoIterator<Item = u32>) -> Vec<PayoutRow> {
    numbers.into_iter().map(|number| row(number, 10)).collect()
}

fn after(run: &PayoutRun, event: impl Into<PayoutRunEvent>) -> PayoutRun {
    PayoutRun::evolve(Some(run.clone()), &event.into()).expect("a run")
}

fn with(run: &PayoutRun, rows: &[PayoutRow]) -> PayoutRun {
    let chunks = run.add(rows).expect("rows that are taken");
    chunks.into_iter().fold(run.clone(), |run, chunk| after(&run, chunk.added))
}

fn running(run: &PayoutRun) -> PayoutRun {
    after(run, run.start(run.rows, run.total).expect("started"))
}

/// So many rows were paid; those with these numbers were refused.
fn paid(run: &PayoutRun, rows: &[PayoutRow], refused: &[u32]) -> PayoutRowsPaid {
    let outcome = |row: &PayoutRow| {
        let refusal = refused.contains(&row.row).then(|| recorded::Refusal::of("account-closed"));
        (transfer(), refusal)
    };
    run.rows_paid(rows.iter().map(|row| (row, outcome(row))))
}

#[test]
fn an_account_of_a_member_pays() {
    let (member, bank) = (given(&[opened("KRW")]), given(&[system("KRW")]));
    assert_eq!(payout::open(Some(&member)), Ok("KRW".parse().expect("asset")));
    // A freeze is looked at when a row is paid.
    assert!(payout::open(Some(&given(&[opened("KRW"), frozen(0)]))).is_ok());
    assert_eq!(payout::open(Some(&given(&[opened("KRW"), closed()]))), Err(Refusal::AccountClosed));
    assert_eq!(payout::open(Some(&bank)), Err(Refusal::AccountUnknown));
    assert_eq!(payout::open(None), Err(Refusal::AccountUnknown));
}

#[test]
fn rows_are_taken_in_the_order_of_their_numbers_and_counted() {
    let run = with(&open(), &[row(3, 10), row(7, 25)]);
    assert_eq!((run.rows, run.total, run.status), (2, minor(35), PayoutStatus::Open));
    for wrong in [rows([7]), rows([6]), rows([8, 8]), rows([9, 8])] {
        assert_eq!(run.add(&wrong), Err(Refusal::PayoutRowOutOfOrder), "{wrong:?}");
    }
    assert_eq!(open().add(&[row(0, 10)]), Err(Refusal::PayoutRowOutOfOrder));
    assert_eq!(run.add(&[row(8, 0)]), Err(Refusal::AmountNotPositive));
    assert_eq!(run.add(&[row(8, -1)]), Err(Refusal::AmountNotPositive));
    let most = PayoutRow { amount: Minor::MAX, ..row(8, 1) };
    assert_eq!(run.add(&[most]), Err(Refusal::AmountOverflow));
    assert_eq!(run.add(&[]), Ok(Vec::new()));
    let more = run.add(&[row(8, 1)]).expect("a row");
    assert_eq!(more[0].added, PayoutChunkAdded { chunk: 2, last_row: 8, rows: 3, total: minor(36) });
}

#[test]
fn rows_become_chunks() {
    let all = rows(1..=2_001);
    let chunks = open().add(&all).expect("rows");
    let sizes: Vec<_> = chunks.iter().map(|chunk| (chunk.added.chunk, chunk.rows.len(), chunk.added.rows)).collect();
    assert_eq!(sizes, [(1, CHUNK_ROWS, 1_000), (2, CHUNK_ROWS, 2_000), (3, 1, 2_001)]);
    assert_eq!(chunks[1].rows[0].row, 1_001);
    assert_eq!(chunks[2].added.total, minor(20_010));
}

#[test]
fn a_run_has_room_for_a_million_rows_and_no_more() {
    let full = after(&open(), PayoutChunkAdded { chunk: 1, last_row: 5, rows: MOST_ROWS - 1, total: minor(5) });
    assert!(full.add(&rows([6])).is_ok());
    assert_eq!(full.add(&rows([6, 7])), Err(Refusal::PayoutFull));
    let many = (1..).take(MOST_CHUNKS).fold(open(), |run, number| {
        after(&run, PayoutChunkAdded { chunk: number, last_row: number, rows: number, total: minor(5) })
    });
    assert_eq!(many.add(&rows([u32::MAX])), Err(Refusal::PayoutFull));
}

#[test]
fn it_starts_if_rows_and_total_are_as_expected() {
    let run = with(&open(), &rows([1, 2]));
    let mismatch = Err(Refusal::ControlTotalMismatch { rows: 2, total: minor(20) });
    assert_eq!(run.start(1, minor(20)), mismatch);
    assert_eq!(run.start(2, minor(21)), mismatch);
    assert_eq!(run.start(2, minor(20)), Ok(PayoutRunStarted {}));
    let empty = Err(Refusal::ControlTotalMismatch { rows: 0, total: minor(0) });
    assert_eq!(open().start(0, minor(0)), empty, "there is nothing to pay");
    let started = running(&run);
    assert_eq!(started.status, PayoutStatus::Running);
    assert_eq!(started.start(2, minor(20)), Err(Refusal::PayoutNotOpen));
    assert_eq!(started.add(&rows([3])), Err(Refusal::PayoutNotOpen));
}

#[test]
fn the_next_row_is_known_by_counting() {
    let all = rows([1, 2, 5, 6, 9]);
    let run = running(&with(&with(&open(), &all[..2]), &all[2..]));
    assert_eq!(run.next_row(), Some(RowPlace { chunk: 1, index: 0 }));
    let run = after(&run, paid(&run, &all[..1], &[]));
    assert_eq!(run.next_row(), Some(RowPlace { chunk: 1, index: 1 }));
    let run = after(&run, paid(&run, &all[1..2], &[2]));
    assert_eq!(run.next_row(), Some(RowPlace { chunk: 2, index: 0 }));
    assert_eq!(run.progress, PayoutProgress { posted: 1, refused: 1, paid: minor(10) });
    let over = after(&run, paid(&run, &all[2..], &[6]));
    assert_eq!((over.status, over.next_row()), (PayoutStatus::Finished, None));
    assert_eq!(over.progress, PayoutProgress { posted: 3, refused: 2, paid: minor(30) });
}

#[test]
fn what_is_not_running_has_no_next_row() {
    let open = with(&open(), &rows([1, 2]));
    assert_eq!(open.next_row(), None);
    assert_eq!((open.pause(), open.resume()), (Err(Refusal::PayoutNotRunning), Err(Refusal::PayoutNotPaused)));
    let running = running(&open);
    assert_eq!(running.resume(), Err(Refusal::PayoutNotPaused));
    let paused = after(&running, running.pause().expect("paused"));
    assert_eq!((paused.status, paused.next_row()), (PayoutStatus::Paused, None));
    assert_eq!(paused.pause(), Err(Refusal::PayoutNotRunning));
    let resumed = after(&paused, paused.resume().expect("resumed"));
    assert_eq!(resumed.next_row(), Some(RowPlace { chunk: 1, index: 0 }));
    for run in [&open, &running, &paused] {
        let over = after(run, run.cancel().expect("cancelled"));
        assert_eq!((over.status, over.next_row()), (PayoutStatus::Cancelled, None));
        assert_eq!(over.cancel(), Err(Refusal::PayoutOver));
        assert_eq!(over.pause(), Err(Refusal::PayoutNotRunning));
        assert_eq!(over.resume(), Err(Refusal::PayoutNotPaused));
        assert_eq!(over.add(&rows([3])), Err(Refusal::PayoutNotOpen));
    }
}

#[test]
fn an_answer_is_the_same_whatever_happened_since() {
    let all = rows([1, 2, 3]);
    let mut run = with(&open(), &all);
    let mut told: Vec<(PayoutRunEvent, Version, PayoutRun)> = Vec::new();
    let mut version = Version::new(2);
    let mut step = |event: PayoutRunEvent| {
        run = after(&run, event.clone());
        version = version.next();
        told.push((event, version, run.clone()));
        run.clone()
    };
    let started = step(PayoutRunStarted {}.into());
    let one = step(paid(&started, &all[..1], &[]).into());
    step(PayoutRunPaused {}.into());
    step(PayoutRunResumed {}.into());
    step(paid(&one, &all[1..2], &[2]).into());
    step(PayoutRunPaused {}.into());
    step(PayoutRunCancelled {}.into());
    let facts = |run: PayoutRun| (run.status, run.rows, run.total, run.progress);
    let last = told.last().expect("events").2.clone();
    for (event, version, then) in told {
        assert_eq!(facts(last.clone().at(&event, version)), facts(then), "{event:?}");
    }
    let added = PayoutChunkAdded { chunk: 1, last_row: 2, rows: 2, total: minor(20) };
    assert_eq!(facts(last.at(&added.into(), Version::new(2))).1, 2);
}

#[test]
fn no_event_follows_that_does_not_fit() {
    let all = rows([1, 2]);
    let (empty, filled) = (open(), with(&open(), &all));
    let started = running(&filled);
    let evolve = |run: &PayoutRun, event: PayoutRunEvent| PayoutRun::evolve(Some(run.clone()), &event).map(drop);
    let result = PayoutResult { row: 1, transfer: transfer(), refusal: None };
    let of = |results: usize, posted, refused| PayoutRowsPaid {
        results: vec![result.clone(); results],
        posted,
        refused,
        paid: minor(10),
        finished: false,
    };
    for wrong in [of(0, 0, 0), of(1, 2, 0), of(2, 1, 0), of(3, 3, 0), of(1, u32::MAX, 1)] {
        assert_eq!(evolve(&started, wrong.clone().into()), Err(EvolveError::OutOfOrder), "{wrong:?}");
    }
    assert_eq!(evolve(&started, of(1, 1, 0).into()), Ok(()));
    assert_eq!(evolve(&filled, of(1, 1, 0).into()), Err(EvolveError::OutOfOrder));
    for (chunk, last_row, count) in [(1, 3, 3), (3, 3, 3), (2, 2, 3), (2, 3, 2)] {
        let added = PayoutChunkAdded { chunk, last_row, rows: count, total: minor(30) };
        assert_eq!(evolve(&filled, added.clone().into()), Err(EvolveError::OutOfOrder), "{added:?}");
    }
    assert_eq!(evolve(&empty, run_opened().into()), Err(EvolveError::OpenedTwice));
    assert_eq!(evolve(&empty, PayoutRunPaused {}.into()), Err(EvolveError::OutOfOrder));
    assert_eq!(evolve(&started, PayoutRunStarted {}.into()), Err(EvolveError::OutOfOrder));
    assert_eq!(evolve(&started, PayoutRunResumed {}.into()), Err(EvolveError::OutOfOrder));
    let over = after(&started, PayoutRunCancelled {});
    assert_eq!(evolve(&over, PayoutRunCancelled {}.into()), Err(EvolveError::AfterTheLast));
    assert_eq!(PayoutRun::evolve(None, &PayoutRunStarted {}.into()), Err(EvolveError::NotOpened));
}

proptest! {
    /// Each row has one place, and the places follow one another.
    #[test]
    fn every_row_has_its_place(sizes in prop::collection::vec(1..5_u32, 0..8)) {
        let ends: Vec<u32> = sizes.iter().scan(0, |end, size| { *end += size; Some(*end) }).collect();
        let mut before = 0;
        for (chunk, size) in (1..).zip(&sizes) {
            for index in 0..*size {
                let place = RowPlace { chunk, index: usize::try_from(index).expect("small") };
                prop_assert_eq!(place_of(&ends, before), Some(place));
                before += 1;
            }
        }
        prop_assert_eq!(place_of(&ends, before), None);
    }

    /// However the rows are cut, each is paid once, and the run is finished with the last of them.
    #[test]
    fn a_run_pays_each_row_once(
        numbers in prop::collection::btree_set(1..500_u32, 1..40),
        batches in prop::collection::vec(1..6_usize, 40),
        refused in prop::collection::btree_set(1..500_u32, 0..40),
    ) {
        let all = rows(numbers);
        let refused: Vec<u32> = refused.into_iter().collect();
        let mut run = running(&with(&open(), &all));
        let (mut begin, mut results) = (0, Vec::new());
        for size in batches {
            let Some(place) = run.next_row() else { break };
            prop_assert_eq!(place.index, begin);
            let batch = &all[begin..(begin + size).min(all.len())];
            let event = paid(&run, batch, &refused);
            results.extend(event.results.iter().map(|result| result.row));
            begin += batch.len();
            prop_assert_eq!(event.finished, begin == all.len());
            run = after(&run, event);
        }
        prop_assert_eq!(run.status, PayoutStatus::Finished);
        prop_assert_eq!(results, all.iter().map(|row| row.row).collect::<Vec<_>>());
        let posted = all.iter().filter(|row| !refused.contains(&row.row)).count();
        prop_assert_eq!(usize::try_from(run.progress.posted).expect("small"), posted);
        prop_assert_eq!(run.progress.paid, minor(10 * i128::try_from(posted).expect("small")));
    }
}
