//! `jangbu views upgrade`: brings every view to this program's version, while the version before is read and moved.

use projection_engine::{Expected, Options, Until, Wish};
use serde_json::{Value, json};

use super::{
    progress::Watching,
    rebuild::{outcome_json, outcome_text},
    registry,
    shop::{From, Shop, Why},
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
        output.remark(&format!(
            "{}: version {} is live, this program has version {} only: use the newer program, or make the older version \
             live with `jangbu views rollback {}` or `jangbu views rebuild {}`",
            due.view, due.live, due.ours, due.view, due.view
        ));
    }
    let (mut all, mut text, mut well) = (Vec::new(), String::new(), newer.is_empty());
    for due in &older {
        if args.dry_run {
            all.push(json!({ "view": due.view, "live_version": due.live, "version": due.ours }));
            text.push_str(&format!("{}: version {} is live, {} would be made\n", due.view, due.live, due.ours));
            continue;
        }
        let wish = Wish {
            until: Until::Promoted,
            expected: Expected::default(),
            restart: false,
            abandon_live: false,
            operator: operator.clone(),
        };
        let shop = Shop::open(due.view, config, From::Log, Options::default()).await?;
        let watching = Watching::start(due.view, &shop.workshop.reporter, output);
        let made = shop.workshop.rebuild(&wish).await;
        watching.end().await;
        shop.close().await;
        let made = made?;
        well &= made.state == "live";
        all.push(outcome_json(due.view, &made));
        text.push_str(&outcome_text(due.view, &made));
    }
    if all.is_empty() && newer.is_empty() {
        text.push_str("every live view is of this program's version\n");
    }
    output.show(&Value::from(all), |_| text)?;
    Ok(well)
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
