//! Asking the provider: bounded in time and size, and not led elsewhere.

use std::time::Duration;

use application::IdentityError;
use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::failed::{refused, unavailable};

/// What an answer may have at most, in bytes.
const LONGEST: usize = 256 * 1024;

/// Asks.
pub(super) struct Fetcher(Client);

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("it does not answer")]
    Away(#[source] reqwest::Error),
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer is too long")]
    TooLong,
    #[error("its answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("it does not take the code")]
    Code,
}

impl Fetcher {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(5))
            // A redirection would carry a code and a secret elsewhere.
            .redirect(Policy::none());
        client.build().map(Self)
    }

    /// A document.
    pub(super) async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, IdentityError> {
        let (status, body) = send(self.0.get(address)).await.map_err(unavailable)?;
        match status {
            StatusCode::OK => read(&body).map_err(unavailable),
            status => Err(unavailable(FetchError::Status(status))),
        }
    }

    /// What a form is answered with; the client shows its secret, if it has one (RFC 6749, section 2.3.1). A client error is about the code.
    pub(super) async fn post_form<T: DeserializeOwned>(
        &self,
        address: &str,
        client: Option<(&str, &SecretString)>,
        form: &[(&str, &str)],
    ) -> Result<T, IdentityError> {
        let request = self.0.post(address).form(form);
        let request = match client {
            Some((id, secret)) => request.basic_auth(encoded(id), Some(encoded(secret.expose_secret()))),
            None => request,
        };
        let (status, body) = send(request).await.map_err(unavailable)?;
        match status {
            StatusCode::OK => read(&body).map_err(unavailable),
            StatusCode::BAD_REQUEST => Err(refused(FetchError::Code)),
            status => Err(unavailable(FetchError::Status(status))),
        }
    }
}

/// As in a form (RFC 6749, section 2.3.1), but a space as `%20`: there are providers that take a plus sign for itself.
fn encoded(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

async fn send(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), FetchError> {
    let mut response = request.send().await.map_err(|error| FetchError::Away(error.without_url()))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::Away(error.without_url()))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Err(FetchError::TooLong);
        }
    }
    Ok((response.status(), body))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, FetchError> {
    serde_json::from_slice(body).map_err(FetchError::Unreadable)
}
