//! Why the channels cannot be made.

/// Why the channels cannot be made. Shows no URL: there may be a password in it.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// There is a mail server, but nobody mail could be from.
    #[error("JANGBU_SMTP_URL is set: JANGBU_MAIL_FROM is needed too")]
    FromMissing,
    /// The sender is no address.
    #[error("JANGBU_MAIL_FROM is not an address")]
    From(#[source] lettre::address::AddressError),
    /// The URL of the mail server is none.
    #[error("JANGBU_SMTP_URL is not a URL of a mail server")]
    SmtpUrl,
    /// The certificate cannot be read.
    #[error("JANGBU_SMTP_CA_FILE cannot be read")]
    CaFile(#[source] std::io::Error),
    /// The certificate cannot be used.
    #[error("JANGBU_SMTP_CA_FILE is not a certificate")]
    Ca(#[source] lettre::transport::smtp::Error),
    /// The URL of the provider is none.
    #[error("JANGBU_SMS_URL is not an http or https URL")]
    SmsUrl,
    /// The URL of the provider of pushes is none.
    #[error("JANGBU_PUSH_URL is not an http or https URL")]
    PushUrl,
    /// There is no HTTP client.
    #[error("the HTTP client for pushes cannot be made")]
    PushClient(#[source] reqwest::Error),
    /// There is no HTTP client.
    #[error("the HTTP client for text messages cannot be made")]
    Client(#[source] reqwest::Error),
}
