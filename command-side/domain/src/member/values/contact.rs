//! By what a person is reached.

use std::net::Ipv4Addr;

use events::recorded::Channel;
use idna::AsciiDenyList;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::phone;
use crate::characters::{is_clear_name, is_of_one_writing};

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
    #[error(
        "must be a telephone number in international form: +, the country's code and as many digits as its numbers have"
    )]
    Phone,
}

impl Contact {
    /// Reads a contact. Whatever comes out stands in no header, line or address but as itself.
    pub fn parse(channel: Channel, value: &str) -> Result<Self, ContactError> {
        let value = match channel {
            Channel::Email => email(value).ok_or(ContactError::Email)?,
            Channel::Phone => phone::e164(value).ok_or(ContactError::Phone)?.into(),
        };
        Ok(Self { channel, value })
    }

    /// The same contact as builds before numbering plans may have kept it, in spellings that are not taken any more: its
    /// owner may have one of them. None for an e-mail address.
    pub fn earlier_spellings(&self) -> Vec<Self> {
        let spellings = match self.channel {
            Channel::Email => Vec::new(),
            Channel::Phone => phone::with_prefixes(self.expose()),
        };
        spellings.into_iter().map(|value| Self { channel: self.channel, value: value.into() }).collect()
    }

    /// Its kind.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The one spelling, to be sealed, and to send messages to.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    /// What a contact is told from others by, to be hashed. Lower case tells the two small sigmas by their place in the word, and
    /// people write either: they are one here.
    pub fn identity(&self) -> SecretString {
        self.value.expose_secret().replace('ς', "σ").into()
    }
}

/// The dot-atom form of RFC 5322 only, with the letters of all scripts (RFC 6531): no quotes, comments, spaces or address
/// literals. Lower case throughout, for no mail server of today tells `Kim` from `kim`; the domain in ASCII, so that two
/// spellings of it are one.
fn email(text: &str) -> Option<SecretString> {
    if text.len() > 254 {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3).ok()?;
    let address = format!("{}@{}", local_part(local)?, domain.to_ascii_lowercase());
    (is_mail_domain(&domain) && address.len() <= 254).then(|| address.into())
}

/// Beyond ASCII letters, digits and their marks in normal form C, without those that only look like others (full width,
/// ligatures), and of scripts that are written together: the profile of UTS 39 for addresses.
fn local_part(text: &str) -> Option<String> {
    let ascii = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let local: String = text.nfc().collect::<String>().to_lowercase().nfc().collect();
    let atom = |atom: &str| {
        let begins = atom.starts_with(|c: char| ascii(c) || (is_letter_or_digit(c) && !is_combining_mark(c)));
        begins && atom.chars().all(|c| ascii(c) || is_letter_or_digit(c) || matches!(c, '\u{200c}' | '\u{200d}'))
    };
    let shape = local.len() <= 64 && local.split('.').all(atom) && is_compatible(&local);
    (shape && is_clear_name(&local) && is_of_one_writing(&local)).then_some(local)
}

/// Whether no letter is there that is another one's form only. Thai and Lao write the vowel am as one letter, which has two forms
/// for computers.
fn is_compatible(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !matches!(c, 'ำ' | 'ຳ')).collect();
    plain.nfkc().eq(plain.chars())
}

fn is_letter_or_digit(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c))
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
