//! Cookies, in and out.

use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Serialize, de::DeserializeOwned};

use super::seal::Seal;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The session. Never sent with a request that another site caused.
    Session,
    /// A log-in that is under way at the identity provider, which sends the browser back: that request must bring it.
    LogIn,
    /// The session of a member in the wallet. It opens no operators' page, and theirs opens no wallet.
    Wallet,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "jangbu-console",
            Self::LogIn => "jangbu-console-login",
            Self::Wallet => "jangbu-wallet",
        }
    }

    const fn attributes(self) -> &'static str {
        match self {
            Self::Session | Self::Wallet => "Path=/; HttpOnly; SameSite=Strict; Max-Age=43200",
            Self::LogIn => "Path=/; HttpOnly; SameSite=Lax; Max-Age=600",
        }
    }
}

/// How cookies of this console look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    /// Over HTTPS only, and for this host only.
    pub(crate) secure: bool,
}

impl Cookies {
    /// What a request brings; none if it brings nothing that opens.
    pub(crate) fn read<T: DeserializeOwned>(self, kind: Kind, headers: &HeaderMap, seal: &Seal) -> Option<T> {
        let name = self.name(kind);
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        serde_json::from_slice(&seal.open(kind.name(), value)?).ok()
    }

    /// The `Set-Cookie` for this content.
    pub(crate) fn write<T: Serialize>(self, kind: Kind, content: &T, seal: &Seal) -> Option<HeaderValue> {
        let value = seal.seal(kind.name(), &serde_json::to_vec(content).ok()?)?;
        self.line(kind, &value, kind.attributes())
    }

    /// The `Set-Cookie` that takes it away.
    pub(crate) fn remove(self, kind: Kind) -> Option<HeaderValue> {
        self.line(kind, "", "Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    }

    fn line(self, kind: Kind, value: &str, attributes: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{}={value}; {attributes}{secure}", self.name(kind))).ok()
    }

    /// Browsers take a cookie of a name that begins with `__Host-` from this host over HTTPS only.
    fn name(self, kind: Kind) -> String {
        format!("{}{}", if self.secure { "__Host-" } else { "" }, kind.name())
    }
}
