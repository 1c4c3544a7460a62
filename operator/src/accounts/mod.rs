//! `jangbu accounts`: freezing through the command API, and an account as the log has it.

mod api;
mod named;
mod show;

use clap::Subcommand;

use self::api::{ChangeArgs, FreezeArgs};
pub use self::named::NamedAccount;
use crate::{config::Config, failure::Failure, output::Output};

/// Looks after accounts.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Freeze an account: nothing goes in or out, or only nothing out
    Freeze(FreezeArgs),
    /// Lift the freeze of an account
    Unfreeze(ChangeArgs),
    /// Show an account as the log has it, whatever the views say
    Show {
        /// The account's id or its number; spaces and dashes may stand in a number
        #[arg(value_name = "ID|NUMBER")]
        account: NamedAccount,
    },
}

/// Runs one of the commands.
pub async fn run(command: &AccountsCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        AccountsCommand::Freeze(args) => api::freeze(args, config, output).await,
        AccountsCommand::Unfreeze(args) => api::unfreeze(args, config, output).await,
        AccountsCommand::Show { account } => show::show(*account, config, output).await,
    }
}
