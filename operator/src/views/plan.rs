//! `jangbu views rebuild --dry-run`: what there is to do.

use projection_engine::{Plan, Until};
use serde_json::{Value, json};

use super::context::RebuildContext;
use crate::{
    failure::Failure,
    output::{Output, one_or_all, thousands},
};

/// Shows what a rebuild of the context's views would have to do.
pub async fn show(context: &RebuildContext, until: &Until, output: Output) -> Result<(), Failure> {
    let mut plans = Vec::new();
    for rebuilder in &context.rebuilders {
        plans.push(rebuilder.plan(until).await?);
    }
    let result = one_or_all(plans.iter().map(plan_json).collect());
    output.show(&result, |_| {
        let mut text: String = plans.iter().map(plan_text).collect();
        if plans.len() > 1 {
            let events = plans.iter().filter(|plan| plan.bulk).map(|plan| plan.events).max().unwrap_or(0);
            text.push_str(&format!("the log is read once for all that are loaded: {} events\n", thousands(events)));
        }
        text
    })
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
