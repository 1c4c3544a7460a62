//! `jangbu views upgrade`: brings every view to this program's version, while the version before is read and moved.

use projection_engine::{Expected, Options, RebuildRequest, Until};
use serde_json::{Value, json};

use super::{
    context::{From, RebuildContext, Why},
    rebuild::{make, show_all},
    registry,
};
use crate::{config::Config, db::Database, failure::Failure, output::Output};

/// Whether to do it, and why.
#[derive(Debug, clap::Args)]
pub struct UpgradeArgs {
    /// Say which views are due, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    why: Why,
}

/// A view whose live generation is not of this program's version.
struct Due {
    view: &'static str,
    live: i32,
    ours: i32,
}

/// Upgrades; answers whether every view is now, or would be, of this program's version.
pub async fn run(args: &UpgradeArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let (older, newer): (Vec<Due>, Vec<Due>) = due(config).await?.into_iter().partition(|due| due.live < due.ours);
    for due in &newer {
        output.remark(format!(
            "{}: version {} is live, this program has version {} only: use the newer program, or make the older version \
             live with `jangbu views rollback {}` or `jangbu views rebuild {}`",
            due.view, due.live, due.ours, due.view, due.view
        ));
    }
    if args.dry_run || older.is_empty() {
        return say(&older, output).map(|()| newer.is_empty());
    }
    let request = RebuildRequest {
        until: Until::Promoted,
        expected: Expected::default(),
        restart: false,
        abandon_live: false,
        operator,
    };
    let names: Vec<&str> = older.iter().map(|due| due.view).collect();
    let context = RebuildContext::open(&names, config, From::Log, Options::default()).await?;
    let made = make(&context, &request, output).await;
    context.close().await;
    Ok(show_all(&made?, output)? && newer.is_empty())
}

/// Says which views are due.
fn say(older: &[Due], output: Output) -> Result<(), Failure> {
    let due = |due: &Due| json!({ "view": due.view, "live_version": due.live, "version": due.ours });
    output.show(&Value::from_iter(older.iter().map(due)), |_| {
        if older.is_empty() {
            return "no live view is of an older version than this program's\n".to_owned();
        }
        let due = |due: &Due| format!("{}: version {} is live, {} would be made\n", due.view, due.live, due.ours);
        older.iter().map(due).collect()
    })
}

async fn due(config: &Config) -> Result<Vec<Due>, Failure> {
    let live = registry(&mut Database::Views.connect(config).await?).await?;
    let due = ::views::all().into_iter().filter_map(|view| {
        let live = live.iter().find(|standing| standing.view == view.name() && standing.is_live())?;
        let due = Due { view: view.name(), live: live.version, ours: view.version() };
        (due.live != due.ours).then_some(due)
    });
    Ok(due.collect())
}
