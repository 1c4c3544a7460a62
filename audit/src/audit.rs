//! One audit, from the snapshots to the report.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use kernel::AssetCode;
use sqlx::PgConnection;

use crate::{
    archived::ArchivedCommits,
    books::View,
    error::AuditError,
    findings::{Findings, Rule},
    ledger::Ledger,
    pass::{Audit, Reporter},
    report::{LogReport, Report, SumReport},
    snapshot::Snapshot,
    source::Source,
    sum::Sum,
    views,
};

/// The connections of an audit, as roles that may read everything.
pub struct Connections {
    /// For the snapshot of the log.
    pub log: PgConnection,
    /// For looking up what a reversal undoes, while the snapshot is being read.
    pub other: PgConnection,
    /// What has left the database, if anything has.
    pub archived: Option<Arc<dyn ArchivedCommits>>,
    /// One for each view that is to be audited.
    pub views: Vec<(View, PgConnection)>,
}

/// Audits a log and its live views.
pub struct Auditor {
    connections: Connections,
    reporter: Box<dyn Reporter>,
}

impl Auditor {
    /// With these connections.
    pub fn new(connections: Connections, reporter: Box<dyn Reporter>) -> Self {
        Self { connections, reporter }
    }

    /// Reads everything and reports. What is wrong stands in the report.
    pub async fn run(self) -> Result<Report, AuditError> {
        let began = Instant::now();
        // The views first: the log's snapshot is then at or beyond every one of them.
        let mut snapshots = Vec::new();
        for (view, connection) in self.connections.views {
            snapshots.push(Snapshot::open(view, connection).await?);
        }
        let archived = self.connections.archived;
        let source = Source::open(self.connections.log, archived.clone()).await?;
        let (other, findings) = (self.connections.other, Findings::new());
        let mut audit = Audit { source: Some(source), other, archived, findings, reporter: self.reporter };

        let pass = audit.read(views::tallies(&snapshots)).await?;
        audit.check_tables(&pass).await?;
        let (head, is_commit_rows) = (audit.source()?.head.clone(), audit.source()?.chain.is_some());
        let views = views::compare(&mut audit, &mut snapshots, &pass.folded, &head).await?;
        let ledger = &pass.fold.ledger;
        let mut checks = audit.findings.into_checks();
        // A log of the format before has none of these.
        let of_commit_rows = [Rule::Standings, Rule::Chain, Rule::States].map(Rule::as_str);
        checks.retain(|check| is_commit_rows || !of_commit_rows.contains(&check.rule));
        Ok(Report {
            sound: checks.iter().all(|c| c.found == 0) && views.iter().all(|v| v.is_sound()),
            parked_keys: views.iter().map(|view| view.parked_keys.len() as u64).sum(),
            log: LogReport {
                log_id: head.log_id,
                head: head.position,
                recorded_at: head.recorded_at,
                events: pass.events,
                commits: pass.commits,
                streams: pass.fold.streams.count(),
                accounts: ledger.accounts.len() as u64,
                digest: pass.digest,
                sums: sums(ledger),
                seconds: began.elapsed().as_secs_f64(),
            },
            checks,
            views,
        })
    }
}

fn sums(ledger: &Ledger) -> Vec<SumReport> {
    let mut sides: BTreeMap<_, (Sum, Sum)> = BTreeMap::new();
    for account in ledger.accounts.values() {
        let (members, system) = sides.entry(account.asset).or_default();
        let side = if account.is_system() { system } else { members };
        side.add(account.balance);
    }
    let zero = ledger.sums();
    let report = |(asset, (members, system)): (AssetCode, (Sum, Sum))| SumReport {
        asset: asset.to_string(),
        members: members.to_string(),
        system: system.to_string(),
        sum: zero.get(&asset).copied().unwrap_or_default().to_string(),
    };
    sides.into_iter().map(report).collect()
}
