//! `jangbu views rebuild`: makes a view anew beside the live one.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use kernel::Position;
use projection_engine::{Options, Outcome, Plan, Until, Wish};
use serde_json::{Value, json};

use super::{
    comparison, expectations,
    progress::Watching,
    shop::{From, Shop, Why},
};
use crate::{
    archive::Place,
    config::Config,
    failure::Failure,
    output::{Output, thousands},
};

/// What to rebuild, and how.
#[derive(Debug, clap::Args)]
pub struct RebuildArgs {
    /// The view
    name: String,

    /// Say what there is to do and about how long it takes, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Stop when it could be promoted, and leave that to `views promote`
    #[arg(long)]
    no_promote: bool,

    /// A side generation, for `views query`: the view as it was at this position
    #[arg(long, value_name = "POSITION", conflicts_with = "as_of")]
    #[arg(value_parser = clap::value_parser!(i64).range(0..))]
    to_position: Option<i64>,

    /// A side generation, for `views query`: the view as it was at this time (RFC 3339), by the log's clock
    #[arg(long, value_name = "TIME")]
    as_of: Option<DateTime<Utc>>,

    /// What a changed view may differ in: JSON lines of `{"table", "key", "column"}`, where `*` stands for anything
    #[arg(long, value_name = "FILE")]
    expect_differences: Option<PathBuf>,

    /// Read the bulk of the log from the archive, the rest from the log database
    #[arg(long, value_enum, default_value_t = Source::Log)]
    from: Source,

    /// Begin with the newest snapshot in the archive and read only the log after it: for `accounts`
    #[arg(long, conflicts_with_all = ["from", "to_position", "as_of"])]
    from_snapshots: bool,

    #[command(flatten)]
    place: Place,

    /// Drop what an interrupted rebuild has made, and begin anew
    #[arg(long, conflicts_with = "cancel")]
    restart: bool,

    /// Stop the rebuild of this view that is running or was interrupted, and drop what it has made
    #[arg(long)]
    cancel: bool,

    /// Neither compare with the live generation nor wait for it: where it was made from another log, or is ahead of a
    /// log that was restored from a backup
    #[arg(long)]
    abandon_live: bool,

    #[command(flatten)]
    bounds: Bounds,

    #[command(flatten)]
    why: Why,
}

/// Where the bulk of the log is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Source {
    /// The log database
    Log,
    /// The archive
    Archive,
}

/// What it may take.
#[derive(Clone, Debug, clap::Args)]
pub struct Bounds {
    /// Ranges that are loaded at once, each with a connection to either database
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    connections: u16,

    /// Events read in a second, at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,

    /// Differing rows that are shown
    #[arg(long, value_name = "N", default_value_t = 50)]
    show: usize,
}

impl Bounds {
    /// The bounds, as the engine wants them.
    pub fn options(&self) -> Options {
        Options { connections: usize::from(self.connections), rate: self.rate, shown: self.show, ..Options::default() }
    }
}

/// Rebuilds; answers whether it came to what was wanted.
pub async fn run(args: &RebuildArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let from = match args.from {
        _ if args.from_snapshots => From::Snapshots(&args.place),
        Source::Log => From::Log,
        Source::Archive => From::Archive(&args.place),
    };
    let shop = Shop::open(&args.name, config, from, args.bounds.options()).await?;
    let result = act(args, &shop, output).await;
    shop.close().await;
    result
}

async fn act(args: &RebuildArgs, shop: &Shop, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    if args.cancel {
        return cancel(args, shop, &operator, output).await;
    }
    let until = until(args, shop).await?;
    if args.dry_run {
        let plan = shop.workshop.plan(&until).await?;
        return output.show(&plan_json(&plan), |_| plan_text(&plan)).map(|()| true);
    }
    let wish = Wish {
        until,
        expected: expectations::read(args.expect_differences.as_deref())?,
        restart: args.restart,
        abandon_live: args.abandon_live,
        operator,
    };
    let watching = Watching::start(&args.name, &shop.workshop.reporter, output);
    let made = shop.workshop.rebuild(&wish).await;
    watching.end().await;
    let made = made?;
    output.show(&outcome_json(&args.name, &made), |_| outcome_text(&args.name, &made))?;
    Ok(made.state != "failed")
}

async fn until(args: &RebuildArgs, shop: &Shop) -> Result<Until, Failure> {
    if let Some(position) = args.to_position {
        let head = shop.head().await?;
        if position > head.number() {
            return Err(Failure::Usage(format!("the log ends at position {head}")));
        }
        return Ok(Until::Side(Position::new(position)));
    }
    if let Some(time) = args.as_of {
        return Ok(Until::Side(shop.workshop.position_at(time).await?));
    }
    Ok(if args.no_promote { Until::Ready } else { Until::Promoted })
}

async fn cancel(
    args: &RebuildArgs,
    shop: &Shop,
    operator: &projection_engine::Operator,
    output: Output,
) -> Result<bool, Failure> {
    let dropped = shop.workshop.cancel(operator).await?;
    let told = json!({ "view": args.name, "dropped": dropped });
    output.show(&told, |_| match dropped {
        Some(generation) => format!("{} generation {generation} was cancelled and dropped", args.name),
        None => format!("no rebuild of {} is under way", args.name),
    })?;
    Ok(dropped.is_some())
}

fn plan_json(plan: &Plan) -> Value {
    let resumes = plan.resumes.as_ref().map(|(generation, state)| json!({ "generation": generation, "state": state }));
    json!({
        "view": plan.view, "live": plan.live, "live_version": plan.live_version, "version": plan.version,
        "events": plan.events, "rows": plan.rows, "bytes": plan.bytes, "bulk": plan.bulk,
        "estimated_seconds": plan.seconds, "resumes": resumes,
    })
}

fn plan_text(plan: &Plan) -> String {
    let way = if plan.bulk { "loaded in ranges, indexes after" } else { "applied commit by commit" };
    let mut text = format!(
        "would rebuild {} (live: generation {}, version {}; to be made: version {})\n  {:<9} {} to read, {way}\n  {:<9} about \
         {}\n  {:<9} about {} MiB more, tables and indexes\n  {:<9} about {} s\n",
        plan.view,
        plan.live,
        plan.live_version,
        plan.version,
        "events",
        thousands(plan.events),
        "rows",
        thousands(plan.rows),
        "disk",
        thousands(plan.bytes / (1 << 20)),
        "time",
        thousands(plan.seconds)
    );
    if let Some((generation, state)) = &plan.resumes {
        text.push_str(&format!("  goes on with generation {generation}, which is {state}\n"));
    }
    text
}

/// What came of it, for programs.
pub fn outcome_json(view: &str, made: &Outcome) -> Value {
    json!({
        "view": view, "generation": made.generation, "position": made.position, "state": made.state,
        "comparison": made.comparison.as_ref().map(comparison::as_json),
    })
}

/// What came of it, for people.
pub fn outcome_text(view: &str, made: &Outcome) -> String {
    let mut text = made.comparison.as_ref().map(comparison::as_text).unwrap_or_default();
    let (generation, position) = (made.generation, thousands(made.position.number()));
    text.push_str(&match made.state {
        "live" => format!(
            "{view} generation {generation} is live, at position {position}; `jangbu views rollback {view}` goes back\n"
        ),
        "ready" => format!("{view} generation {generation} is ready, at position {position}\n"),
        _ => format!(
            "{view} generation {generation} was NOT promoted: it differs from the live one; look into it with `jangbu \
             views query`, then `jangbu views drop {view} --generation {generation}`\n"
        ),
    });
    text
}
