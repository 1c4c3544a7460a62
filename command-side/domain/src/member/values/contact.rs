//! By what a person is reached.

use std::net::Ipv4Addr;

use events::recorded::Channel;
use idna::AsciiDenyList;
use secrecy::{ExposeSecret, SecretString};

/// Where a person is reached, in its one spelling.
#[derive(Clone, Debug)]
pub struct Contact {
    channel: Channel,
    value: SecretString,
}

/// Not a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Not an e-mail address.
    #[error("must be an e-mail address such as name@example.com, of at most 254 characters")]
    Email,
    /// Not a telephone number.
    #[error("must be a telephone number in international form: + and 8 to 15 digits")]
    Phone,
}

impl Contact {
    /// Reads a contact. Whatever comes out stands in no header, line or address but as itself.
    pub fn parse(channel: Channel, value: &str) -> Result<Self, ContactError> {
        let value = match channel {
            Channel::Email => email(value).ok_or(ContactError::Email)?,
            Channel::Phone => phone(value).ok_or(ContactError::Phone)?,
        };
        Ok(Self { channel, value })
    }

    /// Its kind.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The one spelling, to be hashed or sealed.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

/// The dot-atom form of RFC 5322 only: no quotes, comments, spaces or address literals. Lower case throughout, for no
/// mail server of today tells `Kim` from `kim`; the domain in ASCII, so that two spellings of it are one.
fn email(text: &str) -> Option<SecretString> {
    if text.len() > 254 {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
    let local_good = local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext));
    if !local_good {
        return None;
    }
    let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3).ok()?;
    let address = format!("{}@{}", local.to_ascii_lowercase(), domain.to_ascii_lowercase());
    (is_mail_domain(&domain) && address.len() <= 254).then(|| address.into())
}

/// A name of at least two labels, each as DNS allows, and not an address of the network.
fn is_mail_domain(domain: &str) -> bool {
    let label = |l: &str| {
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&l.len()) && l.bytes().all(good) && !l.starts_with('-') && !l.ends_with('-')
    };
    let top_is_a_name = domain.rsplit('.').next().is_some_and(|top| !top.bytes().all(|b| b.is_ascii_digit()));
    domain.contains('.') && domain.split('.').all(label) && top_is_a_name && domain.parse::<Ipv4Addr>().is_err()
}

/// E.164.
fn phone(text: &str) -> Option<SecretString> {
    let digits = text.strip_prefix('+')?;
    let good = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (good && !digits.starts_with('0')).then(|| text.into())
}
