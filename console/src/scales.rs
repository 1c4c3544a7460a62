//! How many decimals each asset is shown with, as the query server says.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::client::{Address, Caller, Client};

/// Assets are fixed for the life of a query server; another one may have more.
const FRESH: Duration = Duration::from_secs(60);
/// While the query server is away it is asked again so often, and not by each page that waits.
const AWAY: Duration = Duration::from_secs(2);

/// Decimals by the code of the asset.
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
    /// As they were a moment ago. While nobody can say, those known before; amounts of others are shown in minor units.
    pub(crate) async fn get(&self, client: &Client) -> Decimals {
        let mut known = self.0.lock().await;
        if let Some((at, fresh, decimals)) = &*known
            && at.elapsed() < *fresh
        {
            return decimals.clone();
        }
        let (fresh, decimals) = match client.get::<Assets>(Address::query("/v1/assets"), &Caller::default()).await {
            Ok(assets) => {
                let decimals: BTreeMap<_, _> =
                    assets.items.into_iter().map(|asset| (asset.code, asset.scale)).collect();
                (FRESH, Arc::new(decimals))
            }
            Err(_) => (AWAY, known.take().map(|(.., decimals)| decimals).unwrap_or_default()),
        };
        *known = Some((Instant::now(), fresh, decimals.clone()));
        decimals
    }
}
