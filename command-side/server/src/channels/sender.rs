//! Whom mail is from.

use std::str::FromStr;

use lettre::{Address, address::AddressError};

/// Whom mail is from: an address, and perhaps a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sender {
    pub(super) name: Option<String>,
    pub(super) address: Address,
}

impl FromStr for Sender {
    type Err = AddressError;

    /// `someone@example.com`, or `A Name <someone@example.com>`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            return Ok(Self { name: None, address: text.parse()? });
        };
        let address = rest.strip_suffix('>').ok_or(AddressError::InvalidInput)?;
        let name = name.trim().trim_matches('"');
        if name.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '"')) {
            return Err(AddressError::InvalidInput);
        }
        Ok(Self { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address: address.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_alone_or_behind_a_name() {
        let sender = |text: &str| text.parse::<Sender>().map(|sender| (sender.name, sender.address.to_string()));
        let address = "no-reply@jangbu.example".to_owned();
        assert_eq!(sender("no-reply@jangbu.example"), Ok((None, address.clone())));
        assert_eq!(sender("<no-reply@jangbu.example>"), Ok((None, address.clone())));
        for text in ["Jangbu 장부 <no-reply@jangbu.example>", "\"Jangbu 장부\" <no-reply@jangbu.example> "] {
            assert_eq!(sender(text), Ok((Some("Jangbu 장부".to_owned()), address.clone())));
        }
        for text in [
            "",
            "Jangbu",
            "Jangbu <no-reply@jangbu.example",
            "A\r\nBcc: x <a@b.example>",
            "A <a@b.example>, c@d.example",
        ] {
            assert!(sender(text).is_err(), "{text:?}");
        }
    }
}
