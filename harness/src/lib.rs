//! Local providers: a payment provider, a bank and an issuer of gift cards, which can be told to do everything wrong that
//! real ones do.

mod bank;
mod book;
mod doubling;
mod faults;
mod gift_cards;
mod options;
mod order;
mod provider;
mod serve;
mod toss;

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use axum::{Json, Router, routing::get};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use bank::Payout;
use gift_cards::Card;
pub use options::Options;
use provider::{Provider, routes};
use toss::Payment;

/// The running providers. Dropping them ends them.
#[derive(Debug)]
pub struct LocalProviders {
    /// Where all three listen.
    pub address: SocketAddr,
    tasks: JoinSet<()>,
}

impl LocalProviders {
    /// Starts all three behind this listener.
    pub fn start(listener: TcpListener, options: &Options) -> Result<Self> {
        let address = listener.local_addr().context("a listener without an address")?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(RandomIds);
        let toss = Provider::<Payment>::open(options, clock.clone(), ids.clone())?;
        let bank = Provider::<Payout>::open(options, clock.clone(), ids.clone())?;
        let gift_cards = Provider::<Card>::open(options, clock, ids)?;
        let router = Router::new()
            .route("/livez", get(well))
            .route("/readyz", get(well))
            .nest("/toss", routes(toss))
            .nest("/bank", routes(bank))
            .nest("/gift-cards", routes(gift_cards));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::serve(listener, router));
        Ok(Self { address, tasks })
    }

    /// Starts all three on a free port of this machine, in memory.
    pub async fn local() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")?;
        Self::start(listener, &Options::default())
    }

    /// The URL below which all three are.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings with which command servers find them.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        settings(&self.url())
    }

    /// Waits until they break, which is for ever.
    pub async fn run(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// The settings with which command servers find the providers below this URL.
pub fn settings(url: &str) -> [(&'static str, String); 3] {
    [
        ("JANGBU_PROVIDER_TOSS_URL", format!("{url}/toss")),
        ("JANGBU_BANK_URL", format!("{url}/bank")),
        ("JANGBU_GIFT_URL", format!("{url}/gift-cards")),
    ]
}

async fn well() -> Json<Value> {
    Json(json!({"status": "ready"}))
}
