//! What the cookie holds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::language::Language;

/// Light or dark; without a choice, as the machine of the reader is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

/// One browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Stands in each form of this browser; another one after each log-in.
    pub(crate) csrf: String,
    pub(crate) language: Option<Language>,
    pub(crate) theme: Option<Theme>,
    /// The `Consistency-Token` of the last command: what was done is shown.
    pub(crate) seen: Option<String>,
    pub(crate) operator: Option<Operator>,
    /// In the wallet's cookie only, as what follows.
    #[serde(default)]
    pub(crate) member: Option<Member>,
    /// A sign-up whose code is on its way.
    #[serde(default)]
    pub(crate) sign_up: Option<SignUp>,
    /// Where the last code went, if this console shows the mail that was caught on this machine.
    #[serde(default)]
    pub(crate) mailed: Option<String>,
    /// A password reset whose code is on its way.
    #[serde(default)]
    pub(crate) reset: Option<Uuid>,
    /// What the member began with the outside last: no list of the servers shows it to them.
    #[serde(default)]
    pub(crate) begun: Vec<Begun>,
}

/// Who is logged in, and their tokens. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operator {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) access_token: String,
    pub(crate) token_ends: i64,
    pub(crate) refresh_token: String,
    /// The last request that a person made; a page that renews itself does not count.
    pub(crate) acted_at: i64,
}

/// A member who is logged in to the wallet. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) access_token: String,
    pub(crate) token_ends: i64,
    pub(crate) refresh_token: String,
    /// The last request that a person made; a page that renews itself does not count.
    pub(crate) acted_at: i64,
}

/// A sign-up whose code is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SignUp {
    pub(crate) id: Uuid,
    pub(crate) login_id: String,
}

/// A top-up, a payout or a gift card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) kind: String,
    pub(crate) id: Uuid,
}

impl Session {
    /// A browser that nobody has logged in with.
    pub(crate) fn fresh() -> Self {
        Self {
            csrf: secret(),
            language: None,
            theme: None,
            seen: None,
            operator: None,
            member: None,
            sign_up: None,
            mailed: None,
            reset: None,
            begun: Vec::new(),
        }
    }

    /// The same browser with another person in front of it, or nobody: nothing that was known before counts, but how it likes to
    /// read.
    pub(crate) fn rotated(&self, operator: Option<Operator>) -> Self {
        Self { language: self.language, theme: self.theme, operator, ..Self::fresh() }
    }

    /// The same in the wallet.
    pub(crate) fn rotated_to(&self, member: Option<Member>) -> Self {
        Self { language: self.language, theme: self.theme, member, ..Self::fresh() }
    }
}

/// 256 random bits as text.
pub(crate) fn secret() -> String {
    let mut bytes = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).expect("a machine without random bytes can seal nothing");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_keeps_nothing_but_how_the_browser_likes_to_read() {
        let mut before = Session::fresh();
        before.language = Some(Language::Ko);
        before.theme = Some(Theme::Dark);
        before.seen = Some("token".to_owned());
        let after = before.rotated(None);
        assert_ne!(after.csrf, before.csrf);
        assert_eq!((after.language, after.theme, after.seen), (before.language, before.theme, None));
    }
}
