//! How the engine that moves money is set, and what its commands decide by.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use domain::{Limits, webhook::Networks};
use kernel::{AssetCode, Ids};

use super::{approval_options::ApprovalOptions, system_accounts::SystemAccounts};
use crate::{
    RevokedTokens,
    engine::{Engine, EngineOptions, Log, MetricNames, Running},
};

/// How the executor is set.
#[derive(Clone, Debug)]
pub struct ExecutorOptions {
    /// The name this server leases its system accounts under, such as `server-0`.
    pub server_name: String,
    /// The assets this bank knows.
    pub assets: BTreeSet<AssetCode>,
    /// The scales of these assets: how many decimal digits a minor unit is below a whole one. Of others there is no exchange.
    pub scales: BTreeMap<AssetCode, u8>,
    /// The most one transfer may move.
    pub limits: Limits,
    /// The networks that webhooks may reach beside the outside.
    pub webhook_networks: Networks,
    /// What waits for a second operator.
    pub approvals: ApprovalOptions,
    /// How many commands may wait.
    pub queue: usize,
    /// How many orders one append takes at most; a command of more goes alone.
    pub batch_orders: usize,
    /// How many streams are kept in memory.
    pub cached_streams: usize,
    /// How many recent answers are kept in memory, to answer retries without the log.
    pub cached_answers: usize,
    /// How often a batch is tried again after another process took its streams.
    pub attempts: u32,
    /// How long after its deadline a client still waits for an append under way.
    pub grace: Duration,
    /// Whose tokens count no more: looked at once more when a command is taken from the queue.
    pub revoked: Option<Arc<dyn RevokedTokens>>,
}

impl ExecutorOptions {
    /// The settings for a server of that name; memory stays under about 200 MB.
    pub fn new(server_name: impl Into<String>, assets: BTreeSet<AssetCode>) -> Self {
        Self {
            server_name: server_name.into(),
            assets,
            scales: BTreeMap::new(),
            limits: Limits::default(),
            webhook_networks: Networks::default(),
            approvals: ApprovalOptions::default(),
            queue: 4096,
            batch_orders: 512,
            cached_streams: 200_000,
            cached_answers: 20_000,
            attempts: 20,
            grace: Duration::from_secs(5),
            revoked: None,
        }
    }
}

/// What commands that move money decide by.
pub struct MoneyRules {
    /// The most one transfer may move.
    pub limits: Limits,
    /// The scales of the assets that can be exchanged.
    pub scales: BTreeMap<AssetCode, u8>,
    /// The networks that webhooks may reach beside the outside.
    pub webhook_networks: Networks,
    /// What waits for a second operator.
    pub approvals: ApprovalOptions,
    /// The accounts of this server that stand for the outside.
    pub system: SystemAccounts,
}

/// The engine that moves money.
pub type Bank = Engine<MoneyRules>;

impl Bank {
    /// Starts the engine that moves money on a log.
    pub fn start(log: Arc<dyn Log>, ids: Arc<dyn Ids>, options: ExecutorOptions) -> (Self, Running) {
        let system = SystemAccounts::new(options.server_name);
        let (limits, scales, webhook_networks) = (options.limits, options.scales, options.webhook_networks);
        let approvals = options.approvals;
        let rules = MoneyRules { limits, scales, webhook_networks, approvals, system };
        let options = EngineOptions {
            name: "executor",
            metrics: &MetricNames::EXECUTOR,
            is_vital: true,
            queue: options.queue,
            batch_weight: options.batch_orders,
            cached_streams: options.cached_streams.max(1),
            cached_answers: options.cached_answers.max(1),
            state_every: 1,
            attempts: options.attempts,
            grace: options.grace,
            revoked: options.revoked,
        };
        Self::spawn(log, ids, rules, options)
    }
}
