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
    pub(crate) member: Option<Tokens>,
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

/// An operator who is logged in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operator {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
}

/// The tokens of whoever is logged in: all that is known of a member. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) token_ends: i64,
    pub(crate) refresh_token: String,
    /// The last request that a person made; a page that renews itself does not count.
    pub(crate) acted_at: i64,
}

/// Somebody who has just logged in, or whose tokens are new.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Person {
    Operator(Operator),
    Member(Tokens),
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

    /// The same browser with nobody in front of it: nothing that was known before counts, but how it likes to read.
    pub(crate) fn rotated(&self) -> Self {
        Self { language: self.language, theme: self.theme, ..Self::fresh() }
    }

    /// This person is in front of it.
    pub(crate) fn belongs_to(&mut self, person: Person) {
        match person {
            Person::Operator(operator) => self.operator = Some(operator),
            Person::Member(tokens) => self.member = Some(tokens),
        }
    }

    /// The tokens of whoever is logged in. A cookie holds an operator or a member, never both.
    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.operator.as_ref().map(|operator| &operator.tokens).or(self.member.as_ref())
    }

    pub(crate) fn tokens_mut(&mut self) -> Option<&mut Tokens> {
        match &mut self.operator {
            Some(operator) => Some(&mut operator.tokens),
            None => self.member.as_mut(),
        }
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
        let after = before.rotated();
        assert_ne!(after.csrf, before.csrf);
        assert_eq!((after.language, after.theme, after.seen), (before.language, before.theme, None));
    }

    #[test]
    fn a_cookie_of_an_earlier_console_opens() {
        let tokens = r#""access_token": "a", "token_ends": 5, "refresh_token": "r", "acted_at": 3"#;
        let id = Uuid::nil();
        let text = format!(
            r#"{{"csrf": "c", "language": null, "theme": null, "seen": null,
            "operator": {{"id": "{id}", "name": "n", "role": "viewer", {tokens}}}}}"#
        );
        let session: Session = serde_json::from_str(&text).expect("a session");
        let tokens = Tokens { access_token: "a".to_owned(), token_ends: 5, refresh_token: "r".to_owned(), acted_at: 3 };
        assert_eq!(session.tokens(), Some(&tokens));
        let written = serde_json::to_value(&session).expect("JSON");
        assert_eq!(written["operator"]["access_token"], "a");
        assert_eq!(written["operator"]["acted_at"], 3);
    }
}
