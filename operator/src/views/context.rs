//! What every command that changes views needs: the view, the databases, who asks and why.

use std::{sync::Arc, time::Duration};

use ::views::{Decoder, View};
use database::Pool;
use event_archive::ArchivedLog;
use event_store_postgres::{PoolOptions, PostgresLog};
use events::recorded::Event;
use kernel::Position;
use log::{CommitRanges, ReadHead};
use projection_engine::{Operator, Options, Origin, Rebuilder, Reporter, Settings};

use crate::{
    archive::{self, Place},
    config::Config,
    db::{Database, failed},
    failure::Failure,
};

/// A read of a part of the log that takes longer is given up: nobody waits for it but the operator.
const STATEMENT: Duration = Duration::from_secs(60);
/// The reason of those who give none.
const NOT_GIVEN: &str = "not given";

/// Who asks, and why: both are kept in `registry.audit`.
#[derive(Clone, Debug, clap::Args)]
pub struct Why {
    /// Why; kept in the audit
    #[arg(long, value_name = "TEXT", default_value = NOT_GIVEN)]
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
    /// Whether a reason was given.
    pub fn was_given(&self) -> bool {
        self.reason != NOT_GIVEN
    }

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
        // No account and no session: whoever is here has the machine.
        let origin = Origin::default();
        Ok(Operator { who: who.trim().to_owned(), reason: reason.trim().to_owned(), origin })
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

/// A rebuilder for each of some views, and the connections to the log that they read through.
pub struct RebuildContext {
    /// At least one.
    pub rebuilders: Vec<Rebuilder<Event>>,
    pub log: PostgresLog,
    pool: Pool,
}

impl RebuildContext {
    /// Opens it. Nothing is written before something is asked of it.
    pub async fn open(names: &[&str], config: &Config, from: From<'_>, options: Options) -> Result<Self, Failure> {
        let projections = names.iter().map(|name| view(name)).collect::<Result<Vec<_>, _>>()?;
        let database = Database::Views.options(config)?;
        let address = Database::Log.address(config)?;
        let connections = u32::try_from(options.connections).unwrap_or(u32::MAX).saturating_add(2);
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| {
            Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", source)
        };
        let pool = event_store_postgres::connect(
            address.secret(),
            &PoolOptions::log("jangbu/rebuild", connections).with_statement_limit(STATEMENT),
        )
        .map_err(|error| unreachable(error.into()))?;
        let log = PostgresLog::new(pool.clone()).with_archive(ArchivedLog::at(&config.archive));
        let head = log.head().await.map_err(|error| unreachable(error.into()))?;
        let (projections, ranges) = ranges(from, projections, head.position, &log, config).await?;
        let rebuilders = projections.into_iter().map(|projection| Rebuilder {
            projection,
            zone: config.zone,
            database: database.clone(),
            log: Arc::new(log.clone()),
            ranges: ranges.clone(),
            decoder: Arc::new(Decoder),
            settings: Settings::default(),
            options: options.clone(),
            reporter: Reporter::default(),
        });
        Ok(Self { rebuilders: rebuilders.collect(), log, pool })
    }

    /// The one view's, where there is one.
    pub fn rebuilder(&self) -> &Rebuilder<Event> {
        &self.rebuilders[0]
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

/// What is read for the bulk, and the views as they are filled from that.
async fn ranges(
    from: From<'_>,
    views: Vec<View>,
    head: Position,
    live: &PostgresLog,
    config: &Config,
) -> Result<(Vec<View>, Arc<dyn CommitRanges>), Failure> {
    let place = match from {
        From::Log => return Ok((views, Arc::new(live.clone()))),
        From::Archive(place) => {
            let mut connection = Database::Log.connect(config).await?;
            return Ok((views, Arc::new(archive::reader(place, &mut connection).await?)));
        }
        From::Snapshots(place) => place,
    };
    if let Some(other) = views.iter().find(|view| view.name() != "accounts") {
        let what =
            format!("snapshots are of accounts, so `{}` cannot be built from them: use --from archive", other.name());
        return Err(Failure::Usage(what));
    }
    let mut connection = Database::Log.connect(config).await?;
    let archive = archive::reader(place, &mut connection).await?;
    let at_most = live_position(config).await?.filter(|live| *live < head).unwrap_or(head);
    let (view, ranges) = archive::seeded(&archive, Arc::new(live.clone()), &mut connection, at_most).await?;
    Ok((vec![view], Arc::new(ranges)))
}

/// Where the live generation of the accounts is: a snapshot from beyond it would be of no use, for the new generation is
/// compared with the live one.
async fn live_position(config: &Config) -> Result<Option<Position>, Failure> {
    let mut views = Database::Views.connect(config).await?;
    let position = sqlx::query_scalar!(
        "select position from registry.generations where view = 'accounts' and state = 'live' and position > 0"
    )
    .fetch_optional(&mut views)
    .await
    .map_err(failed("reading the registry"))?;
    Ok(position.map(Position::new))
}
