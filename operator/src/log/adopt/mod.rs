//! `jangbu log adopt`: a log that was restored from a backup goes on as another log.

mod adoption;
mod vault;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use self::adoption::{Adoption, adopt_now, at_the_end};
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    output::{Confirm, Output, thousands},
    views::{self, Why},
};

/// Who adopts, and why.
#[derive(Debug, clap::Args)]
pub struct AdoptArgs {
    #[command(flatten)]
    why: Why,

    /// Give it yet another id, although it was given one at its very end: where a log was restored to the moment of its
    /// last adoption
    #[arg(long)]
    again: bool,

    #[command(flatten)]
    confirm: Confirm,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    /// False if the log had been adopted before and nothing was appended since: it keeps that id.
    adopted: bool,
    old_log_id: Uuid,
    new_log_id: Uuid,
    /// Where the log ended: later commits under the old id are not of this log.
    position: i64,
    adopted_at: DateTime<Utc>,
    /// Views that stand on a commit of this log: the projector takes them over.
    carried_over: Vec<String>,
    /// Views that show what this log does not hold.
    to_rebuild: Vec<String>,
    /// Whether the vault had to be brought to this log; none if its database is not configured, or that failed.
    vault_brought_over: Option<bool>,
}

impl Report {
    fn of(adoption: &Adoption, adopted: bool) -> Self {
        Self {
            adopted,
            old_log_id: adoption.old_log_id,
            new_log_id: adoption.new_log_id,
            position: adoption.position,
            adopted_at: adoption.at,
            carried_over: Vec::new(),
            to_rebuild: Vec::new(),
            vault_brought_over: None,
        }
    }

    fn text(&self) -> String {
        let Self { old_log_id, new_log_id, position, adopted_at, .. } = self;
        let position = thousands(*position);
        let mut text = match self.adopted {
            true => format!("log {old_log_id} goes on as {new_log_id} from position {position} on\n"),
            false => format!(
                "log {old_log_id} was adopted as {new_log_id} at position {position} on {adopted_at}, and nothing was appended \
                 since: it keeps that id (--again gives it another one)\n"
            ),
        };
        if !self.carried_over.is_empty() {
            text.push_str(&format!("the projector takes over: {}\n", self.carried_over.join(", ")));
        }
        if !self.to_rebuild.is_empty() {
            let views = self.to_rebuild.join(" ");
            text.push_str(&format!("of another history: rebuild with `jangbu views rebuild {views} --reason WHY`\n"));
        }
        match self.vault_brought_over {
            Some(true) => text.push_str("the vault was brought to this log\n"),
            Some(false) => {}
            None => text.push_str("the vault was not brought to this log; `jangbu doctor` looks at it\n"),
        }
        text
    }
}

/// Gives the log a new id, and brings the vault to it. Whatever may be away is asked for first: a log with a new id and a vault
/// of the old one is what must not be left behind.
pub async fn adopt(args: &AdoptArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = args.why.operator()?;
    if !args.why.was_given() {
        return Err(Failure::Usage("--reason must say why: it is kept with the log".into()));
    }
    args.confirm.ask("the log gets a new id: programs that read it under the old one refuse it from then on")?;
    let mut log = Database::Log.connect(config).await?;
    let mut vault = configured(Database::Vault, config).await?;
    let mut views = configured(Database::Views, config).await?;
    let before = if args.again { None } else { at_the_end(&mut log).await? };
    let adopted = before.is_none();
    let adoption = match before {
        Some(adoption) => adoption,
        None => adopt_now(&mut log, &operator).await?,
    };
    let mut report = Report::of(&adoption, adopted);
    let finished = bring_over(&adoption, &mut report, &mut log, vault.as_mut(), views.as_mut()).await;
    output.show(&report, Report::text)?;
    finished.map_err(|failure| Failure::Unfinished {
        what: format!("the log has its new id {}, but not all that follows it was brought over", adoption.new_log_id),
        source: Box::new(failure),
    })
}

/// A connection to a database, if it is configured.
async fn configured(database: Database, config: &Config) -> Result<Option<PgConnection>, Failure> {
    match database.address(config) {
        Ok(_) => database.connect(config).await.map(Some),
        Err(_) => Ok(None),
    }
}

async fn bring_over(
    adoption: &Adoption,
    report: &mut Report,
    log: &mut PgConnection,
    vault: Option<&mut PgConnection>,
    views: Option<&mut PgConnection>,
) -> Result<(), Failure> {
    if let Some(vault) = vault {
        report.vault_brought_over = Some(vault::bring_over(log, vault, adoption).await?);
    }
    if let Some(views) = views {
        (report.carried_over, report.to_rebuild) = live_views(log, views).await?;
    }
    Ok(())
}

/// The live views that stand on a commit of this log, and those that do not.
async fn live_views(
    log: &mut PgConnection,
    connection: &mut PgConnection,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut standings = views::registry(connection).await?;
    views::lag(log, &mut standings).await?;
    let live = standings.into_iter().filter(views::Standing::is_live);
    let (other, same): (Vec<_>, Vec<_>) = live.partition(|standing| standing.other_history.is_some());
    let names = |standings: Vec<views::Standing>| standings.into_iter().map(|standing| standing.view).collect();
    Ok((names(same), names(other)))
}
