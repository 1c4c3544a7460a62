//! The limits of the edge.

use std::{sync::Arc, time::Duration};

use kernel::{Ids, RandomIds};

use super::cors::CorsOrigins;

/// Limits on single requests.
#[derive(Clone)]
pub struct HttpOptions {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// Routes (as they were registered, such as `/v1/transfers/batch`) with another limit.
    pub route_body_limits: Vec<(&'static str, usize)>,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// The sites whose pages may call this server.
    pub cors_origins: CorsOrigins,
    /// Where request ids come from.
    pub ids: Arc<dyn Ids>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            body_limit: 64 * 1024,
            route_body_limits: Vec::new(),
            body_timeout: Duration::from_secs(15),
            cors_origins: CorsOrigins::default(),
            ids: Arc::new(RandomIds),
        }
    }
}

impl HttpOptions {
    pub(super) fn limit_of(&self, route: Option<&str>) -> usize {
        let own = self.route_body_limits.iter().find(|(path, _)| Some(*path) == route);
        own.map_or(self.body_limit, |(_, limit)| *limit)
    }
}

/// Limits on connections.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// Connections served at once; more wait in the listen queue
    #[arg(long, env = "JANGBU_HTTP_MAX_CONNECTIONS", default_value_t = 8192)]
    pub http_max_connections: usize,
    /// Connections of one address at once, of IPv6 one /64 network; one more is closed. Half of all if not given. Behind a proxy
    /// as many as in all
    #[arg(long, env = "JANGBU_HTTP_MAX_CONNECTIONS_PER_ADDRESS")]
    pub http_max_connections_per_address: Option<usize>,
    /// Seconds in which a client must take an answer; after that its connection is closed
    #[arg(long, env = "JANGBU_HTTP_WRITE_TIMEOUT", default_value_t = 30)]
    pub http_write_timeout: u64,
    /// Seconds in which the head of a request must arrive; an idle connection is closed after as many
    #[arg(long, env = "JANGBU_HTTP_HEADER_TIMEOUT", default_value_t = 30)]
    pub http_header_timeout: u64,
    /// Seconds in which requests under way must end at shutdown
    #[arg(long, env = "JANGBU_HTTP_DRAIN_TIMEOUT", default_value_t = 20)]
    pub http_drain_timeout: u64,
}

impl ServeOptions {
    /// Connections of one address at once. Fewer than all, unless it was set so: else one address could take every place.
    pub fn connections_of_one_address(&self) -> usize {
        self.http_max_connections_per_address.unwrap_or((self.http_max_connections / 2).max(1))
    }
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            http_max_connections: 8192,
            http_max_connections_per_address: None,
            http_write_timeout: 30,
            http_header_timeout: 30,
            http_drain_timeout: 20,
        }
    }
}
