//! Why an adapter cannot be made.

/// Why an adapter cannot be made. Shows no URL: there may be a password in it.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL is none.
    #[error("{variable} is not an http or https URL: set it to where the provider is reached, or unset it")]
    Url {
        /// The setting.
        variable: &'static str,
    },
    /// There is no HTTP client.
    #[error("the HTTP client for providers cannot be made")]
    Client(#[source] reqwest::Error),
}
