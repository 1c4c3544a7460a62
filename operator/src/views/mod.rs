//! `jangbu views`: how far the views are, and everything that operators do to them.

mod change;
mod comparison;
mod context;
mod expectations;
mod parked;
mod plan;
mod progress;
mod query;
mod rebuild;
mod standing;
mod upgrade;

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use kernel::Zone;

use self::{
    change::{ChangeArgs, CompareArgs, DropArgs, Nudge, Swap, ViewArgs},
    parked::ParkedCommand,
    query::QueryArgs,
    rebuild::RebuildArgs,
    standing::standings,
    upgrade::UpgradeArgs,
};
pub use self::{
    context::Why,
    standing::{Standing, lag, registry},
};

use crate::{
    config::Config,
    failure::Failure,
    output::{Output, Table, thousands},
};

/// Shows the views.
#[derive(Debug, clap::Subcommand)]
pub enum ViewsCommand {
    /// Show the live generation of every view; exit code 1 if one is stuck, stalled, missing, or has parked keys
    List(Watch),
    /// Show every generation of one view
    Show {
        /// The view
        name: String,
        #[command(flatten)]
        watch: Watch,
    },
    /// Rebuild views beside the live ones, compare them, and promote each that is equal; an interrupted rebuild is resumed
    Rebuild(Box<RebuildArgs>),
    /// Rebuild and promote every view whose live generation has an older version than this program, or the days of another zone
    Upgrade(UpgradeArgs),
    /// Compare a generation with the live one at the same position; exit code 1 if they differ
    Compare(CompareArgs),
    /// Make a generation live that is ready; with a number, also one that was live before
    Promote(ChangeArgs),
    /// Make the generation live again that was live before
    Rollback(ChangeArgs),
    /// Drop a generation that is not live
    Drop(DropArgs),
    /// Pause a view; its lag is still reported
    Pause(ViewArgs),
    /// Resume a paused view
    Resume(ViewArgs),
    /// Let a stuck view retry its event now
    Retry(ViewArgs),
    /// Park events that cannot be applied, and apply them later
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// Read from any generation of a view, with the rights of a reader
    Query(QueryArgs),
}

/// How often.
#[derive(Debug, clap::Args)]
pub struct Watch {
    /// Show it again every second, until interrupted
    #[arg(short, long)]
    watch: bool,
}

/// Runs one of the commands; answers whether all views are well.
pub async fn run(command: &ViewsCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    match command {
        ViewsCommand::List(watch) => list_or_show(None, watch.watch, config, output).await,
        ViewsCommand::Show { name, watch } => list_or_show(Some(name), watch.watch, config, output).await,
        ViewsCommand::Rebuild(args) => rebuild::run(args, config, output).await,
        ViewsCommand::Upgrade(args) => upgrade::run(args, config, output).await,
        ViewsCommand::Compare(args) => change::compare(args, config, output).await,
        ViewsCommand::Promote(args) => change::swap(Swap::Promote, args, config, output).await,
        ViewsCommand::Rollback(args) => change::swap(Swap::Rollback, args, config, output).await,
        ViewsCommand::Drop(args) => change::drop(args, config, output).await,
        ViewsCommand::Pause(args) => change::nudge(Nudge::Pause, args, config, output).await,
        ViewsCommand::Resume(args) => change::nudge(Nudge::Resume, args, config, output).await,
        ViewsCommand::Retry(args) => change::nudge(Nudge::Retry, args, config, output).await,
        ViewsCommand::Parked(command) => parked::run(command, config, output).await,
        ViewsCommand::Query(args) => query::run(args, config, output).await,
    }
}

async fn list_or_show(name: Option<&str>, watch: bool, config: &Config, output: Output) -> Result<bool, Failure> {
    loop {
        let all = standings(config).await?;
        if let Some(remark) = &all.remark {
            output.remark(remark);
        }
        let shown = chosen(all.views, name)?;
        show(&shown, name.is_some(), watch, output)?;
        if !watch {
            return Ok(all.remark.is_none() && !shown.is_empty() && shown.iter().all(Standing::is_well));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The live generations, or all of one view.
fn chosen(views: Vec<Standing>, name: Option<&str>) -> Result<Vec<Standing>, Failure> {
    let Some(name) = name else {
        return Ok(views.into_iter().filter(|s| s.is_live()).collect());
    };
    let known: Vec<String> = views.iter().filter(|s| s.is_live()).map(|s| s.view.clone()).collect();
    let shown: Vec<Standing> = views.into_iter().filter(|s| s.view == name).collect();
    if shown.is_empty() {
        return Err(Failure::Absent(format!("there is no view `{name}`; there are: {}", known.join(", "))));
    }
    Ok(shown)
}

fn show(views: &[Standing], in_full: bool, again: bool, output: Output) -> Result<(), Failure> {
    if again && output.json {
        return output.record(&views);
    }
    if again && std::io::stdout().is_terminal() {
        // Home, and clear what is below: the table stays in its place.
        write!(std::io::stdout().lock(), "\x1b[H\x1b[J").map_err(Failure::Output)?;
    }
    output.show(&views, |views| if in_full { full(views) } else { list(views) })
}

fn list(views: &[Standing]) -> String {
    let head = ["view", "generation", "version", "state", "position", "head", "lag events", "lag ms", "error"];
    let mut table = Table::new(head);
    for s in views {
        let number = |n: Option<i64>| n.map_or("-".into(), thousands);
        let numbers = [number(Some(s.position)), number(s.head), number(s.lag_events), number(s.lag_ms)];
        let words = [s.view.clone(), s.generation.to_string(), s.version.to_string(), s.condition()];
        table.row(words.into_iter().chain(numbers).chain([s.error_line().unwrap_or_default()]));
    }
    if views.is_empty() { "no view is live: has the projector ever run?".into() } else { table.render() }
}

/// What to do about a view that counts the days of another zone than the one that is set.
pub fn due_zone(view: &str, set: Zone) -> String {
    format!(
        "JANGBU_ZONE is {set}: `jangbu views rebuild {view} --reason WHY` makes the view with its days \
         (docs/operations.md#the-banks-days)"
    )
}

fn full(views: &[Standing]) -> String {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map_or("-".into(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    };
    let number = |n: Option<i64>| n.map_or("-".into(), thousands);
    let mut text = String::new();
    for s in views {
        let lines = [
            ("state", s.condition()),
            ("version", s.version.to_string()),
            ("schema", s.schema_name.clone()),
            ("position", thousands(s.position)),
            ("head", number(s.head)),
            ("lag", format!("{} events, {} ms", number(s.lag_events), number(s.lag_ms))),
            ("last commit", time(s.recorded_at)),
            ("moved", time(Some(s.updated_at))),
            ("promoted", time(s.promoted_at)),
        ];
        text.push_str(&format!("{} generation {}\n", s.view, s.generation));
        lines.iter().for_each(|(name, value)| text.push_str(&format!("  {name:<12} {value}\n")));
        if let Some(failure) = &s.failure {
            text.push_str(&format!("  {:<12} {failure}\n", "failed"));
        }
        if let Some(zone) = &s.zone {
            let due = s.zone_due.map(|due| format!("; {}", due_zone(&s.view, due))).unwrap_or_default();
            text.push_str(&format!("  {:<12} of {zone}{due}\n", "days"));
        }
        if s.parked_keys > 0 {
            let (keys, events) = (thousands(s.parked_keys), thousands(s.parked_events));
            text.push_str(&format!(
                "  {:<12} {keys} keys with {events} events: `jangbu views parked list`\n",
                "parked"
            ));
        }
        if let Some(error) = s.error_line() {
            text.push_str(&format!("  {:<12} {error}, since {}\n", "stuck", time(s.stuck_since)));
        }
    }
    text
}
