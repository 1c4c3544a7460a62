//! Why a command could not do its work, and what to do about it.

use std::{error::Error, fmt::Display, io};

use database::migrations;
use projection_engine::RebuildError;

use event_archive::ArchiveError;

use crate::{keys::error::KeyError, log::convert::error::ConvertError};

/// Why a command stopped. Exit code 2 if the caller can fix the call, else 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A variable that this command needs is not set.
    #[error("{variable} is not set, so it is unknown {meaning}")]
    Unset {
        /// The variable.
        variable: &'static str,
        /// What it sets.
        meaning: &'static str,
    },
    /// A variable that should hold a URL does not.
    #[error("{variable} is not a URL")]
    NoUrl {
        /// The variable.
        variable: &'static str,
        /// Why not.
        #[source]
        source: url::ParseError,
    },
    /// The call makes no sense.
    #[error("{0}")]
    Usage(String),
    /// What cannot be undone was not confirmed.
    #[error("{0}: this cannot be undone")]
    Unconfirmed(String),
    /// `.jangbu/env` is there but cannot be read.
    #[error("cannot take the configuration from .jangbu/env")]
    EnvFile(#[source] io::Error),
    /// Something did not answer.
    #[error("cannot reach {what} at {at}")]
    Unreachable {
        /// What it is.
        what: &'static str,
        /// Where, without secrets.
        at: String,
        /// The variable that says where.
        variable: &'static str,
        /// What the connection said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A database answered with an error.
    #[error("{doing} failed")]
    Query {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A statement that the operator wrote cannot be run.
    #[error("the statement cannot be run")]
    Statement(#[source] sqlx::Error),
    /// What was asked for is not there.
    #[error("{0}")]
    Absent(String),
    /// An event of the log cannot be read by this build.
    #[error("the event at position {position} cannot be read")]
    Event {
        /// Where it stands.
        position: i64,
        /// Why not.
        #[source]
        source: events::recorded::DecodeError,
    },
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keys that slices are sealed with.
    #[error(transparent)]
    SliceKeys(#[from] ::log::seal::KeyFileError),
    /// The keys that command servers share.
    #[error("the key file of the command servers cannot be used")]
    InternalKeys(#[source] tasks::KeyFileError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The log as a whole, with what is in the archive.
    #[error("the log cannot be read")]
    Log(#[from] ::log::ReadError),
    /// What has left the database of the log.
    #[error("the archive of the log cannot be read")]
    Archived(#[source] Box<dyn Error + Send + Sync>),
    /// The log was not converted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// The key-encryption key.
    #[error("the key-encryption key cannot be used")]
    Kek(#[source] vault::KekError),
    /// The vault.
    #[error("{doing} failed")]
    Vault {
        /// What was being done.
        doing: &'static str,
        /// What the vault said.
        #[source]
        source: vault::VaultError,
    },
    /// A rebuild, or what else changes views.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// What the processes know of their instances.
    #[error("the processes cannot be read")]
    Processes(#[source] ::log::ReadError),
    /// Which command server leads.
    #[error("who leads cannot be read")]
    Leader(#[source] ::log::ReadError),
    /// What is known of the audit.
    #[error("the audit cannot be read or written")]
    Audit(#[source] ::log::ReadError),
    /// The migrations.
    #[error("the migrations of the {database} stopped")]
    Migrations {
        /// Of which database.
        database: &'static str,
        /// What they said, and what to do.
        #[source]
        source: migrations::MigrateError,
    },
    /// A part was done, and the rest was not.
    #[error("{what}")]
    Unfinished {
        /// What was done, and what was not.
        what: String,
        /// Why not.
        #[source]
        source: Box<Failure>,
    },
    /// A server refused the command.
    #[error("the command server refused it: {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem code.
        code: String,
        /// What it said about it.
        detail: String,
    },
    /// A server answered what it never should.
    #[error("the answer of {at} is not what the API promises: {what}")]
    Answer {
        /// Who answered.
        at: String,
        /// What was wrong.
        what: String,
    },
    /// The manual pages cannot be written.
    #[error("cannot write the manual pages into {folder}")]
    Manual {
        /// Where.
        folder: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The report cannot be written.
    #[error("cannot write the report to {file}")]
    Report {
        /// Where.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Standard output was closed or is full.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

impl Failure {
    /// A connection that failed. The address must show itself without secrets.
    pub fn unreachable(
        what: &'static str,
        address: &impl Display,
        variable: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreachable { what, at: address.to_string(), variable, source: source.into() }
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unset { .. } | Self::NoUrl { .. } | Self::Usage(_) | Self::Unconfirmed(_) => 2,
            Self::Archive(error) if error.is_wrong_use() => 2,
            _ => 1,
        }
    }

    /// Whether the reader of standard output went away: no failure, it has seen enough.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to do.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Unset { variable, .. } => {
                Some(format!("set {variable}, or run this inside a checkout where `./justw up` wrote .jangbu/env"))
            }
            Self::Unconfirmed(_) => Some("say --yes if that is what you want".into()),
            Self::Unreachable { variable, .. } => {
                Some(format!("see `./justw status`; is it running? check the variable {variable}"))
            }
            Self::Query { source, .. } => query_advice(source),
            Self::Statement(source) => statement_advice(source),
            Self::Processes(_) => {
                Some("see `jangbu doctor`; `jangbu migrate up` makes the tables of the processes".into())
            }
            Self::InternalKeys(_) => {
                Some("`jangbu internal-keys init` makes one, readable by its owner alone".into())
            }
            Self::Leader(_) => Some("see `jangbu doctor`; `jangbu migrate up` makes the table of the leader".into()),
            Self::Audit(_) => Some("see `jangbu doctor`; `jangbu migrate up` makes the tables of the audit".into()),
            Self::Kek(_) => {
                Some("check JANGBU_KEK and JANGBU_KEK_TOKEN_FILE. A key file that is lost comes back from its copy; `jangbu vault \
                      init` makes one for a vault that holds nothing yet"
                    .into())
            }
            Self::Vault { .. } => {
                Some("run it again: it goes on where it was; `jangbu doctor` looks at the vault".into())
            }
            Self::Event { .. } => Some("it was written by a later Jangbu: use a build as new as the writer's".into()),
            Self::Unfinished { source, .. } => {
                let cause = source.advice().map(|advice| format!("{advice}; then ")).unwrap_or_default();
                Some(format!("{cause}run the same command again: it finishes what is missing and repeats nothing"))
            }
            Self::Key(error) => error.advice(),
            Self::Archive(error) => error.advice(),
            Self::Log(::log::ReadError::Detached { .. }) => {
                Some("set JANGBU_ARCHIVE_URL (and JANGBU_ARCHIVE_S3_ENDPOINT) as `jangbu archive` and all servers have it".into())
            }
            Self::Archived(_) => Some("`jangbu archive verify` proves the archive, and lists all that is wrong with it".into()),
            Self::Log(::log::ReadError::Unavailable(_)) => {
                Some("check JANGBU_LOG_DATABASE_URL and JANGBU_ARCHIVE_URL, and whether both can be reached".into())
            }
            Self::Log(::log::ReadError::Damaged { .. }) => {
                Some("`jangbu archive verify` proves the archive, `jangbu log verify` the log".into())
            }
            Self::Convert(error) => error.advice().map(str::to_owned),
            Self::Rebuild(error) => rebuild_advice(error),
            Self::Report { .. } => Some("name a file in a folder that you may write to".into()),
            _ => None,
        }
    }

    /// The causes below this failure, outermost first, each once.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        if let Self::Refused { detail, .. } = self
            && !detail.is_empty()
        {
            causes.push(detail.clone());
        }
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if causes.last().is_none_or(|last| !last.contains(&text)) {
                causes.push(text);
            }
            next = cause.source();
        }
        causes
    }
}

/// What an operator can do about a rebuild that ended.
fn rebuild_advice(error: &RebuildError) -> Option<String> {
    let advice = match error {
        RebuildError::Database { source, .. } | RebuildError::Connect(source) => return query_advice(source),
        RebuildError::Refused { advice, .. } => return Some(advice.clone()),
        RebuildError::Busy(_) => "wait for it, or stop it with `jangbu views rebuild NAME --cancel`",
        RebuildError::NoLive(_) => "start the projector: it makes the first generation",
        RebuildError::OtherVersion { .. } => {
            "use the build that has that version of the view, or rebuild with --restart"
        }
        RebuildError::OtherLog { .. } => {
            "check both database URLs; if the log is the right one, rebuild with --abandon-live"
        }
        RebuildError::OtherHistory { .. } => {
            "check both database URLs; if the log is the right one, `jangbu views rebuild NAME --reason WHY` makes the view \
             from it; `jangbu views drop` removes a generation that is not live (docs/runbooks/restore.md)"
        }
        RebuildError::Stuck(_) => "see the event with `jangbu log show`; correct the projection, then rebuild again",
        RebuildError::LiveBehind { .. } => {
            "let the live generation go on (`jangbu views list`), or rebuild with --abandon-live"
        }
        RebuildError::Expired(_) => {
            "see `jangbu views show NAME`; if nobody else has, the same command goes on where it was"
        }
        RebuildError::Interrupted(_) | RebuildError::Log(_) => "the same command goes on where it was",
        RebuildError::Locked(_) => "look for long transactions in pg_stat_activity, then `jangbu views promote NAME`",
        RebuildError::Absent { .. }
        | RebuildError::WrongState { .. }
        | RebuildError::Rows { .. }
        | RebuildError::DifferencesChanged(_)
        | RebuildError::KeyReused
        | RebuildError::Lost(_) => return None,
    };
    Some(advice.into())
}

/// What the codes of Postgres mean to somebody who wrote the statement.
fn statement_advice(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    match code.as_ref() {
        "42P01" | "42703" => Some(
            "check the names: `select table_name, column_name from information_schema.columns where table_schema = \
             current_schema()` as the statement lists those of the generation"
                .into(),
        ),
        "57014" => Some("it took longer than --timeout".into()),
        // Classes 22 and 42: the statement itself.
        code if code.starts_with("22") || code.starts_with("42") => Some("correct the statement".into()),
        _ => query_advice(error),
    }
}

/// What the codes of Postgres mean to an operator.
fn query_advice(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    let advice = match code.as_ref() {
        "42P01" | "3F000" | "42703" => "the schema is older than this build: `jangbu migrate up`",
        "42501" => "the role in the URL may not do this: use the owner's URL (jangbu_owner)",
        "55P03" => {
            "another session holds what is to be changed, perhaps of a suspended process: \
             `select pid, application_name, query_start, pg_blocking_pids(pid) from pg_stat_activity` shows it; end that process, \
             or its session as jangbu_owner with pg_terminate_backend(pid), then run the command again"
        }
        "57014" => "the database stopped it after its statement_timeout: is the server overloaded?",
        _ => return None,
    };
    Some(advice.into())
}
