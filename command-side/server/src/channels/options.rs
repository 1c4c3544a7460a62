//! How the channels are set, and the channels that follow from it.

use std::{path::PathBuf, sync::Arc};

use application::{Channel, Channels, PushChannel};
use secrecy::{ExposeSecret, SecretString};

use super::{email::Email, error::ChannelError, phone::Phone, push::Provider, sender::Sender};

/// How people are reached. A channel that is not set keeps its messages waiting.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ChannelOptions {
    /// The mail server: smtp://, with STARTTLS smtp://...?tls=required, or smtps://; user and password may be in it
    #[arg(long, env = "JANGBU_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// Whom mail is from, such as Jangbu <no-reply@example.com>
    #[arg(long, env = "JANGBU_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// A root certificate (PEM) to trust for the mail server, beside the machine's
    #[arg(long, env = "JANGBU_SMTP_CA_FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// The provider of text messages, as docs/sms-provider.md describes it: where to POST them
    #[arg(long, env = "JANGBU_SMS_URL", hide_env_values = true)]
    pub sms_url: Option<SecretString>,
    /// A file with the provider's bearer token; read again for each message
    #[arg(long, env = "JANGBU_SMS_TOKEN_FILE")]
    pub sms_token_file: Option<PathBuf>,
    /// The provider of pushes, as docs/push-provider.md describes it: where to POST them. Without it members are told nothing of their money
    #[arg(long, env = "JANGBU_PUSH_URL", hide_env_values = true)]
    pub push_url: Option<SecretString>,
    /// A file with the bearer key of the provider of pushes; read again for each push
    #[arg(long, env = "JANGBU_PUSH_KEY_FILE")]
    pub push_key_file: Option<PathBuf>,
}

impl ChannelOptions {
    /// The channels that are set; what is set wrongly is reported at once, and not by the first message.
    pub fn channels(&self) -> Result<Channels, ChannelError> {
        let email = given(&self.smtp_url).map(|url| self.email(&url)).transpose()?;
        let token_file = self.sms_token_file.clone().filter(|file| !file.as_os_str().is_empty());
        let phone = given(&self.sms_url).map(|url| Phone::new(&url, token_file)).transpose()?;
        Ok(Channels {
            email: email.map(|email| Arc::new(email) as Arc<dyn Channel>),
            phone: phone.map(|phone| Arc::new(phone) as Arc<dyn Channel>),
        })
    }

    /// The provider of pushes, if one is set.
    pub fn push(&self) -> Result<Option<Arc<dyn PushChannel>>, ChannelError> {
        let key_file = self.push_key_file.clone().filter(|file| !file.as_os_str().is_empty());
        let provider = given(&self.push_url).map(|url| Provider::new(&url, key_file)).transpose()?;
        Ok(provider.map(|provider| Arc::new(provider) as Arc<dyn PushChannel>))
    }

    fn email(&self, url: &SecretString) -> Result<Email, ChannelError> {
        let from = self.mail_from.as_deref().filter(|from| !from.is_empty()).ok_or(ChannelError::FromMissing)?;
        let from: Sender = from.parse().map_err(ChannelError::From)?;
        let ca = self.smtp_ca_file.as_ref().filter(|file| !file.as_os_str().is_empty());
        let ca = ca.map(std::fs::read).transpose().map_err(ChannelError::CaFile)?;
        Email::new(url, ca.as_deref(), from)
    }
}

/// A variable that is set to nothing is not set.
fn given(url: &Option<SecretString>) -> Option<SecretString> {
    url.clone().filter(|url| !url.expose_secret().is_empty())
}
