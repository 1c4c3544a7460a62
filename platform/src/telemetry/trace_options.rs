//! How the process is traced.

use clap::ArgAction;
use reqwest::Url;

/// Which requests are traced, and where their spans are sent.
#[derive(Clone, Debug, clap::Args)]
pub struct TraceOptions {
    /// The collector that spans are sent to, over OTLP as protobuf: `http://HOST:4318` or `https://HOST`. Without it nothing is traced
    #[arg(long, env = "JANGBU_OTLP_URL")]
    pub otlp_url: Option<String>,
    /// The share of requests that is traced, from 0 to 1. Give all servers the same one: then they trace the same requests
    #[arg(long, env = "JANGBU_TRACE_SAMPLE", default_value_t = 0.01, value_parser = share)]
    pub trace_sample: f64,
    /// Whether a request is traced too because its client says so (`traceparent` with the flag sampled): only where all clients
    /// are known
    #[arg(long, env = "JANGBU_TRACE_CLIENTS", default_value_t = false, action = ArgAction::Set)]
    pub trace_clients: bool,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { otlp_url: None, trace_sample: 0.01, trace_clients: false }
    }
}

/// Spans cannot be sent to what was set.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It is no address of a collector. It is not shown: it may hold a password.
    #[error("JANGBU_OTLP_URL is not an http:// or https:// address of a collector")]
    Url,
    /// No client can be made.
    #[error("the client for the collector of spans cannot be made")]
    Client(#[source] reqwest::Error),
}

impl TraceOptions {
    /// Where spans are posted, if anything is traced.
    pub(super) fn endpoint(&self) -> Result<Option<Url>, TraceError> {
        let Some(url) = self.otlp_url.as_deref().filter(|url| !url.is_empty()) else { return Ok(None) };
        let mut endpoint = Url::parse(url).map_err(|_| TraceError::Url)?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.query().is_some() {
            return Err(TraceError::Url);
        }
        let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Ok(Some(endpoint))
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Option<String>, TraceError> {
        let options = TraceOptions { otlp_url: Some(url.to_owned()), ..TraceOptions::default() };
        Ok(options.endpoint()?.map(String::from))
    }

    #[test]
    fn the_endpoint_is_below_the_address_of_the_collector() {
        let expected = Some("http://127.0.0.1:4318/v1/traces".to_owned());
        assert_eq!(endpoint("http://127.0.0.1:4318").ok(), Some(expected.clone()));
        assert_eq!(endpoint("http://127.0.0.1:4318/").ok(), Some(expected));
        let below = endpoint("https://collector.example/jangbu").ok().flatten();
        assert_eq!(below.as_deref(), Some("https://collector.example/jangbu/v1/traces"));
        assert!(endpoint("").is_ok_and(|endpoint| endpoint.is_none()), "as if it were not set");
        for bad in ["collector:4318", "grpc://collector:4317", "http://", "http://collector/?key=x#"] {
            let error = endpoint(bad).expect_err(bad);
            assert!(!error.to_string().contains("collector:4318"), "{error}");
        }
    }

    #[test]
    fn a_share_is_between_nothing_and_all() {
        assert_eq!((share("0"), share("0.25"), share("1")), (Ok(0.0), Ok(0.25), Ok(1.0)));
        for bad in ["-0.1", "1.01", "NaN", "inf", "one", ""] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }
}
