//! Whether the projector can do its work.

use async_nats::{Client, connection::State as NatsState};
use database::Pool;
use event_store_postgres::PostgresLog;
use log::ReadHead;
use platform::ops::Probes;
use projection_engine::{State, Status};
use tokio::sync::watch;

pub(crate) fn probes(
    log: &PostgresLog,
    database: &Pool,
    client: &Client,
    views: &[(&'static str, watch::Receiver<Status>)],
) -> Probes {
    let probes = Probes::of_process();
    let log = log.clone();
    probes.register("log", move || {
        let log = log.clone();
        async move { log.head().await.map(drop).map_err(|error| error.to_string()) }
    });
    let database = database.clone();
    probes.register("views", move || {
        let database = database.clone();
        async move { ask(&database).await.map_err(|error| error.to_string()) }
    });
    let client = client.clone();
    probes.register("nats", move || {
        let connected = client.connection_state() == NatsState::Connected;
        std::future::ready(connected.then_some(()).ok_or_else(|| "not connected".to_owned()))
    });
    for (view, status) in views {
        let status = status.clone();
        probes.register(view, move || std::future::ready(check(&status.borrow().state)));
    }
    probes
}

async fn ask(database: &Pool) -> Result<(), sqlx::Error> {
    database.acquire().await?.ping().await
}

fn check(state: &State) -> Result<(), String> {
    match state {
        // A pause is wanted, and the lag shows it. A standby would follow the view if its version were live.
        State::Live | State::Standby(_) | State::Paused => Ok(()),
        State::Starting => Err("starting".to_owned()),
        State::Waiting(reason) => Err(format!("waiting: {reason}")),
        State::OtherHistory(reason) => Err(format!("other history: {reason}")),
        State::Stuck(reason) => Err(format!("stuck: {reason}")),
    }
}
