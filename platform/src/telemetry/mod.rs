//! Logs, metrics and traces.

mod help;
mod json;
mod metrics;
mod otlp;
mod otlp_form;
mod trace_options;

use std::{io::IsTerminal, time::Duration};

use clap::ValueEnum;
pub use help::collect_process_metrics;
pub use metrics::metrics;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
pub use trace_options::{TraceError, TraceOptions};
use traces::Sampling;
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
    /// Traces.
    #[command(flatten)]
    pub traces: TraceOptions,
}

/// How many spans may wait to be sent.
const SPANS: usize = 8192;
/// How long the last spans may take at the end.
const LAST_SPANS: Duration = Duration::from_secs(3);

/// What was started. The last spans are sent when it is told that the process ends.
#[derive(Debug)]
pub struct Telemetry {
    flushes: Option<mpsc::Sender<oneshot::Sender<()>>>,
}

impl Telemetry {
    /// Sends the spans that wait, as far as the collector takes them within three seconds.
    pub async fn finish(self) {
        let Some(flushes) = self.flushes else { return };
        let (done, flushed) = oneshot::channel();
        let flush = async {
            if flushes.send(done).await.is_ok() {
                let _ = flushed.await;
            }
        };
        if timeout(LAST_SPANS, flush).await.is_err() {
            tracing::warn!("the last spans were not sent in time");
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Lines for people: with colours on a terminal, unless NO_COLOR is set (no-color.org), which the layer itself looks at.
fn text<S>(terminal: bool) -> fmt::Layer<S> {
    if terminal { fmt::layer() } else { fmt::layer().with_ansi(false) }
}

/// Starts logging to stderr, collecting metrics and, if a collector is set, sending spans to it. Once in a process; in tests a second
/// start changes nothing. Needs a runtime.
pub fn init(service: &'static str, options: &TelemetryOptions) -> anyhow::Result<Telemetry> {
    metrics();
    let filter = EnvFilter::try_new(&options.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match options.log_format {
        LogFormat::Json => {
            let layer = fmt::layer().fmt_fields(JsonFields::new()).event_format(json::Json::new(service));
            registry.with(layer.with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Text => registry.with(text(std::io::stderr().is_terminal()).with_writer(std::io::stderr)).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started already");
    }
    Ok(Telemetry { flushes: trace(service, &options.traces)? })
}

/// Begins to record and to send, if a collector is set. Gives what the last spans are asked for with.
fn trace(
    service: &'static str,
    options: &TraceOptions,
) -> Result<Option<mpsc::Sender<oneshot::Sender<()>>>, TraceError> {
    let Some(endpoint) = options.endpoint()? else { return Ok(None) };
    let client = otlp::Exporter::client()?;
    let sampling = Sampling { share: options.trace_sample, trusts_callers: options.trace_clients };
    let Some(spans) = traces::start(sampling, SPANS) else { return Ok(None) };
    let (flushes, asked) = mpsc::channel(1);
    let exporter = otlp::Exporter::new(service, (client, endpoint), spans, asked);
    tasks::endless("traces", move || exporter.clone().run()).detach();
    Ok(Some(flushes))
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_file_gets_no_colours() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::registry().with(text(false).with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || tracing::warn!(answer = 42, "a line"));
        let lines = String::from_utf8(kept.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        assert!(lines.contains("a line") && !lines.contains('\u{1b}'), "{lines:?}");
    }
}
