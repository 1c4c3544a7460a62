//! What the engine needs to change a view.

use std::sync::Arc;

use event_store_postgres::PostgresLog;
use events::recorded::Event;
use kernel::Zone;
use projection_engine::{Options, Rebuilder, Reporter, Settings};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use views::{Decoder, View};

/// Makes what changes a view.
#[derive(Clone)]
pub(crate) struct Rebuilders {
    database: PgConnectOptions,
    log: PostgresLog,
    zone: Zone,
}

impl Rebuilders {
    /// In this views database, from this log, with the days of this zone. No statement is ever too slow: a transaction over a whole table takes
    /// as long as it takes, and its session ends when it is idle.
    pub(crate) fn new(database: &PgConnectOptions, log: PostgresLog, zone: Zone) -> Self {
        let timeouts = [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "10min")];
        let database = database.clone().application_name("projector/changes").options(timeouts);
        Self { database: database.disable_statement_logging(), log, zone }
    }

    /// What changes this view.
    pub(crate) fn of(&self, view: View) -> Rebuilder<Event> {
        Rebuilder {
            projection: view,
            zone: self.zone,
            database: self.database.clone(),
            log: Arc::new(self.log.clone()),
            ranges: Arc::new(self.log.clone()),
            decoder: Arc::new(Decoder),
            settings: Settings::default(),
            options: Options::default(),
            reporter: Reporter::default(),
        }
    }
}

/// The view of that name, as this build makes it.
pub(crate) fn named(name: &str) -> Option<View> {
    views::all().into_iter().find(|view| view.name() == name)
}
