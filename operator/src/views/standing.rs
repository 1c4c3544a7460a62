//! How each generation of each view stands to the log.

use chrono::{DateTime, Utc};
use kernel::Zone;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables,
};

/// One generation of a view.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    pub view: String,
    pub generation: i32,
    pub version: i32,
    pub state: String,
    /// `main`, or `side` for a view as it was.
    pub kind: String,
    pub schema_name: String,
    /// Whose days it counts, if it counts by day.
    pub zone: Option<String>,
    /// The zone that is set, if readers see the days of another one.
    pub zone_due: Option<Zone>,
    pub position: i64,
    /// The end of the log, if it could be asked.
    pub head: Option<i64>,
    pub lag_events: Option<i64>,
    /// How long ago the oldest commit that is not applied was recorded.
    pub lag_ms: Option<i64>,
    /// For how long it has not moved, although it is behind; none as long as that is no reason to worry.
    pub stalled_ms: Option<i64>,
    /// Since when an operator has paused it.
    pub paused_since: Option<DateTime<Utc>>,
    /// Parked keys, and the events that wait behind them.
    pub parked_keys: i64,
    pub parked_events: i64,
    /// How it differs from the log, if its tables are of another history.
    pub other_history: Option<String>,
    /// Why its making ended.
    pub failure: Option<String>,
    pub error: Option<String>,
    pub error_position: Option<i64>,
    pub error_type: Option<String>,
    pub stuck_since: Option<DateTime<Utc>>,
    pub recorded_at: Option<DateTime<Utc>>,
    pub promoted_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    /// For how long it has not moved.
    #[serde(skip)]
    still_ms: i64,
    /// The log and the commit it stands on; an earlier build knew no commit.
    #[serde(skip)]
    log_id: Option<Uuid>,
    #[serde(skip)]
    command_id: Option<Uuid>,
}

/// A view that is behind for so long, and has not moved for so long, is stalled.
const STALL_MS: i64 = 10_000;

impl Standing {
    /// Whether readers see it.
    pub fn is_live(&self) -> bool {
        matches!(self.state.as_str(), "live" | "stuck")
    }

    /// Whether nothing about it needs anybody.
    pub fn is_well(&self) -> bool {
        self.error.is_none() && self.other_history.is_none() && self.stalled_ms.is_none() && self.parked_keys == 0
    }

    /// The version that this program has of the view, if it is another one than the generation's.
    pub fn other_version(&self) -> Option<i32> {
        let ours = ::views::all().iter().find(|view| view.name() == self.view)?.version();
        Some(ours).filter(|ours| *ours != self.version)
    }

    /// Notes whether it is live and counts the days of another zone than this one.
    pub fn hold_against(&mut self, set: Zone) {
        let other = self.is_live() && self.zone.as_ref().is_some_and(|zone| zone != set.name());
        self.zone_due = other.then_some(set);
    }

    /// Its state, and what there is to say besides.
    pub fn condition(&self) -> String {
        let mut words = vec![self.state.clone()];
        if self.other_history.is_some() {
            words.push("another history".into());
        }
        if self.kind == "side" {
            words.push("side".into());
        }
        if self.paused_since.is_some() {
            words.push("paused".into());
        } else if let Some(stalled) = self.stalled_ms {
            words.push(format!("stalled for {} s", stalled / 1000));
        }
        if let Some(ours) = self.other_version().filter(|_| self.is_live()) {
            words.push(format!("version {} here", ours));
        } else if let (Some(zone), Some(_)) = (&self.zone, self.zone_due) {
            words.push(format!("days of {zone}"));
        }
        if self.parked_keys > 0 {
            words.push(format!("{} keys parked", self.parked_keys));
        }
        words.join(", ")
    }

    /// How it differs from a log that ends at `head`, is its log or goes on under another id, and holds this commit where the
    /// view stands. What a projector wrote down counts only as long as it still is so.
    fn differs(&self, head: i64, ours: bool, held: Option<(Uuid, DateTime<Utc>)>) -> Option<String> {
        let position = self.position;
        if !ours {
            return Some("it was made from another log".into());
        }
        if position == 0 {
            return None;
        }
        if position > head {
            return Some(format!("it is at {position}, beyond the end of the log at {head}"));
        }
        let same = held.is_some_and(|(command, time)| {
            self.command_id.is_none_or(|known| known == command) && self.recorded_at.is_none_or(|known| known == time)
        });
        (!same).then(|| format!("the log holds another commit at position {position}"))
    }

    /// The error and the event it stopped at.
    pub fn error_line(&self) -> Option<String> {
        if let Some(other) = &self.other_history {
            return Some(format!("shows another history than the log: {other}"));
        }
        let error = self.error.as_ref()?;
        let at = self.error_position.map(|at| format!(" at position {at}")).unwrap_or_default();
        let event = self.error_type.as_ref().map(|event| format!(" ({event})")).unwrap_or_default();
        Some(format!("{error}{at}{event}"))
    }
}

/// All generations, and why something about them is unknown.
pub struct Standings {
    pub views: Vec<Standing>,
    pub remark: Option<String>,
}

/// Reads the registry and compares it with the log. Without the log the views are still listed.
pub async fn standings(config: &Config) -> Result<Standings, Failure> {
    let mut views = Database::Views.connect(config).await?;
    let mut views = registry(&mut views).await?;
    views.iter_mut().for_each(|view| view.hold_against(config.zone));
    let lag = async {
        let mut log = Database::Log.connect(config).await?;
        lag(&mut log, &mut views).await
    };
    let remark = lag.await.err().map(|failure| {
        let causes = failure.causes().join(": ");
        format!("how far the log is could not be asked: {failure}: {causes}")
    });
    Ok(Standings { views, remark })
}

/// All generations, the newest of each view first; a live one that cannot go on is `stuck`.
pub async fn registry(connection: &mut PgConnection) -> Result<Vec<Standing>, Failure> {
    let rows = sqlx::query!(
        r#"select g.view, generation, version, kind, schema_name, zone, position, error, error_position, error_type, stuck_since,
                  recorded_at, promoted_at, updated_at, failure, log_id, command_id, other_history,
                  case when state = 'live' then v.paused_at end as paused_since,
                  (extract(epoch from clock_timestamp() - updated_at) * 1000)::int8 as "still_ms!",
                  (select count(*) from registry.parked_keys as k
                   where (k.view, k.generation) = (g.view, g.generation)) as "parked_keys!",
                  (select count(*) from registry.parked_events as e
                   where (e.view, e.generation) = (g.view, g.generation)) as "parked_events!",
                  case when state = 'live' and stuck_since is not null then 'stuck' else state end as "state!"
           from registry.generations as g join registry.views as v on v.view = g.view
           order by g.view, generation desc"#
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the registry of views"))?;
    let all = ::views::all();
    let counts_days = |name: &str| all.iter().any(|view| view.name() == name && view.in_zone(Zone::UTC).is_some());
    Ok(rows
        .into_iter()
        .map(|row| Standing {
            zone: Some(row.zone).filter(|_| counts_days(&row.view)),
            zone_due: None,
            view: row.view,
            generation: row.generation,
            version: row.version,
            state: row.state,
            kind: row.kind,
            schema_name: row.schema_name,
            position: row.position,
            head: None,
            lag_events: None,
            lag_ms: None,
            stalled_ms: None,
            paused_since: row.paused_since,
            parked_keys: row.parked_keys,
            parked_events: row.parked_events,
            other_history: row.other_history,
            failure: row.failure,
            log_id: row.log_id,
            command_id: row.command_id,
            error: row.error,
            error_position: row.error_position,
            error_type: row.error_type,
            stuck_since: row.stuck_since,
            recorded_at: row.recorded_at,
            promoted_at: row.promoted_at,
            updated_at: row.updated_at,
            still_ms: row.still_ms,
        })
        .collect())
}

/// Fills in how far each is behind the log, by the log's clock.
pub async fn lag(connection: &mut PgConnection, views: &mut [Standing]) -> Result<(), Failure> {
    let positions: Vec<i64> = views.iter().map(|view| view.position).collect();
    let logs: Vec<Option<Uuid>> = views.iter().map(|view| view.log_id).collect();
    let rows = log_tables::places(connection, &positions, &logs).await?;
    for (view, row) in views.iter_mut().zip(rows) {
        view.head = Some(row.head);
        view.lag_events = Some(row.head - view.position);
        view.lag_ms = Some(row.lag_ms);
        let known = match (row.held(), view.command_id.zip(view.recorded_at)) {
            // The commit on which it stands may have left the database.
            (None, Some((command, time))) => {
                let known = log_tables::is_known_and_detached(connection, command, view.position).await?;
                known.then_some((command, time))
            }
            (held, _) => held,
        };
        view.other_history = view.differs(row.head, row.ours, known);
        let stalled = view.still_ms.min(row.lag_ms);
        let meant_to_move = view.is_live() && view.paused_since.is_none() && row.head > view.position;
        view.stalled_ms = Some(stalled).filter(|ms| meant_to_move && *ms >= STALL_MS);
    }
    Ok(())
}
