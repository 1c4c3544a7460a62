//! Reading the log once, and folding it into the views that are asked for.

use std::{collections::HashMap, sync::Arc};

use sqlx::PgConnection;
use tokio::sync::mpsc;

use crate::{
    archived::ArchivedCommits,
    assemble::{self, Assembler},
    books::{Books, Folded, Wanted},
    commit_rows,
    error::{AuditError, failed},
    findings::{Findings, Rule},
    fold::Fold,
    piece::Piece,
    rows::Sink,
    source::{self, Source},
    stream_rows, transfers,
};

/// Hears how far the audit is, and says what the auditor does not know by itself: it shares nothing with the views.
pub trait Reporter: Send {
    /// The log is going to be read, so many events. It may be read twice.
    fn begin(&mut self, events: u64);

    /// So many events were read.
    fn read(&mut self, events: u64);

    /// The log was read.
    fn end(&mut self);

    /// The version of a view that this program builds.
    fn version_of(&self, view: &str) -> Option<i32>;

    /// An error of one view, for the report, with advice.
    fn explain(&self, error: AuditError) -> String;
}

/// One reading of the log.
pub(crate) struct Pass<S> {
    pub(crate) fold: Fold,
    pub(crate) folded: Vec<Folded<S>>,
    pub(crate) events: u64,
    pub(crate) commits: u64,
    pub(crate) digest: String,
}

/// A log that is being read, and what was found so far.
pub(crate) struct Audit {
    /// Away while a task reads from it.
    pub(crate) source: Option<Source>,
    /// For looking up what a reversal undoes, while the snapshot is being read.
    pub(crate) other: PgConnection,
    /// What has left the database.
    pub(crate) archived: Option<Arc<dyn ArchivedCommits>>,
    pub(crate) findings: Findings,
    pub(crate) reporter: Box<dyn Reporter>,
}

impl Audit {
    pub(crate) fn source(&mut self) -> Result<&mut Source, AuditError> {
        self.source.as_mut().ok_or_else(|| AuditError::Absent("the reading of the log ended early"))
    }

    /// Reads the whole log once, and folds it into these views.
    pub(crate) async fn read<S: Sink + Send + 'static>(
        &mut self,
        views: Vec<Wanted<S>>,
    ) -> Result<Pass<S>, AuditError> {
        let head = self.source()?.head.clone();
        self.reporter.begin(head.position.unsigned_abs());
        let (pieces, mut read) = mpsc::channel::<Piece>(2);
        let mut source = self.source.take().ok_or_else(|| AuditError::Absent("the log is being read already"))?;
        let noted = match source.chain {
            Some(_) => stream_rows::earlier_states(source.connection()).await?,
            None => HashMap::new(),
        };
        let reader = tokio::spawn(async move {
            let digest = source.read(pieces).await;
            (source, digest)
        });
        let (mut books, mut assembler) = (Books::new(views, noted), Assembler::new());
        while let Some(piece) = read.recv().await {
            let commits = assembler.take(piece, &mut self.findings);
            self.apply(&mut books, commits).await?;
            self.reporter.read(assembler.events);
        }
        let last = assembler.finish(&head, &mut self.findings);
        self.apply(&mut books, last).await?;
        self.reporter.end();
        let (source, digest) = reader.await.map_err(|_| AuditError::Absent("the reading of the log ended early"))?;
        self.source = Some(source);
        let (fold, folded) = books.finish();
        fold.ledger.check_owners(&mut self.findings);
        fold.holds.check(&fold.ledger, &mut self.findings);
        for (asset, sum) in fold.ledger.sums() {
            self.findings.require(Rule::Sums, sum.is_zero(), || format!("at the end {asset} sums to {sum}"));
        }
        Ok(Pass { fold, folded, events: assembler.events, commits: assembler.commits, digest: digest? })
    }

    async fn apply<S: Sink + Send + 'static>(
        &mut self,
        books: &mut Books<S>,
        commits: Vec<assemble::Commit>,
    ) -> Result<(), AuditError> {
        let mut reversals = Vec::new();
        for commit in &commits {
            reversals.extend(books.apply(commit, &mut self.findings));
        }
        if reversals.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = reversals.iter().map(|r| r.original).collect();
        let originals: HashMap<_, _> =
            source::posted(&mut self.other, self.archived.as_deref(), &ids).await?.into_iter().collect();
        for reversal in &reversals {
            transfers::check_mirror(reversal, originals.get(&reversal.original), &mut self.findings);
        }
        Ok(())
    }

    /// Holds the rest of the tables against what was read: counts by another way than in the order of positions; in a log of commit rows
    /// where the streams stand with what is kept of them, and the chain of digests.
    pub(crate) async fn check_tables<S>(&mut self, pass: &Pass<S>) -> Result<(), AuditError> {
        let source = self.source.as_mut().ok_or_else(|| AuditError::Absent("the reading of the log ended early"))?;
        let Some(chain) = source.chain else { return self.count(pass.events).await };
        let head = source.head.digest.clone();
        let (stored, commands) = commit_rows::counts(source.connection()).await?;
        let commits = stored + source.archived_commits;
        stream_rows::check(source.connection(), &pass.fold, &mut self.findings).await?;
        self.findings.require(Rule::Chain, head == chain, || {
            format!(
                "the digests of all commits add up to {}, and the head says {}",
                hex::encode(chain),
                hex::encode(&head)
            )
        });
        let read = pass.commits;
        self.findings.require(Rule::Commits, commits.unsigned_abs() == read && commands == commits, || {
            format!("there are {commits} commits in table log_commits and before, {read} were read, and {commands} ids of commands are known")
        });
        Ok(())
    }

    async fn count(&mut self, read: u64) -> Result<(), AuditError> {
        let rows = sqlx::query_scalar!(r#"select count(*) as "count!" from events"#)
            .fetch_one(self.source()?.connection())
            .await
            .map_err(failed("counting the events"))?;
        self.findings.require(Rule::Positions, rows.unsigned_abs() == read, || {
            format!("table events has {rows} rows, but {read} positions were read: its index is damaged")
        });
        Ok(())
    }
}
