//! `jangbu accounts`: freezing through the command API, and an account as the log has it.

mod api;
mod show;

use clap::Subcommand;
use uuid::Uuid;

use self::show::Named;
use crate::{config::Config, failure::Failure, output::Output};

/// Looks after accounts.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Freeze an account: nothing goes in or out
    Freeze(ChangeArgs),
    /// Lift the freeze of an account
    Unfreeze(ChangeArgs),
    /// Show an account as the log has it, whatever the views say
    Show {
        /// The account's id or its twelve digits
        #[arg(value_name = "ID|NUMBER")]
        account: Named,
    },
}

/// What is to be done to which account, and why.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// The account
    #[arg(value_name = "ID")]
    account: Uuid,

    /// Why; kept in the log for ever
    #[arg(long)]
    reason: String,

    /// Who does it; the operator of `jangbu token --role operator` if not given
    #[arg(long, value_name = "UUID")]
    subject: Option<Uuid>,

    /// Retry an earlier call: the same key does it once and reports the result
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Runs one of the commands.
pub async fn run(command: &AccountsCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        AccountsCommand::Freeze(args) => api::change("freeze", args, config, output).await,
        AccountsCommand::Unfreeze(args) => api::change("unfreeze", args, config, output).await,
        AccountsCommand::Show { account } => show::show(*account, config, output).await,
    }
}
