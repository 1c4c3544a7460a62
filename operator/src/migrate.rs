//! `jangbu migrate`: the histories of the databases.

use std::time::Duration;

use database::migrations::{Database, Entry, MigrateError, Repaired, State};
use serde::Serialize;
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    config::Config,
    db::{self},
    failure::Failure,
    output::{Confirm, Output, Table},
};

/// Brings the schemas to where this build wants them.
#[derive(Debug, clap::Subcommand)]
pub enum MigrateCommand {
    /// Show how every migration stands; exit code 1 unless all are applied as they are here
    Status(DatabaseArgs),
    /// Apply what is pending
    Up(DatabaseArgs),
    /// Mark migrations as applied without running them: for a schema that was made by other means
    Baseline {
        /// The last migration that the schema already holds (YYYYMMDDhhmmss)
        #[arg(value_name = "VERSION")]
        up_to: i64,
        #[command(flatten)]
        database: DatabaseArgs,

        #[command(flatten)]
        confirm: Confirm,
    },
    /// Accept the files as they are: record edited migrations again, forget missing ones
    Repair {
        #[command(flatten)]
        database: DatabaseArgs,

        #[command(flatten)]
        confirm: Confirm,
    },
}

/// Which databases.
#[derive(Debug, clap::Args)]
pub struct DatabaseArgs {
    /// Which database
    #[arg(long, value_enum, default_value = "all")]
    database: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    Log,
    Views,
    Vault,
    All,
}

impl DatabaseArgs {
    /// The databases that are meant.
    pub fn databases(&self) -> Vec<Database> {
        self.database.databases()
    }
}

impl Which {
    fn databases(self) -> Vec<Database> {
        match self {
            Self::Log => vec![Database::Log],
            Self::Views => vec![Database::Views],
            Self::Vault => vec![Database::Vault],
            Self::All => Database::ALL.to_vec(),
        }
    }
}

/// One migration, of one database.
#[derive(Debug, Serialize)]
struct Line {
    database: &'static str,
    version: i64,
    description: String,
    state: &'static str,
    applied_at: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<&'static str>,
}

impl Line {
    fn new(database: Database, entry: Entry) -> Self {
        let (state, to_do) = match entry.state {
            State::Applied => ("applied", None),
            State::Pending => ("pending", Some("jangbu migrate up")),
            State::Edited => ("edited", Some("put the file back as it was; make the change in a new file")),
            State::Missing => ("missing", Some("use the build that applied it, or bring the file back")),
        };
        let Entry { version, description, applied_at, .. } = entry;
        Self { database: db(database).1, version, description, state, applied_at, to_do }
    }
}

/// The other names of a database: how it is connected to, and how it is called here.
pub fn db(database: Database) -> (db::Database, &'static str) {
    match database {
        Database::Log => (db::Database::Log, "log"),
        Database::Views => (db::Database::Views, "views"),
        Database::Vault => (db::Database::Vault, "vault"),
    }
}

/// Runs one of the commands; answers whether all is as it should be.
pub async fn run(command: &MigrateCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    match command {
        MigrateCommand::Status(args) => status(args.database, config, output).await,
        MigrateCommand::Up(args) => up(args.database, config, output).await.map(|()| true),
        MigrateCommand::Baseline { up_to, database, confirm } => {
            baseline(*up_to, database.database, *confirm, config, output).await.map(|()| true)
        }
        MigrateCommand::Repair { database, confirm } => {
            repair(database.database, *confirm, config, output).await.map(|()| true)
        }
    }
}

/// How every migration of a database stands.
pub async fn entries(database: Database, config: &Config) -> Result<Vec<Entry>, Failure> {
    let pool = connect(database, config).await?;
    database.status(&pool).await.map_err(|source| stopped(database, source))
}

async fn status(which: Which, config: &Config, output: Output) -> Result<bool, Failure> {
    let mut lines = Vec::new();
    for database in which.databases() {
        lines.extend(entries(database, config).await?.into_iter().map(|entry| Line::new(database, entry)));
    }
    print(&lines, output)?;
    Ok(lines.iter().all(|line| line.to_do.is_none()))
}

async fn up(which: Which, config: &Config, output: Output) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for database in which.databases() {
        let pool = connect(database, config).await?;
        let applied = database.up(&pool).await.map_err(|source| stopped(database, source))?;
        output.remark(format!("{}: {} applied", db(database).0.name(), applied.len()));
        lines.extend(applied.into_iter().map(|entry| Line::new(database, entry)));
    }
    if lines.is_empty() && !output.json {
        return Ok(());
    }
    print(&lines, output)
}

async fn baseline(up_to: i64, which: Which, confirm: Confirm, config: &Config, output: Output) -> Result<(), Failure> {
    let [database] = which.databases()[..] else {
        return Err(Failure::Usage("a version belongs to one history: name it with --database".into()));
    };
    let pool = connect(database, config).await?;
    confirm.ask(&format!("marking every migration of the {} up to {up_to} as applied", db(database).0.name()))?;
    let marked = database.baseline(&pool, up_to).await.map_err(|source| stopped(database, source))?;
    let lines: Vec<Line> = marked.into_iter().map(|entry| Line::new(database, entry)).collect();
    output.remark(format!("{}: {} marked as applied", db(database).0.name(), lines.len()));
    print(&lines, output)
}

/// What a repair did to one migration.
#[derive(Serialize)]
struct RepairLine {
    database: &'static str,
    version: i64,
    done: &'static str,
}

async fn repair(which: Which, confirm: Confirm, config: &Config, output: Output) -> Result<(), Failure> {
    confirm.ask("writing the migrations down as they are here, whatever was applied")?;
    let mut lines = Vec::new();
    for database in which.databases() {
        let pool = connect(database, config).await?;
        let repaired = database.repair(&pool).await.map_err(|source| stopped(database, source))?;
        output.remark(format!("{}: {} repaired", db(database).0.name(), repaired.len()));
        lines.extend(repaired.into_iter().map(|repaired| match repaired {
            Repaired::Rewritten(version) => RepairLine { database: db(database).1, version, done: "rewritten" },
            Repaired::Forgotten(version) => RepairLine { database: db(database).1, version, done: "forgotten" },
        }));
    }
    output.show(&lines, |lines| {
        if lines.is_empty() {
            return "every migration was recorded as it is here: nothing was repaired".into();
        }
        let mut table = Table::new(["database", "migration", "done"]);
        for line in lines {
            table.row([line.database.into(), line.version.to_string(), line.done.into()]);
        }
        table.render()
    })
}

fn print(lines: &[Line], output: Output) -> Result<(), Failure> {
    output.show(&lines, |lines| {
        let mut table = Table::new(["database", "migration", "name", "state", "applied at", "to do"]);
        for line in *lines {
            let at = line.applied_at.map_or("-".into(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string());
            let words = [line.database.into(), line.version.to_string(), line.description.clone(), line.state.into()];
            table.row(words.into_iter().chain([at, line.to_do.unwrap_or_default().into()]));
        }
        table.render()
    })
}

async fn connect(database: Database, config: &Config) -> Result<PgPool, Failure> {
    // Distinguished from a pool that is only busy: the first connection is tried by itself.
    drop(db(database).0.connect(config).await?);
    let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(5));
    Ok(pool.connect_lazy_with(db(database).0.options(config)?))
}

fn stopped(database: Database, source: MigrateError) -> Failure {
    Failure::Migrations { database: db(database).0.name(), source }
}
