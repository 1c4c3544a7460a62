//! `jangbu log adopt`: a log that was restored from a backup goes on as another log.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    output::{Output, thousands},
    views::{self, Why},
};

/// Who adopts, and why.
#[derive(Debug, clap::Args)]
pub struct AdoptArgs {
    #[command(flatten)]
    why: Why,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    old_log_id: Uuid,
    new_log_id: Uuid,
    /// Where the log ended: later commits under the old id are not of this log.
    position: i64,
    adopted_at: DateTime<Utc>,
    /// Views that stand on a commit of this log: the projector takes them over.
    carried_over: Vec<String>,
    /// Views that show what this log does not hold.
    to_rebuild: Vec<String>,
    /// Whether the vault was brought to this log; none if its database is not configured.
    vault_brought_over: Option<bool>,
}

impl Report {
    fn text(&self) -> String {
        let Self { old_log_id, new_log_id, position, .. } = self;
        let mut text = format!("log {old_log_id} goes on as {new_log_id} from position {} on\n", thousands(*position));
        if !self.carried_over.is_empty() {
            text.push_str(&format!("the projector takes over: {}\n", self.carried_over.join(", ")));
        }
        if !self.to_rebuild.is_empty() {
            let views = self.to_rebuild.join(" ");
            text.push_str(&format!("of another history: rebuild with `jangbu views rebuild {views} --reason WHY`\n"));
        }
        match self.vault_brought_over {
            Some(true) => text.push_str("the vault was of another history and goes on from here\n"),
            Some(false) => {}
            None => {
                text.push_str("the vault was not looked at: set JANGBU_VAULT_DATABASE_URL, `jangbu doctor` tells\n")
            }
        }
        text
    }
}

/// Gives the log a new id, and brings the vault to it.
pub async fn adopt(args: &AdoptArgs, yes: bool, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = args.why.operator()?;
    if !args.why.was_given() {
        return Err(Failure::Usage("--reason must say why: it is kept with the log".into()));
    }
    if !yes {
        return Err(Failure::Unconfirmed(
            "the log gets a new id: whoever reads it under the old one refuses it from then on".into(),
        ));
    }
    let mut log = Database::Log.connect(config).await?;
    let row = sqlx::query!(
        r#"select old_log_id as "old_log_id!", new_log_id as "new_log_id!", position as "position!", at as "at!",
               command_id, recorded_at
           from adopt_log($1, $2)"#,
        operator.who,
        operator.reason
    )
    .fetch_one(&mut log)
    .await
    .map_err(failed("giving the log a new id"))?;
    let vault_brought_over = match config.vault_database() {
        Ok(_) => {
            let mut vault = Database::Vault.connect(config).await?;
            Some(bring_vault_over(&mut log, &mut vault, row.position, row.command_id.zip(row.recorded_at)).await?)
        }
        Err(_) => None,
    };
    let (carried_over, to_rebuild) = match config.views_database() {
        Ok(_) => live_views(&mut log, config).await?,
        Err(_) => Default::default(),
    };
    let report = Report {
        old_log_id: row.old_log_id,
        new_log_id: row.new_log_id,
        position: row.position,
        adopted_at: row.at,
        carried_over,
        to_rebuild,
        vault_brought_over,
    };
    output.show(&report, Report::text)
}

/// The live views that stand on a commit of this log, and those that do not.
async fn live_views(log: &mut PgConnection, config: &Config) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut connection = Database::Views.connect(config).await?;
    let mut standings = views::registry(&mut connection).await?;
    views::lag(log, &mut standings).await?;
    let live = standings.into_iter().filter(views::Standing::is_live);
    let (other, same): (Vec<_>, Vec<_>) = live.partition(|standing| standing.other_history.is_some());
    let names = |standings: Vec<views::Standing>| standings.into_iter().map(|standing| standing.view).collect();
    Ok((names(same), names(other)))
}

/// A vault that was brought after commits that this log does not hold goes on from the end of this log; messages that events
/// beyond it asked for are forgotten. Whether that was so.
async fn bring_vault_over(
    log: &mut PgConnection,
    vault: &mut PgConnection,
    position: i64,
    commit: Option<(Uuid, DateTime<Utc>)>,
) -> Result<bool, Failure> {
    let noted = sqlx::query!("select position, noted_position, command_id, recorded_at from vault.message_cursor")
        .fetch_optional(&mut *vault)
        .await
        .map_err(failed("reading how far the vault was brought after the log"))?;
    let Some(noted) = noted else { return Ok(false) };
    let held = sqlx::query_scalar!(
        r#"select exists (
               select from commits where command_id = $1 and last_position = $2 and recorded_at = $3
           ) as "held!""#,
        noted.command_id,
        noted.noted_position,
        noted.recorded_at
    )
    .fetch_one(log)
    .await
    .map_err(failed("looking for the commit of the vault"))?;
    if noted.position <= position && (held || noted.command_id.is_none()) {
        return Ok(false);
    }
    let (command, recorded_at) = commit.unzip();
    sqlx::query!(
        "with moved as (
            update vault.message_cursor
            set position = $1::int8, noted_position = case when $2::uuid is null then null else $1::int8 end, command_id = $2,
                recorded_at = $3
         )
         delete from vault.messages where position > $1::int8",
        position,
        command,
        recorded_at
    )
    .execute(vault)
    .await
    .map_err(failed("bringing the vault to the log"))?;
    Ok(true)
}
