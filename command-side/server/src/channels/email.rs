//! E-mail through an SMTP server.

use std::time::Duration;

use application::{Channel, DeliverError, Text};
use async_trait::async_trait;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        Error,
        client::{Certificate, Tls, TlsParameters},
    },
};
use mail_builder::{MessageBuilder, headers::raw::Raw};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::Url;

use super::{error::ChannelError, sender::Sender};

/// How long the server may take for all of it; lettre bounds the connecting only.
const TIMEOUT: Duration = Duration::from_secs(10);
const TOO_LONG: &str = "the mail server took too long";

/// A mail server, and whom mail is from. Each mail has a connection of its own: lettre's pool would take one back in the middle
/// of a conversation that was given up, and read the answer to the last mail as that to the next.
pub(super) struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
}

impl Email {
    /// The server of this URL; `ca` is a root certificate to trust beside the machine's.
    pub(super) fn new(url: &SecretString, ca: Option<&[u8]>, from: Sender) -> Result<Self, ChannelError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret());
        let mut builder = builder.map_err(|_| ChannelError::SmtpUrl)?.timeout(Some(TIMEOUT));
        if let Some(ca) = ca {
            builder = builder.tls(trusting(url, ca)?);
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Who gets it, and what they get.
    fn compose(&self, to: &SecretString, text: &Text) -> Result<(Envelope, Vec<u8>), DeliverError> {
        let address = recipient(to)?;
        let mail = MessageBuilder::new()
            .to(address.to_string())
            .subject(text.subject)
            .message_id(format!("{}@{}", text.key, self.from.address.domain()))
            // No answering machine answers to this (RFC 3834).
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .text_body(text.body.expose_secret());
        let from = self.from.address.to_string();
        let mail = match &self.from.name {
            Some(name) => mail.from((name.clone(), from)),
            None => mail.from(from),
        };
        let written = |_| DeliverError::permanent("the mail cannot be written");
        let envelope = Envelope::new(Some(self.from.address.clone()), vec![address])
            .map_err(|_| DeliverError::permanent("the contact cannot be written to"))?;
        Ok((envelope, mail.write_to_vec().map_err(written)?))
    }
}

/// The contact as an address. What goes into commands and headers is only this, and it holds neither spaces nor line breaks.
fn recipient(to: &SecretString) -> Result<Address, DeliverError> {
    let not_one = || DeliverError::permanent("the contact is not an e-mail address");
    let text = to.expose_secret();
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';')) {
        return Err(not_one());
    }
    text.parse().map_err(|_| not_one())
}

#[async_trait]
impl Channel for Email {
    async fn deliver(&self, to: &SecretString, message: &Text) -> Result<(), DeliverError> {
        let (envelope, mail) = self.compose(to, message)?;
        match timeout(TIMEOUT, self.transport.send_raw(&envelope, &mail)).await {
            Ok(sent) => sent.map(drop).map_err(|error| judge(&error)),
            Err(_) => Err(DeliverError::transient(TOO_LONG)),
        }
    }
}

/// The URL's way of TLS with one root more.
fn trusting(url: &SecretString, ca: &[u8]) -> Result<Tls, ChannelError> {
    let url = Url::parse(url.expose_secret()).map_err(|_| ChannelError::SmtpUrl)?;
    let host = url.host_str().ok_or(ChannelError::SmtpUrl)?.to_owned();
    let certificate = Certificate::from_pem(ca).map_err(ChannelError::Ca)?;
    let parameters =
        TlsParameters::builder(host).add_root_certificate(certificate).build().map_err(ChannelError::Ca)?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    Ok(match (url.scheme(), asked.as_deref()) {
        ("smtps", _) => Tls::Wrapper(parameters),
        (_, Some("required")) => Tls::Required(parameters),
        (_, Some("opportunistic")) => Tls::Opportunistic(parameters),
        _ => Tls::None,
    })
}

/// What a failure means for the message. Only the code of an answer is kept: its words may repeat the address.
fn judge(error: &Error) -> DeliverError {
    let Some(code) = error.status().map(u16::from) else {
        if lacks_utf8(error) {
            return DeliverError::permanent("the mail server does not offer SMTPUTF8, which this address needs");
        }
        return DeliverError::transient(if error.is_timeout() {
            TOO_LONG
        } else if error.is_tls() {
            "there is no TLS with the mail server"
        } else {
            "the mail server cannot be reached, or broke off"
        });
    };
    let reason = format!("the mail server said {code}");
    // These are about us: login, TLS, protocol. The message is good, and goes once the setting is.
    let ours = matches!(code, 500..=504 | 523..=525 | 530 | 534 | 535 | 538);
    if error.is_permanent() && !ours { DeliverError::permanent(reason) } else { DeliverError::transient(reason) }
}

/// Whether the address has letters that the server does not take: lettre sees that before it sends anything.
fn lacks_utf8(error: &Error) -> bool {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    error.is_client() && cause.is_some_and(|cause| cause.contains("SMTPUTF8"))
}
