//! `jangbu members erase`: asks for it, waits until it is done, and shows the certificate.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::facts;
use crate::{
    call::Operator,
    config::Config,
    failure::Failure,
    output::{Confirm, Output},
};

/// How often it is asked whether it is done.
const EVERY: Duration = Duration::from_millis(500);

/// Whom, and why.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// The member; all their accounts must be closed
    #[arg(value_name = "ID")]
    member: Uuid,

    /// Why; kept in the log for ever
    #[arg(long)]
    reason: String,

    /// Who does it; the operator of `jangbu token --role operator` if not given
    #[arg(long, value_name = "UUID")]
    subject: Option<Uuid>,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,

    /// How many seconds to wait for it to be done; 0: only ask for it
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,

    #[command(flatten)]
    confirm: Confirm,
}

/// Erases.
pub async fn erase(args: &EraseArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let operator = Operator::new(config, args.subject)?;
    args.confirm.ask(&format!("erasing member {}", args.member))?;
    let path = format!("/v1/members/{}/erase", args.member);
    let body = json!({ "reason": args.reason });
    let asked = operator.post(&path, body, args.idempotency_key.as_deref(), output).await?;
    let erasure = erasure_of(&asked).ok_or_else(|| Failure::Answer {
        at: config.command_url.to_string(),
        what: "an erasure without an erasure_id".to_owned(),
    })?;
    if args.wait == 0 {
        return output.show(&asked, |_| format!("erasure {erasure} was asked for"));
    }
    output.remark(format!("erasure {erasure} was asked for"));
    let certificate = until_done(&operator, erasure, Duration::from_secs(args.wait)).await?;
    output.show(&certificate, facts::text)
}

fn erasure_of(answer: &Value) -> Option<Uuid> {
    answer["erasure_id"].as_str()?.parse().ok()
}

/// Asks for the certificate until there is one.
async fn until_done(operator: &Operator<'_>, erasure: Uuid, time_limit: Duration) -> Result<Value, Failure> {
    let waiting = spinner();
    let (path, deadline) = (format!("/v1/erasures/{erasure}"), Instant::now() + time_limit);
    let outcome = loop {
        match operator.get(&path).await {
            Ok(certificate) if is_done(&certificate) => break Ok(certificate),
            // Asked for, and not there yet.
            Ok(_) | Err(Failure::Refused { status: 404, .. }) => {}
            Err(failure) => break Err(failure),
        }
        if Instant::now() + EVERY > deadline {
            let seconds = time_limit.as_secs();
            break Err(Failure::Absent(format!(
                "the erasure is under way and was not done within {seconds} s: `jangbu members certificate {erasure}` \
                 shows when it is"
            )));
        }
        waiting.tick();
        sleep(EVERY).await;
    };
    waiting.finish_and_clear();
    outcome
}

/// Whether it is the answer of an erasure that was carried out, not only requested.
fn is_done(answer: &Value) -> bool {
    answer["erased_at"].is_string() && answer["status"].as_str().is_none_or(|status| status == "erased")
}

/// On standard error, if someone looks at it.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} tokens are refused everywhere, then the key goes {elapsed}")
    {
        bar.set_style(style);
    }
    bar
}
