//! `jangbu log verify`: the auditor. It reads the whole log and all views and proves that they are what they should be.
//!
//! It is an oracle of its own: it shares the reading of payloads with the rest of Jangbu (`contracts::recorded`), and
//! no rule, no fold and no query. Memory grows with the number of accounts, not with the length of the log: rows are
//! compared by digests in buckets, and only the rows of buckets that differ are looked at one by one.

mod assemble;
mod books;
mod findings;
mod ledger;
mod report;
mod rows;
mod snapshot;
mod source;
mod sum;
mod transfers;
mod versions;
mod views;

use std::{collections::HashMap, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use self::{
    assemble::Assembler,
    books::{Books, Folded, View, Wanted},
    findings::{Findings, Rule},
    ledger::Ledger,
    report::{LogReport, Report, SumReport},
    rows::Sink,
    snapshot::Snapshot,
    source::{Piece, Source},
    sum::Sum,
};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    output::Output,
};

/// What is verified.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The log alone: leave the views out
    #[arg(long)]
    no_views: bool,
}

/// Verifies; answers whether everything holds, and nothing is parked.
pub async fn run(args: &VerifyArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let began = Instant::now();
    // The views first: the log's snapshot is then at or beyond every one of them.
    let mut snapshots = Vec::new();
    for view in View::ALL.into_iter().filter(|_| !args.no_views) {
        snapshots.push(Snapshot::open(view, config).await?);
    }
    let source = Source::open(Database::Log.connect(config).await?).await?;
    let other = Database::Log.connect(config).await?;
    let mut audit = Audit { source: Some(source), other, findings: Findings::new() };

    let pass = audit.read(views::tallies(&snapshots)).await?;
    let streams = audit.count(pass.events).await?;
    let head = audit.source()?.head.clone();
    let views = views::compare(&mut audit, &mut snapshots, &pass.folded, &head).await?;
    let checks = audit.findings.into_checks();
    let report = Report {
        sound: checks.iter().all(|c| c.found == 0) && views.iter().all(|v| v.is_sound()),
        parked_keys: views.iter().map(|view| view.parked_keys.len() as u64).sum(),
        log: LogReport {
            log_id: head.log_id,
            head: head.position,
            recorded_at: head.recorded_at,
            events: pass.events,
            commits: pass.commits,
            streams,
            accounts: pass.ledger.accounts.len() as u64,
            digest: pass.digest,
            sums: sums(&pass.ledger),
            seconds: began.elapsed().as_secs_f64(),
        },
        checks,
        views,
    };
    output.show(&report, Report::text)?;
    Ok(report.sound && report.parked_keys == 0)
}

/// One reading of the log.
struct Pass<S> {
    ledger: Ledger,
    folded: Vec<Folded<S>>,
    events: u64,
    commits: u64,
    digest: String,
}

/// A log that is being read, and what was found so far.
struct Audit {
    /// Away while a task reads from it.
    source: Option<Source>,
    /// For looking up what a reversal undoes, while the snapshot is being read.
    other: sqlx::PgConnection,
    findings: Findings,
}

impl Audit {
    fn source(&mut self) -> Result<&mut Source, Failure> {
        self.source.as_mut().ok_or_else(|| Failure::Absent("the reading of the log ended early".into()))
    }

    /// Reads the whole log once, and folds it into these views.
    async fn read<S: Sink + Send + 'static>(&mut self, views: Vec<Wanted<S>>) -> Result<Pass<S>, Failure> {
        let head = self.source()?.head.clone();
        let progress = progress(head.position);
        let (pieces, mut read) = mpsc::channel::<Piece>(2);
        let mut source = self.source.take().ok_or_else(|| Failure::Absent("the log is being read already".into()))?;
        let reader = tokio::spawn(async move {
            let digest = source.read(pieces).await;
            (source, digest)
        });
        let (mut books, mut assembler) = (Books::new(views), Assembler::new());
        while let Some(piece) = read.recv().await {
            let commits = assembler.take(piece, &mut self.findings);
            self.apply(&mut books, commits).await?;
            progress.set_position(assembler.events);
        }
        let last = assembler.finish(&head, &mut self.findings);
        self.apply(&mut books, last).await?;
        progress.finish_and_clear();
        let (source, digest) =
            reader.await.map_err(|_| Failure::Absent("the reading of the log ended early".into()))?;
        self.source = Some(source);
        let (ledger, folded) = books.finish();
        ledger.check_owners(&mut self.findings);
        for (asset, sum) in ledger.sums() {
            self.findings.require(Rule::Sums, sum.is_zero(), || format!("at the end {asset} sums to {sum}"));
        }
        Ok(Pass { ledger, folded, events: assembler.events, commits: assembler.commits, digest: digest? })
    }

    async fn apply<S: Sink + Send + 'static>(
        &mut self,
        books: &mut Books<S>,
        commits: Vec<assemble::Commit>,
    ) -> Result<(), Failure> {
        let mut reversals = Vec::new();
        for commit in &commits {
            reversals.extend(books.apply(commit, &mut self.findings));
        }
        if reversals.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = reversals.iter().map(|r| r.original).collect();
        let originals: HashMap<_, _> = source::posted(&mut self.other, &ids).await?.into_iter().collect();
        for reversal in &reversals {
            transfers::check_mirror(reversal, originals.get(&reversal.original), &mut self.findings);
        }
        Ok(())
    }

    /// Counts what the tables hold by other ways than in order of positions; answers how many streams there are.
    async fn count(&mut self, read: u64) -> Result<u64, Failure> {
        let mut source = self.source.take().ok_or_else(|| Failure::Absent("the log is being read already".into()))?;
        let rows = sqlx::query_scalar!(r#"select count(*) as "count!" from events"#)
            .fetch_one(source.connection())
            .await
            .map_err(failed("counting the events"))?;
        self.findings.require(Rule::Positions, rows.unsigned_abs() == read, || {
            format!("table events has {rows} rows, but {read} positions were read: its index is damaged")
        });
        let streams = versions::check(source.connection(), &mut self.findings).await;
        self.source = Some(source);
        streams
    }
}

fn sums(ledger: &Ledger) -> Vec<SumReport> {
    let mut sides: std::collections::BTreeMap<_, (Sum, Sum)> = std::collections::BTreeMap::new();
    for account in ledger.accounts.values() {
        let (members, system) = sides.entry(account.asset).or_default();
        let side = if account.is_system() { system } else { members };
        side.add(account.balance);
    }
    let zero = ledger.sums();
    let report = |(asset, (members, system)): (kernel::AssetCode, (Sum, Sum))| SumReport {
        asset: asset.to_string(),
        members: members.to_string(),
        system: system.to_string(),
        sum: zero.get(&asset).copied().unwrap_or_default().to_string(),
    };
    sides.into_iter().map(report).collect()
}

/// A bar on standard error, if someone looks at it.
fn progress(events: i64) -> ProgressBar {
    let bar = ProgressBar::new(events.unsigned_abs());
    let style = ProgressStyle::with_template("reading the log {bar:40} {human_pos}/{human_len} events, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
