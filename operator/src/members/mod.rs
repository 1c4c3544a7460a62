//! `jangbu members`: erasing, and looking at what is personal; through the command API, which keeps who did it and why.

mod erase;
mod facts;

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use crate::{call::Operator, config::Config, failure::Failure, output::Output};

/// Looks after members.
#[derive(Debug, Subcommand)]
pub enum MembersCommand {
    /// Erase a member: nothing personal of theirs can be read any more, in no view, event or backup
    Erase(erase::EraseArgs),
    /// Show a member's personal data; who looked and why is recorded in the log for ever
    Show(LookArgs),
    /// Show the certificate of an erasure
    Certificate {
        /// The erasure
        #[arg(value_name = "ID")]
        erasure: Uuid,
    },
}

/// At whom is looked, and why.
#[derive(Debug, clap::Args)]
pub struct LookArgs {
    /// The member
    #[arg(value_name = "ID")]
    member: Uuid,

    /// Why; kept in the log for ever
    #[arg(long)]
    reason: String,

    /// Who looks; the operator of `jangbu token --role operator` if not given
    #[arg(long, value_name = "UUID")]
    subject: Option<Uuid>,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Runs one of the commands.
pub async fn run(command: &MembersCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        MembersCommand::Erase(args) => erase::erase(args, config, output).await,
        MembersCommand::Show(args) => show(args, config, output).await,
        MembersCommand::Certificate { erasure } => {
            let certificate = Operator::new(config, None)?.get(&format!("/v1/erasures/{erasure}")).await?;
            output.show(&certificate, facts::text)
        }
    }
}

async fn show(args: &LookArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let path = format!("/v1/members/{}/disclosures", args.member);
    let body = json!({ "reason": args.reason });
    let operator = Operator::new(config, args.subject)?;
    let member = operator.post(&path, body, args.idempotency_key.as_deref(), output).await?;
    output.show(&member, facts::text)
}
