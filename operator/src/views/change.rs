//! `jangbu views compare|promote|rollback|drop|pause|resume|retry`.

use projection_engine::Outcome;
use serde_json::json;

use super::{
    comparison,
    context::{From, RebuildContext, Why},
    expectations,
    progress::Watching,
    rebuild::{Bounds, outcome_json, outcome_text},
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Confirm, Output},
};

/// A view, perhaps one generation of it, and why.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// The view
    name: String,

    /// The generation; the newest for which it makes sense if not given
    #[arg(long, value_name = "N")]
    generation: Option<i32>,

    #[command(flatten)]
    why: Why,
}

/// A view, and why.
#[derive(Debug, clap::Args)]
pub struct ViewArgs {
    /// The view
    name: String,

    #[command(flatten)]
    why: Why,
}

/// One generation, and why.
#[derive(Debug, clap::Args)]
pub struct DropArgs {
    /// The view
    name: String,

    /// The generation
    #[arg(long, value_name = "N")]
    generation: i32,

    #[command(flatten)]
    why: Why,

    #[command(flatten)]
    confirm: Confirm,
}

/// What to hold against the live generation.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    #[command(flatten)]
    change: ChangeArgs,

    /// What may differ: JSON lines as for `views rebuild`
    #[arg(long, value_name = "FILE")]
    expect_differences: Option<std::path::PathBuf>,

    #[command(flatten)]
    bounds: Bounds,
}

/// Which way the live generation is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    Promote,
    Rollback,
}

/// What is to be done to the live generation as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    Pause,
    Resume,
    Retry,
}

/// Holds a generation against the live one; answers whether they are equal.
pub async fn compare(args: &CompareArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.change.why.operator()?;
    let expected = expectations::read(args.expect_differences.as_deref())?;
    let context = RebuildContext::open(&[&args.change.name], config, From::Log, args.bounds.options()).await?;
    let watching = Watching::start(&[context.rebuilder()], output);
    let found = context.rebuilder().compare(args.change.generation, &expected, &operator).await;
    watching.end().await;
    context.close().await;
    let found = found?;
    output.show(&comparison::as_json(&found), |_| comparison::as_text(&found))?;
    Ok(found.is_equal())
}

/// Changes which generation is live.
pub async fn swap(swap: Swap, args: &ChangeArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let context = RebuildContext::open(&[&args.name], config, From::Log, Default::default()).await?;
    let watching = Watching::start(&[context.rebuilder()], output);
    let made: Result<Outcome, _> = match swap {
        Swap::Promote => context.rebuilder().promote(args.generation, &operator).await,
        Swap::Rollback => context.rebuilder().rollback(args.generation, &operator).await,
    };
    watching.end().await;
    context.close().await;
    let made = made?;
    output.show(&outcome_json(&args.name, &made), |_| outcome_text(&args.name, &made))?;
    Ok(true)
}

/// Drops a generation that is not live.
pub async fn drop(args: &DropArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let context = RebuildContext::open(&[&args.name], config, From::Log, Default::default()).await?;
    args.confirm
        .ask(&format!("dropping generation {} of {}, to which a rollback may lead", args.generation, args.name))?;
    let dropped = context.rebuilder().drop_generation(args.generation, &operator).await;
    context.close().await;
    dropped?;
    let result = json!({ "view": args.name, "dropped": args.generation });
    output.show(&result, |_| format!("{} generation {} was dropped", args.name, args.generation))?;
    Ok(true)
}

/// Pauses a view, lets it go on, or has it try again.
pub async fn nudge(nudge: Nudge, args: &ViewArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let context = RebuildContext::open(&[&args.name], config, From::Log, Default::default()).await?;
    let (done, word, text) = match nudge {
        Nudge::Pause => {
            (context.rebuilder().pause(&operator).await, "paused", "is paused; `views resume` lets it go on")
        }
        Nudge::Resume => (context.rebuilder().resume(&operator).await, "resumed", "goes on"),
        Nudge::Retry => {
            (context.rebuilder().try_again(&operator).await, "retried", "is tried again by the projector, now")
        }
    };
    context.close().await;
    done?;
    output.show(&json!({ "view": args.name, "done": word }), |_| format!("{} {text}", args.name))?;
    Ok(true)
}
