//! Where the key-encryption key is, as configuration names it.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use url::Url;

use super::{FileKek, Kek, KekError, TransitKek};

/// `file:PATH`, or `transit:URL#KEYNAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KekAddress {
    /// A key file.
    File(PathBuf),
    /// HashiCorp Vault's transit engine, or one that speaks like it.
    Transit {
        /// Where the engine is mounted: `/v1/transit` if the URL had no path.
        mount: Url,
        /// The name of the key.
        key: String,
    },
}

impl KekAddress {
    /// The adapter for it. A key file must be there; the transit engine is not asked yet.
    pub fn open(&self, token_file: Option<&Path>) -> Result<Arc<dyn Kek>, KekError> {
        Ok(match self {
            Self::File(path) => Arc::new(FileKek::open(path)?),
            Self::Transit { mount, key } => {
                let token_file = token_file.ok_or(KekError::NoToken)?;
                Arc::new(TransitKek::new(mount.clone(), key.clone(), token_file.to_owned())?)
            }
        })
    }
}

/// The address of a key-encryption key that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither of the two.
    #[error("give file:PATH or transit:URL#KEYNAME")]
    Scheme,
    /// What follows `transit:` is no URL with a host.
    #[error("transit: is not followed by an http or https URL")]
    Url,
    /// There is no key name after `#`, or not a plain one.
    #[error("transit:URL is not followed by # and the key's name: letters, digits, `-` and `_`")]
    Key,
}

impl FromStr for KekAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("transit", rest)) => transit(rest),
            _ => Err(AddressError::Scheme),
        }
    }
}

fn transit(text: &str) -> Result<KekAddress, AddressError> {
    let mut mount: Url = text.parse().map_err(|_| AddressError::Url)?;
    if !matches!(mount.scheme(), "http" | "https") || !mount.has_host() || mount.query().is_some() {
        return Err(AddressError::Url);
    }
    let key = mount.fragment().unwrap_or_default().to_owned();
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err(AddressError::Key);
    }
    mount.set_fragment(None);
    let path = match mount.path().trim_end_matches('/') {
        "" => "/v1/transit".to_owned(),
        path => path.to_owned(),
    };
    mount.set_path(&path);
    Ok(KekAddress::Transit { mount, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        assert_eq!("file:/etc/kek.json".parse(), Ok(KekAddress::File("/etc/kek.json".into())));
        for (text, mount) in [
            ("transit:https://vault:8200#bank", "https://vault:8200/v1/transit"),
            ("transit:https://vault:8200/#bank", "https://vault:8200/v1/transit"),
            ("transit:http://10.0.0.1/v1/team/transit/#bank", "http://10.0.0.1/v1/team/transit"),
        ] {
            let address = KekAddress::Transit { mount: mount.parse().expect("a URL"), key: "bank".into() };
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, why) in [
            ("", AddressError::Scheme),
            ("/etc/kek.json", AddressError::Scheme),
            ("file:", AddressError::Scheme),
            ("vault:https://h#k", AddressError::Scheme),
            ("transit:nothing", AddressError::Url),
            ("transit:file:///x#k", AddressError::Url),
            ("transit:https://h?a=b#k", AddressError::Url),
            ("transit:https://h", AddressError::Key),
            ("transit:https://h#", AddressError::Key),
            ("transit:https://h#a/../b", AddressError::Key),
        ] {
            assert_eq!(text.parse::<KekAddress>(), Err(why), "{text}");
        }
    }

    #[test]
    fn the_transit_engine_needs_a_token() {
        let address: KekAddress = "transit:https://h#k".parse().expect("an address");
        assert!(matches!(address.open(None), Err(KekError::NoToken)));
    }
}
