//! How many decimals each asset is shown with, as the query server says.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::client::{Address, Caller, Client, Failure};

/// Assets are fixed for the life of a query server; another one may have more.
const FRESH: Duration = Duration::from_secs(60);
/// While the query server is away it is asked again so often, and not by each page that waits.
const AWAY: Duration = Duration::from_secs(2);

/// Decimals by the code of the asset. An asset that is missing has none: nobody may guess that it is 0.
pub(crate) type Decimals = Arc<BTreeMap<String, usize>>;

/// What was asked last, when, and how long it counts.
#[derive(Debug, Default)]
pub(crate) struct Scales(Mutex<Option<(Instant, Duration, Decimals)>>);

#[derive(Deserialize)]
struct Assets {
    items: Vec<Asset>,
}

#[derive(Deserialize)]
struct Asset {
    code: String,
    scale: usize,
}

impl Scales {
    /// As they were a moment ago, to show amounts. While nobody can say, those known before; amounts of others are shown in minor units.
    pub(crate) async fn get(&self, client: &Client) -> Decimals {
        let mut known = self.0.lock().await;
        if let Some((at, fresh, decimals)) = &*known
            && at.elapsed() < *fresh
        {
            return decimals.clone();
        }
        let (fresh, decimals) = match read(client).await {
            Ok(decimals) => (FRESH, decimals),
            Err(_) => (AWAY, known.take().map(|(.., decimals)| decimals).unwrap_or_default()),
        };
        *known = Some((Instant::now(), fresh, decimals.clone()));
        decimals
    }

    /// Those of one asset, to read what was typed. They are asked for if the asset was not among those known a moment ago. None if the
    /// query server does not know it either, a failure if it does not say.
    pub(crate) async fn of(&self, client: &Client, asset: &str) -> Result<Option<usize>, Failure> {
        let mut known = self.0.lock().await;
        if let Some((.., decimals)) = &*known
            && let Some(scale) = decimals.get(asset)
        {
            return Ok(Some(*scale));
        }
        let decimals = read(client).await?;
        *known = Some((Instant::now(), FRESH, decimals.clone()));
        Ok(decimals.get(asset).copied())
    }
}

async fn read(client: &Client) -> Result<Decimals, Failure> {
    let assets: Assets = client.get(Address::query("/v1/assets"), &Caller::default()).await?;
    Ok(Arc::new(assets.items.into_iter().map(|asset| (asset.code, asset.scale)).collect()))
}
