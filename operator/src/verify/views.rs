//! Holding the views against the fold of the log.

use std::collections::BTreeSet;

use super::{
    Audit,
    books::Folded,
    findings::Findings,
    report::{TableReport, ViewReport},
    rows::{Collector, Tally, differences},
    snapshot::{Live, Parked, Snapshot},
    source::HeadRow,
};
use crate::{failure::Failure, verify::books::View};

/// In how many buckets differing rows are looked for, and how many of them are shown.
const BUCKETS: usize = 32;
const SHOWN: usize = 20;

/// For each live view that reads this log: its position, and an empty tally for each of its tables.
pub fn tallies(snapshots: &[Snapshot]) -> Vec<(View, i64, Vec<Tally>)> {
    let tallies = |view: View| view.tables().iter().map(|_| Tally::new()).collect();
    let live = snapshots.iter().filter_map(|s| s.live.as_ref().map(|live| (s.view, live)));
    live.map(|(view, live)| (view, live.position, tallies(view))).collect()
}

/// Compares every view with its fold, and finds the rows that differ.
pub async fn compare(
    audit: &mut Audit,
    snapshots: &mut [Snapshot],
    folds: &[Folded<Tally>],
    head: &HeadRow,
) -> Result<Vec<ViewReport>, Failure> {
    let (mut reports, mut suspects) = (Vec::new(), Vec::new());
    for snapshot in snapshots.iter_mut() {
        let fold = folds.iter().find(|fold| fold.view == snapshot.view);
        let (Some(live), Some(fold)) = (snapshot.live.clone(), fold) else {
            reports.push(absent(snapshot.view));
            continue;
        };
        let unproved = snapshot.unproved().await?;
        let mut found: Vec<Tally> = fold.sinks.iter().map(|_| Tally::new()).collect();
        if let Err(failure) = snapshot.read(&mut found).await {
            let mut report = unreadable((&live, &snapshot.parked), fold, head, &failure);
            report.problems.extend(unproved);
            reports.push(report);
            continue;
        }
        let differing: Vec<BTreeSet<usize>> = fold.sinks.iter().zip(&found).map(|(f, v)| f.differing(v)).collect();
        let mut report = report((&live, &snapshot.parked), fold, &found, head);
        report.problems.extend(unproved);
        reports.push(report);
        if differing.iter().any(|buckets| !buckets.is_empty()) {
            suspects.push((snapshot.view, live.position, differing));
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

/// A view whose rows cannot be read is told as such; the others are still looked at.
fn unreadable(at: (&Live, &Parked), fold: &Folded<Tally>, head: &HeadRow, failure: &Failure) -> ViewReport {
    let mut report = report(at, fold, &[], head);
    let advice = failure.advice().map(|advice| format!("; {advice}")).unwrap_or_default();
    report.problems.push(format!("{failure}: {}{advice}", failure.causes().join(": ")));
    report
}

fn report((live, parked): (&Live, &Parked), fold: &Folded<Tally>, found: &[Tally], head: &HeadRow) -> ViewReport {
    let tables = fold.view.tables().iter().zip(fold.sinks.iter().zip(found));
    let table = |(table, (log, view)): (&&'static str, (&Tally, &Tally))| TableReport {
        table,
        rows_in_view: view.rows,
        rows_from_log: log.rows,
        digest_of_view: view.digest(),
        digest_of_log: log.digest(),
        differing: 0,
        differences_are_all: true,
        differences: Vec::new(),
        parked: 0,
        parked_rows: Vec::new(),
    };
    ViewReport {
        view: fold.view.name(),
        generation: Some(live.generation),
        position: Some(live.position),
        parked_keys: parked.keys.clone(),
        problems: problems(live, fold, head),
        tables: tables.map(table).collect(),
    }
}

/// What is wrong with where a view says it is.
fn problems(live: &Live, fold: &Folded<Tally>, head: &HeadRow) -> Vec<String> {
    let mut problems = Vec::new();
    let proved = ::views::all().iter().find(|view| view.name() == fold.view.name()).map(|view| view.version());
    if let Some(proved) = proved.filter(|proved| *proved != live.version) {
        problems.push(format!("version {} is live, this program proves version {proved}", live.version));
    }
    if live.log_id.is_some_and(|id| id != head.log_id) {
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
    suspects: &[(View, i64, Vec<BTreeSet<usize>>)],
    reports: &mut [ViewReport],
) -> Result<(), Failure> {
    let collectors = |buckets: &[BTreeSet<usize>]| -> Vec<Collector> {
        buckets.iter().map(|all| Collector::new(all.iter().take(BUCKETS).copied().collect())).collect()
    };
    // What the second reading finds against the log itself has been found by the first.
    let kept = std::mem::replace(&mut audit.findings, Findings::new());
    let views = suspects.iter().map(|(view, position, buckets)| (*view, *position, collectors(buckets))).collect();
    let pass = audit.read(views).await;
    audit.findings = kept;
    for (fold, (view, _, buckets)) in pass?.folded.iter().zip(suspects) {
        let Some(snapshot) = snapshots.iter_mut().find(|s| s.view == *view) else { continue };
        let mut found = collectors(buckets);
        snapshot.read(&mut found).await?;
        let Some(report) = reports.iter_mut().find(|r| r.view == view.name()) else { continue };
        for (table, (log, (view, buckets))) in
            report.tables.iter_mut().zip(fold.sinks.iter().zip(found.iter().zip(buckets)))
        {
            let parked = |line: &String| snapshot.parked.explains(snapshot.view, table.table, line);
            let (mut behind, mut told): (Vec<String>, Vec<String>) =
                differences(log, view).into_iter().partition(parked);
            (table.parked, table.differing) = (behind.len() as u64, told.len() as u64);
            behind.truncate(SHOWN);
            table.parked_rows = behind;
            table.differences_are_all = buckets.len() <= BUCKETS;
            told.truncate(SHOWN);
            table.differences = told;
        }
    }
    Ok(())
}
