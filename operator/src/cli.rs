//! The commands, and which module does each.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    accounts::{self, AccountsCommand},
    approvals::{self, ApprovalsCommand},
    archive::{self, ArchiveCommand},
    audit::{self, AuditCommand},
    commands,
    config::Config,
    doctor::{self, DoctorArgs},
    env_file::EnvFile,
    failure::Failure,
    internal_keys::{self, InternalKeysCommand},
    leader::{self, LeaderCommand},
    log::{self, AdoptArgs, ConvertArgs, ShowArgs, TailArgs},
    members::{self, MembersCommand},
    migrate::{self, MigrateCommand},
    operators::{self, OperatorsCommand},
    output::Output,
    payouts::{self, PayoutsCommand},
    processes::{self, ProcessesCommand},
    repair::{self, RepairCommand},
    slice_keys::{self, SliceKeysCommand},
    token::{self, KeysCommand, TokenArgs},
    vault::{self, VaultCommand},
    verify::{self, VerifyArgs},
    views::{self, ViewsCommand},
};

/// The operator's command line of Jangbu
#[derive(Debug, Parser)]
#[command(name = "jangbu", version, max_term_width = 80, propagate_version = true)]
#[command(after_help = "Data goes to standard output, everything else to standard error.\n\
    Exit codes: 0 done, 1 it found something wrong or could not do it, 2 wrong use.\n\
    `jangbu help COMMAND` or `jangbu COMMAND --help` shows every variable and its meaning.")]
struct Cli {
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    json: bool,

    /// Do not read .jangbu/env of this folder or the nearest one above
    #[arg(long, global = true)]
    no_env_file: bool,

    #[command(flatten)]
    config: Config,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a token for local use
    Token(TokenArgs),
    /// Make and show the keys that sign and verify tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Make and rotate the keys that seal the slices from the relay to the projector
    #[command(subcommand)]
    SliceKeys(SliceKeysCommand),
    /// Make and rotate the key that command servers share
    #[command(subcommand)]
    InternalKeys(InternalKeysCommand),
    /// Bring the schemas of the databases to where this build wants them
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Say what is wrong, and what to do about it
    Doctor(DoctorArgs),
    /// Put back what was lost: the roles' grants
    #[command(subcommand)]
    Repair(RepairCommand),
    /// Show how far the views are, rebuild them, and go back
    #[command(subcommand)]
    Views(ViewsCommand),
    /// Read and prove the log
    #[command(subcommand)]
    Log(LogCommand),
    /// Show how far the books are proven, and let commands go on after an alarm
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Keep the log outside its database, and bring it back
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Freeze accounts, and show them as the log has them
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Show how far payout runs are
    #[command(subcommand)]
    Payouts(PayoutsCommand),
    /// Erase members, and show what is personal to those who have a reason
    #[command(subcommand)]
    Members(MembersCommand),
    /// Add operators and show them, give them roles, take away and give back their log-in
    #[command(subcommand)]
    Operators(OperatorsCommand),
    /// Show what waits for a second operator, approve it or reject it
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// Show what the processes are doing, and have a stuck one try again
    #[command(subcommand)]
    Processes(ProcessesCommand),
    /// Show which command server leads, and have it hand over
    #[command(subcommand)]
    Leader(LeaderCommand),
    /// The key-encryption keys of the vault: make, count, rotate
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Print a script that completes commands and options in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command
    Man {
        /// The folder; it is created if it is missing
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print the table of all commands, as docs/commands.md has it
    #[command(hide = true)]
    Commands,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Show the newest commits
    Tail(TailArgs),
    /// Show commits with everything that is known of them
    Show(ShowArgs),
    /// Read the whole log and all views and prove that they are what they should be
    Verify(VerifyArgs),
    /// Give a log that was restored from a backup a new id, so that nobody takes it for the one before
    Adopt(AdoptArgs),
    /// Bring a log of the format before into the tables in which a commit is one row
    Convert(ConvertArgs),
}

/// Runs the command line of this process.
pub async fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Known before parsing, for the parser takes its defaults from the file.
    let wants_file = !arguments.iter().any(|a| a == "--no-env-file");
    let json = arguments.iter().any(|a| a == "--json");
    let result = match env_file(wants_file) {
        Ok(file) => run(parse(&file, arguments, json)).await,
        Err(failure) => Err(failure),
    };
    match result {
        Ok(code) => code,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            Output { json }.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn env_file(wanted: bool) -> Result<EnvFile, Failure> {
    if !wanted {
        return Ok(EnvFile::default());
    }
    let here = std::env::current_dir().map_err(Failure::EnvFile)?;
    EnvFile::find(&here).map_err(Failure::EnvFile)
}

/// Parses; ends the process with code 2 and a usage text where the call is wrong, or with the same as JSON.
fn parse(file: &EnvFile, arguments: Vec<OsString>, json: bool) -> Cli {
    let matches = file.behind(Cli::command()).try_get_matches_from(arguments);
    let parsed = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| match json && error.use_stderr() {
        true => {
            let error = wrong_use(&error.render().to_string());
            Output { json }.failure(&error);
            std::process::exit(error.exit_code().into())
        }
        false => error.exit(),
    })
}

/// What is wrong with the call: the first paragraph of the parser's text.
fn wrong_use(text: &str) -> Failure {
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let wrong = lines.collect::<Vec<_>>().join(" ");
    Failure::Usage(wrong.trim_start_matches("error: ").to_owned())
}

fn write_manual(folder: &Path) -> Result<(), Failure> {
    let failed = |source| Failure::Manual { folder: folder.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)
}

async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let output = Output { json: cli.json };
    let config = &cli.config;
    match &cli.command {
        Command::Token(args) => token::token(args, config, output)?,
        Command::Keys(command) => token::keys(command, config, output)?,
        Command::SliceKeys(command) => slice_keys::run(command, config, output)?,
        Command::InternalKeys(command) => internal_keys::run(command, config, output)?,
        Command::Migrate(command) => return migrate::run(command, config, output).await.map(judged),
        Command::Doctor(args) => return doctor::run(args, config, output).await.map(judged),
        Command::Repair(command) => return repair::run(command, config, output).await.map(judged),
        Command::Views(command) => return views::run(command, config, output).await.map(judged),
        Command::Log(LogCommand::Tail(args)) => log::tail(args, config, output).await?,
        Command::Log(LogCommand::Show(args)) => log::show(args, config, output).await?,
        Command::Log(LogCommand::Verify(args)) => return verify::run(args, config, output).await.map(judged),
        Command::Log(LogCommand::Adopt(args)) => log::adopt(args, config, output).await?,
        Command::Log(LogCommand::Convert(args)) => log::convert(args, config, output).await?,
        Command::Audit(command) => return audit::run(command, config, output).await.map(judged),
        Command::Archive(command) => return archive::command(command, config, output).await.map(judged),
        Command::Vault(command) => vault::run(command, config, output).await?,
        Command::Leader(command) => return leader::run(command, config, output).await.map(judged),
        Command::Processes(command) => return processes::run(command, config, output).await.map(judged),
        Command::Accounts(command) => accounts::run(command, config, output).await?,
        Command::Payouts(command) => return payouts::run(command, config, output).await.map(judged),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "jangbu", &mut io::stdout().lock());
        }
        Command::Man { folder } => write_manual(folder)?,
        Command::Commands => output.line(commands::table(Cli::command()).trim_end())?,
        Command::Members(command) => members::run(command, config, output).await?,
        Command::Operators(command) => operators::run(command, config, output).await?,
        Command::Approvals(command) => approvals::run(command, config, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// 0 if all is well, 1 if something wrong was found.
fn judged(well: bool) -> ExitCode {
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_committed_table_has_every_command() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/commands.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let table = commands::table(Cli::command());
        assert!(committed == table, "write it again: cargo run -p operator -- commands > docs/commands.md");
        for command in ["log show", "views rebuild", "vault rotate", "doctor"] {
            assert!(table.contains(&format!("| `jangbu {command}` |")), "{command}");
        }
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let folder = std::env::temp_dir().join(format!("jangbu-man-{}", std::process::id()));
        write_manual(&folder).expect("written");
        for page in ["jangbu.1", "jangbu-views-rebuild.1", "jangbu-log-verify.1"] {
            let text = std::fs::read_to_string(folder.join(page)).expect(page);
            assert!(text.contains(".SH NAME"), "{page}");
        }
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
