//! Holding the views against the fold of the log.

use std::collections::BTreeSet;

use super::{
    books::{Folded, Table, Wanted},
    findings::Findings,
    pass::{Audit, Reporter},
    report::{TableReport, ViewReport},
    rows::{Collector, Tally, differences},
    snapshot::{Live, Parked, Snapshot},
    source::HeadRow,
};
use crate::{books::View, error::AuditError};

/// In how many buckets differing rows are looked for, and how many of them are shown.
const BUCKETS: usize = 32;
const SHOWN: usize = 20;

/// The fold of all events of the log, and the one without those that wait behind a parked key.
struct Folds<'a, S> {
    whole: &'a Folded<S>,
    /// What the view must hold. The same as the whole one, if nothing waits.
    due: &'a Folded<S>,
}

impl<'a, S> Folds<'a, S> {
    fn of(view: View, folds: &'a [Folded<S>]) -> Option<Self> {
        let find = |partial| folds.iter().find(|fold| fold.view == view && fold.partial == partial);
        let whole = find(false)?;
        Some(Self { whole, due: find(true).unwrap_or(whole) })
    }

    /// For each table the whole rows and those it must hold.
    fn tables(&self) -> impl Iterator<Item = (&S, &S)> {
        self.whole.sinks.iter().zip(&self.due.sinks)
    }
}

/// In which buckets of a table a view is not what it must be, and in which it lacks what waits.
#[derive(Debug)]
struct Suspects {
    wrong: BTreeSet<usize>,
    behind: BTreeSet<usize>,
}

impl Suspects {
    /// The buckets whose rows are kept: the first of each sort.
    fn kept(&self) -> [BTreeSet<usize>; 2] {
        [&self.wrong, &self.behind].map(|all| all.iter().take(BUCKETS).copied().collect())
    }

    fn collector(&self) -> Collector {
        Collector::new(self.kept().into_iter().flatten().collect())
    }
}

/// What is to be folded for a view: all of it, and all but the events that wait.
fn wanted<S>(snapshot: &Snapshot, live: &Live, sinks: impl Fn() -> Vec<S>) -> Vec<Wanted<S>> {
    let (view, position, zone) = (snapshot.view, live.position, live.zone);
    let mut wanted = vec![Wanted { view, position, zone, waiting: BTreeSet::new(), sinks: sinks() }];
    if !snapshot.parked.positions.is_empty() {
        wanted.push(Wanted { view, position, zone, waiting: snapshot.parked.positions.clone(), sinks: sinks() });
    }
    wanted
}

/// What is to be folded for each live view that reads this log, with an empty tally for each of its tables.
pub fn tallies(snapshots: &[Snapshot]) -> Vec<Wanted<Tally>> {
    let live = snapshots.iter().filter_map(|s| s.live.as_ref().map(|live| (s, live)));
    live.flat_map(|(s, live)| wanted(s, live, || s.view.tables().iter().map(|_| Tally::new()).collect())).collect()
}

/// Compares every view with its fold, and finds the rows that differ.
pub async fn compare(
    audit: &mut Audit,
    snapshots: &mut [Snapshot],
    folds: &[Folded<Tally>],
    head: &HeadRow,
) -> Result<Vec<ViewReport>, AuditError> {
    let (mut reports, mut suspects) = (Vec::new(), Vec::new());
    for snapshot in snapshots.iter_mut() {
        let (Some(live), Some(folds)) = (snapshot.live.clone(), Folds::of(snapshot.view, folds)) else {
            reports.push(absent(snapshot.view));
            continue;
        };
        let unproved = snapshot.unproved().await?;
        let mut found: Vec<Tally> = snapshot.view.tables().iter().map(|_| Tally::new()).collect();
        let reporter = audit.reporter.as_ref();
        if let Err(error) = snapshot.read(&mut found).await {
            let mut report = unreadable((&live, &snapshot.parked), &folds, head, reporter, error);
            report.problems.extend(unproved);
            reports.push(report);
            continue;
        }
        let differing: Vec<Suspects> = (folds.tables().zip(&found))
            .map(|((whole, due), view)| Suspects { wrong: due.differing(view), behind: whole.differing(due) })
            .collect();
        let mut report = report((&live, &snapshot.parked), &folds, &found, head, reporter);
        report.problems.extend(unproved);
        reports.push(report);
        if differing.iter().any(|table| !table.wrong.is_empty() || !table.behind.is_empty()) {
            suspects.push((snapshot.view, live, differing));
        }
    }
    if !suspects.is_empty() {
        explain(audit, snapshots, &suspects, &mut reports).await?;
    }
    Ok(reports)
}

fn absent(view: View) -> ViewReport {
    let problem = "it has no live generation: has the projector ever run?".to_owned();
    ViewReport {
        view: view.name(),
        generation: None,
        position: None,
        parked_keys: Vec::new(),
        problems: vec![problem],
        tables: Vec::new(),
    }
}

/// A view whose rows cannot be read is reported as such; the others are still looked at.
fn unreadable(
    at: (&Live, &Parked),
    folds: &Folds<'_, Tally>,
    head: &HeadRow,
    reporter: &dyn Reporter,
    error: AuditError,
) -> ViewReport {
    let mut report = report(at, folds, &[], head, reporter);
    report.problems.push(reporter.explain(error));
    report
}

fn report(
    (live, parked): (&Live, &Parked),
    folds: &Folds<'_, Tally>,
    found: &[Tally],
    head: &HeadRow,
    reporter: &dyn Reporter,
) -> ViewReport {
    let fold = folds.whole;
    let tables = fold.view.tables().iter().zip(folds.tables().zip(found));
    let table = |(table, ((whole, due), view)): (&Table, ((&Tally, &Tally), &Tally))| TableReport {
        table: table.name,
        rows_in_view: view.rows,
        rows_from_log: whole.rows,
        digest_of_view: view.digest(),
        digest_of_log: whole.digest(),
        differing: 0,
        differences_are_all: true,
        differences: Vec::new(),
        parked: 0,
        parked_are_all: true,
        parked_rows: Vec::new(),
        sound: view.digest() == due.digest(),
    };
    ViewReport {
        view: fold.view.name(),
        generation: Some(live.generation),
        position: Some(live.position),
        parked_keys: parked.keys.clone(),
        problems: problems(live, fold, head, reporter),
        tables: tables.map(table).collect(),
    }
}

/// What is wrong with where a view says it is.
fn problems(live: &Live, fold: &Folded<Tally>, head: &HeadRow, reporter: &dyn Reporter) -> Vec<String> {
    let mut problems = Vec::new();
    let proved = reporter.version_of(fold.view.name());
    if let Some(proved) = proved.filter(|proved| *proved != live.version) {
        problems.push(format!("version {} is live, this program proves version {proved}", live.version));
    }
    if live.log_id.is_some_and(|id| id != head.log_id && !head.former_ids.contains(&id)) {
        problems.push(format!("it follows another log than {}", head.log_id));
    }
    if live.position > head.position {
        problems.push(format!("it is at {}, beyond the end of the log at {}", live.position, head.position));
    } else if fold.ended_at != live.position {
        problems
            .push(format!("it is at {}, within a commit: the last whole one ends at {}", live.position, fold.ended_at));
    } else if live.position > 0 && live.recorded_at != fold.recorded_at {
        problems.push(format!("its time is {:?}, that of its last commit {:?}", live.recorded_at, fold.recorded_at));
    }
    problems
}

/// Reads log and views once more and keeps the rows of the buckets that differ.
async fn explain(
    audit: &mut Audit,
    snapshots: &mut [Snapshot],
    suspects: &[(View, Live, Vec<Suspects>)],
    reports: &mut [ViewReport],
) -> Result<(), AuditError> {
    let collectors = |tables: &[Suspects]| -> Vec<Collector> { tables.iter().map(Suspects::collector).collect() };
    let mut views = Vec::new();
    for (view, live, tables) in suspects {
        let snapshot = snapshots.iter().find(|s| s.view == *view);
        views.extend(snapshot.into_iter().flat_map(|s| wanted(s, live, || collectors(tables))));
    }
    // What the second reading finds against the log itself has been found by the first.
    let kept = std::mem::replace(&mut audit.findings, Findings::new());
    let pass = audit.read(views).await;
    audit.findings = kept;
    let folded = pass?.folded;
    for (view, _, tables) in suspects {
        let Some(snapshot) = snapshots.iter_mut().find(|s| s.view == *view) else { continue };
        let Some(folds) = Folds::of(*view, &folded) else { continue };
        let mut found = collectors(tables);
        snapshot.read(&mut found).await?;
        let Some(report) = reports.iter_mut().find(|r| r.view == view.name()) else { continue };
        for (table, ((rows, view), suspects)) in report.tables.iter_mut().zip(folds.tables().zip(&found).zip(tables)) {
            add_differences(table, rows, view, suspects);
        }
    }
    Ok(())
}

/// Names the rows of a table that are wrong, and those that lack what waits.
fn add_differences(
    table: &mut TableReport,
    (whole, due): (&Collector, &Collector),
    view: &Collector,
    suspects: &Suspects,
) {
    let [wrong, behind] = suspects.kept();
    table.differences = differences(due, view, &wrong);
    table.parked_rows = differences(whole, due, &behind);
    (table.differing, table.parked) = (table.differences.len() as u64, table.parked_rows.len() as u64);
    table.differences_are_all = wrong.len() == suspects.wrong.len();
    table.parked_are_all = behind.len() == suspects.behind.len();
    table.differences.truncate(SHOWN);
    table.parked_rows.truncate(SHOWN);
}
