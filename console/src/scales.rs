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

/// Decimals by the code of the asset.
pub(crate) type Decimals = Arc<BTreeMap<String, usize>>;

/// What was asked last, and when.
#[derive(Debug, Default)]
pub(crate) struct Scales(Mutex<Option<(Instant, Decimals)>>);

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
        if let Some((at, decimals)) = &*known
            && at.elapsed() < FRESH
        {
            return decimals.clone();
        }
        match client.get::<Assets>(Address::query("/v1/assets"), &Caller::default()).await {
            Ok(assets) => {
                let decimals: Decimals =
                    Arc::new(assets.items.into_iter().map(|asset| (asset.code, asset.scale)).collect());
                *known = Some((Instant::now(), decimals.clone()));
                decimals
            }
            Err(_) => known.as_ref().map(|(_, decimals)| decimals.clone()).unwrap_or_default(),
        }
    }
}
