//! What every command that changes views needs: the view, the databases, who asks and why.

use std::sync::Arc;

use ::views::{Decoder, View};
use contracts::recorded::Recorded;
use event_store_postgres::{PoolOptions, PostgresLog};
use kernel::Position;
use log::{CommitRanges, Head, ReadHead};
use projection_engine::{Operator, Options, Reporter, Settings, Workshop};
use sqlx::PgPool;

use crate::{
    archive::{self, Place},
    config::Config,
    db::Database,
    failure::Failure,
};

/// Who asks, and why: both are kept in `registry.audit`.
#[derive(Clone, Debug, clap::Args)]
pub struct Why {
    /// Why; kept in the audit of the views
    #[arg(long, value_name = "TEXT", default_value = "not given")]
    reason: String,

    #[command(flatten)]
    who: Who,
}

/// Who asks.
#[derive(Clone, Debug, clap::Args)]
pub struct Who {
    /// Who you are, for the audit of the views; the login name if not given, else the number of the user
    #[arg(long, env = "JANGBU_OPERATOR", value_name = "NAME")]
    operator: Option<String>,

    #[arg(long, env = "USER", hide = true)]
    login: Option<String>,
}

impl Why {
    /// Who and why, both not empty.
    pub fn operator(&self) -> Result<Operator, Failure> {
        self.who.operator(&self.reason)
    }
}

impl Who {
    /// Who, with a reason.
    pub fn operator(&self, reason: &str) -> Result<Operator, Failure> {
        let named = |name: &&String| !name.trim().is_empty();
        let who = self.operator.as_ref().filter(named).or(self.login.as_ref().filter(named));
        let who = who.cloned().unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        if reason.trim().is_empty() {
            return Err(Failure::Usage("--reason must say why".into()));
        }
        Ok(Operator { who: who.trim().to_owned(), reason: reason.trim().to_owned() })
    }
}

/// The view of that name, as this build makes it.
pub fn view(name: &str) -> Result<View, Failure> {
    let all = ::views::all();
    let names: Vec<&str> = all.iter().map(|view| view.name()).collect();
    let unknown = || Failure::Absent(format!("there is no view `{name}`; there are: {}", names.join(", ")));
    all.iter().find(|view| view.name() == name).cloned().ok_or_else(unknown)
}

/// Where the bulk of the log is read from.
#[derive(Clone, Copy, Debug)]
pub enum From<'a> {
    /// The log database.
    Log,
    /// The archive.
    Archive(&'a Place),
    /// The newest snapshot in the archive, and the log after it: for the view of accounts.
    Snapshots(&'a Place),
}

/// A workshop for one view, and the connections to the log that it reads through.
pub struct Shop {
    pub workshop: Workshop<Recorded>,
    pub log: PostgresLog,
    pool: PgPool,
}

impl Shop {
    /// Opens it. Nothing is written before something is asked of it.
    pub async fn open(name: &str, config: &Config, from: From<'_>, options: Options) -> Result<Self, Failure> {
        let projection = view(name)?;
        let database = Database::Views.options(config)?;
        let address = Database::Log.address(config)?;
        let connections = u32::try_from(options.connections).unwrap_or(u32::MAX).saturating_add(2);
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
            Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", source)
        };
        let pool = event_store_postgres::connect(address.secret(), &PoolOptions::log("jangbu/rebuild", connections))
            .map_err(|error| unreachable(error.into()))?;
        let log = PostgresLog::new(pool.clone());
        let head = log.head().await.map_err(|error| unreachable(error.into()))?;
        let (projection, ranges) = ranges(from, projection, &head, &log).await?;
        let workshop = Workshop {
            projection,
            database,
            log: Arc::new(log.clone()),
            ranges,
            decoder: Arc::new(Decoder),
            settings: Settings::default(),
            options,
            reporter: Reporter::default(),
        };
        Ok(Self { workshop, log, pool })
    }

    /// The last position of the log now.
    pub async fn head(&self) -> Result<Position, Failure> {
        Ok(self.log.head().await.map_err(projection_engine::RebuildError::Log)?.position)
    }

    /// Closes the connections to the log.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// What is read for the bulk, and the view as it is filled from that.
async fn ranges(
    from: From<'_>,
    view: View,
    head: &Head,
    live: &PostgresLog,
) -> Result<(View, Arc<dyn CommitRanges>), Failure> {
    let place = match from {
        From::Log => return Ok((view, Arc::new(live.clone()))),
        From::Archive(place) => return Ok((view, Arc::new(archive::reader(place, head.log).await?))),
        From::Snapshots(place) => place,
    };
    if view.name() != "accounts" {
        let what =
            format!("snapshots are of accounts, so `{}` cannot be built from them: use --from archive", view.name());
        return Err(Failure::Usage(what));
    }
    let archive = archive::reader(place, head.log).await?;
    let (view, ranges) = archive::seeded(&archive, Arc::new(live.clone()), head.position).await?;
    Ok((view, Arc::new(ranges)))
}
