//! Logs and metrics.

mod help;
mod json;
mod metrics;

use clap::ValueEnum;
pub use help::collect_process_metrics;
pub use metrics::metrics;
use tracing_subscriber::{EnvFilter, fmt, fmt::format::JsonFields, layer::SubscriberExt, util::SubscriberInitExt};

/// How the process speaks.
#[derive(Clone, Debug, clap::Args)]
pub struct TelemetryOptions {
    /// What is logged, as in `info,log=debug` (tracing's filter)
    #[arg(long = "log", env = "JANGBU_LOG", default_value = "info")]
    pub log: String,
    /// How a log line looks
    #[arg(long, env = "JANGBU_LOG_FORMAT", default_value = "json", value_enum)]
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Starts logging to stderr and collecting metrics. Once in a process; in tests a second start changes nothing.
pub fn init(service: &'static str, options: &TelemetryOptions) -> anyhow::Result<()> {
    metrics();
    let filter = EnvFilter::try_new(&options.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match options.log_format {
        LogFormat::Json => {
            let layer = fmt::layer().fmt_fields(JsonFields::new()).event_format(json::Json::new(service));
            registry.with(layer.with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Text => registry.with(fmt::layer().with_writer(std::io::stderr)).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started already");
    }
    Ok(())
}
