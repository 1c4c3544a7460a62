//! `jangbu views rebuild`: makes a view again beside the live one.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use kernel::Position;
use projection_engine::{Options, Outcome, RebuildRequest, Rollback, Until, rebuild_together};
use serde_json::{Value, json};

use super::{
    comparison,
    context::{From, RebuildContext, Why},
    expectations, plan,
    progress::Watching,
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Output, one_or_all, thousands},
};

/// What to rebuild, and how.
#[derive(Debug, clap::Args)]
pub struct RebuildArgs {
    /// The views: the log is read once for all of them, and each is compared and promoted by itself
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,

    /// Every view
    #[arg(long, conflicts_with = "names")]
    all: bool,

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

    /// What a changed view may differ in: JSON lines of `{"table", "key", "column"}`, where `*` stands for anything, and
    /// of `{"table", "column", "is": "new" | "gone"}`. Columns that the view itself says are new need no line
    #[arg(long, value_name = "FILE")]
    expect_differences: Option<PathBuf>,

    /// Read the bulk of the log from the archive, the rest from the log database
    #[arg(long, value_enum, default_value_t = Source::Log)]
    from: Source,

    /// Begin with the newest snapshot in the archive and read only the log after it: for `accounts`
    #[arg(long, conflicts_with_all = ["from", "to_position", "as_of"])]
    from_snapshots: bool,

    /// Drop what an interrupted rebuild has made, and start again
    #[arg(long, conflicts_with = "cancel")]
    restart: bool,

    /// Stop the rebuild of these views that is running or was interrupted, and drop what it has made
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
    /// Ranges that are loaded at once, each with a connection to either database, for however many views
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=16))]
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

/// Rebuilds; answers whether it came to what was wanted, for every view.
pub async fn run(args: &RebuildArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let from = match args.from {
        _ if args.from_snapshots => From::Snapshots(&config.archive),
        Source::Log => From::Log,
        Source::Archive => From::Archive(&config.archive),
    };
    let context = RebuildContext::open(&args.names(), config, from, args.bounds.options()).await?;
    let result = act(args, &context, output).await;
    context.close().await;
    result
}

impl RebuildArgs {
    /// The names, each once.
    fn names(&self) -> Vec<&str> {
        if self.all {
            return ::views::names();
        }
        let mut names: Vec<&str> = Vec::new();
        for name in &self.names {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

async fn act(args: &RebuildArgs, context: &RebuildContext, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    if args.cancel {
        return cancel(context, &operator, output).await;
    }
    let until = until(args, context).await?;
    if args.dry_run {
        return plan::show(context, &until, output).await.map(|()| true);
    }
    let request = RebuildRequest {
        until,
        expected: expectations::read(args.expect_differences.as_deref())?,
        restart: args.restart,
        abandon_live: args.abandon_live,
        operator,
    };
    show(make(context, &request, output).await?, output)
}

/// What came of a view.
pub type Made = (&'static str, Result<Outcome, Failure>);

/// Rebuilds every view of the context and shows the progress of each.
pub async fn make(context: &RebuildContext, request: &RebuildRequest, output: Output) -> Result<Vec<Made>, Failure> {
    let rebuilders: Vec<_> = context.rebuilders.iter().collect();
    let watching = Watching::start(&rebuilders, output);
    let made = rebuild_together(&rebuilders, request).await;
    watching.end().await;
    let names = rebuilders.iter().map(|rebuilder| rebuilder.projection.name());
    Ok(names.zip(made?.into_iter().map(|made| made.map_err(Failure::from))).collect())
}

/// Shows what came of each view; of one alone as it always was, of several as a list.
fn show(mut made: Vec<Made>, output: Output) -> Result<bool, Failure> {
    if made.len() == 1
        && let Some((name, made)) = made.pop()
    {
        let made = made?;
        return output.show(&outcome_json(name, &made), |_| outcome_text(name, &made)).map(|()| made.state != "failed");
    }
    show_all(&made, output)
}

/// Shows what came of each view, as a list; whether all came to what was wanted.
pub fn show_all(made: &[Made], output: Output) -> Result<bool, Failure> {
    let outcomes: Vec<Value> = made.iter().map(|(name, made)| json_of(name, made)).collect();
    let texts = made.iter().filter_map(|(name, made)| made.as_ref().ok().map(|made| outcome_text(name, made)));
    output.show(&outcomes, |_| texts.collect())?;
    for (name, failure) in made.iter().filter_map(|(name, made)| made.as_ref().err().map(|failure| (name, failure))) {
        output.remark(format!("{name} was NOT rebuilt:"));
        output.failure(failure);
    }
    Ok(made.iter().all(|(_, made)| made.as_ref().is_ok_and(|made| made.state != "failed")))
}

fn json_of(view: &str, made: &Result<Outcome, Failure>) -> Value {
    match made {
        Ok(made) => outcome_json(view, made),
        Err(failure) => {
            json!({ "view": view, "state": "error", "error": failure.to_string(), "causes": failure.causes() })
        }
    }
}

async fn until(args: &RebuildArgs, context: &RebuildContext) -> Result<Until, Failure> {
    if let Some(position) = args.to_position {
        let head = context.head().await?;
        if position > head.number() {
            return Err(Failure::Usage(format!("the log ends at position {head}")));
        }
        return Ok(Until::Side(Position::new(position)));
    }
    if let Some(time) = args.as_of {
        return Ok(Until::Side(context.rebuilder().position_at(time).await?));
    }
    Ok(if args.no_promote { Until::Ready } else { Until::Promoted })
}

async fn cancel(
    context: &RebuildContext,
    operator: &projection_engine::Operator,
    output: Output,
) -> Result<bool, Failure> {
    let (mut results, mut text, mut any) = (Vec::new(), String::new(), false);
    for rebuilder in &context.rebuilders {
        let (view, dropped) = (rebuilder.projection.name(), rebuilder.cancel(operator).await?);
        any |= dropped.is_some();
        results.push(json!({ "view": view, "dropped": dropped }));
        text.push_str(&match dropped {
            Some(generation) => format!("{view} generation {generation} was cancelled and dropped\n"),
            None => format!("no rebuild of {view} is under way\n"),
        });
    }
    output.show(&one_or_all(results), |_| text)?;
    Ok(any)
}

/// What came of it, for programs.
pub fn outcome_json(view: &str, made: &Outcome) -> Value {
    json!({
        "view": view, "generation": made.generation, "position": made.position, "state": made.state,
        "comparison": made.comparison.as_ref().map(comparison::as_json),
        "rollback": made.rollback.as_ref().map(|to| json!({ "generation": to.generation, "refused": to.refused })),
    })
}

/// What came of it, for people.
pub fn outcome_text(view: &str, made: &Outcome) -> String {
    let mut text = made.comparison.as_ref().map(comparison::as_text).unwrap_or_default();
    let (generation, position) = (made.generation, thousands(made.position.number()));
    text.push_str(&match made.state {
        "live" => {
            let back = way_back(view, made.rollback.as_ref());
            format!("{view} generation {generation} is live, at position {position}{back}\n")
        }
        "ready" => format!("{view} generation {generation} is ready, at position {position}\n"),
        _ => format!(
            "{view} generation {generation} was NOT promoted: it differs from the live one; look into it with `jangbu \
             views query`, then `jangbu views drop {view} --generation {generation}`\n"
        ),
    });
    text
}

/// What to say of the generation that was live before: never a command that would be refused.
fn way_back(view: &str, rollback: Option<&Rollback>) -> String {
    match rollback {
        Some(Rollback { refused: None, .. }) => format!("; `jangbu views rollback {view}` goes back"),
        Some(Rollback { generation, refused: Some(why) }) => format!(
            "; there is no way back to generation {generation}: {why}; `jangbu views drop {view} --generation {generation}` \
             frees its space"
        ),
        None => String::new(),
    }
}
