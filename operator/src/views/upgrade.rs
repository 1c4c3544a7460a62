//! `jangbu views upgrade`: brings every view to this program's version and to the days of the bank's zone, while the generation
//! before is read and moved.

use kernel::Zone;
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

/// A view whose live generation is not of this program's version, or counts the days of another zone than the one that is set.
struct Due {
    view: &'static str,
    live: i32,
    ours: i32,
    /// Whose days are counted, and whose would be.
    zones: Option<(String, Zone)>,
}

/// Upgrades; answers whether every view is now, or would be, of this program's version and the zone that is set.
pub async fn run(args: &UpgradeArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let (older, newer): (Vec<Due>, Vec<Due>) = due(config).await?.into_iter().partition(|due| due.live <= due.ours);
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
    let due = |due: &Due| {
        let zones = due.zones.as_ref();
        json!({
            "view": due.view, "live_version": due.live, "version": due.ours,
            "live_zone": zones.map(|(live, _)| live), "zone": zones.map(|(_, set)| set),
        })
    };
    output.show(&Value::from_iter(older.iter().map(due)), |_| {
        if older.is_empty() {
            return "no live view is of an older version than this program's, or counts the days of another zone\n"
                .to_owned();
        }
        older.iter().map(Due::line).collect()
    })
}

impl Due {
    fn line(&self) -> String {
        let Self { view, live, ours, zones } = self;
        let zones = zones.as_ref().map(|(live, set)| format!(", with the days of {set} instead of {live}"));
        format!("{view}: version {live} is live, {ours} would be made{}\n", zones.unwrap_or_default())
    }
}

async fn due(config: &Config) -> Result<Vec<Due>, Failure> {
    let mut live = registry(&mut Database::Views.connect(config).await?).await?;
    live.iter_mut().for_each(|standing| standing.hold_against(config.zone));
    let due = ::views::all().into_iter().filter_map(|view| {
        let live = live.iter().find(|standing| standing.view == view.name() && standing.is_live())?;
        let zones = live.zone.clone().zip(live.zone_due);
        let due = Due { view: view.name(), live: live.version, ours: view.version(), zones };
        (due.live != due.ours || due.zones.is_some()).then_some(due)
    });
    Ok(due.collect())
}
