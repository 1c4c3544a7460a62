//! Devices, as members register them.

use std::str::FromStr;

use kernel::Zone;
use secrecy::{ExposeSecret, SecretString};

/// So many devices a member may have.
pub const MOST_DEVICES: i64 = 10;

/// A device, as its member registers it.
#[derive(Clone, Debug)]
pub struct DeviceRegistration {
    /// What it runs.
    pub platform: Platform,
    /// Where pushes to it go.
    pub token: PushToken,
    /// In which language it is told.
    pub locale: Locale,
    /// By which clocks its quiet hours are.
    pub zone: Zone,
}

/// What a device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Android.
    Android,
    /// iOS or iPadOS.
    Ios,
    /// A browser.
    Web,
}

/// The text is the name of no platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a platform is android, ios or web")]
pub struct PlatformError;

impl Platform {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Web => "web",
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        [Self::Android, Self::Ios, Self::Web].into_iter().find(|one| one.as_str() == text).ok_or(PlatformError)
    }
}

/// What the provider of pushes calls a device: whoever has it, and the bank's key, can push to the device.
#[derive(Clone, Debug)]
pub struct PushToken(SecretString);

/// The text cannot be a push token. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a push token has 8 to 4096 visible ASCII characters")]
pub struct PushTokenError;

impl PushToken {
    /// The token in this text.
    pub fn parse(text: &SecretString) -> Result<Self, PushTokenError> {
        let bytes = text.expose_secret().as_bytes();
        let is_one = (8..=4096).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        is_one.then(|| Self(text.clone())).ok_or(PushTokenError)
    }

    /// The token, to be sealed.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// What its member is shown of it: the last four characters, if that gives little of it away.
    pub fn masked(&self) -> String {
        let text = self.0.expose_secret();
        let shown = if text.len() >= 16 { text.get(text.len() - 4..).unwrap_or_default() } else { "" };
        format!("****{shown}")
    }
}

/// In which language a device is told: a tag of BCP 47, of which the first part counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(String);

/// The text is no tag of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a locale is a language tag, such as ko or en-US")]
pub struct LocaleError;

impl Locale {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Locale {
    /// The language of the bank.
    fn default() -> Self {
        Self("ko".to_owned())
    }
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, LocaleError> {
        let mut parts = text.split('-');
        let language = parts.next().unwrap_or_default();
        let is_language = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_tag = is_language && parts.all(is_part) && text.len() <= 35;
        is_tag.then(|| Self(text.to_owned())).ok_or(LocaleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Result<PushToken, PushTokenError> {
        PushToken::parse(&text.into())
    }

    #[test]
    fn a_token_is_masked_and_shows_itself_nowhere() {
        let long = token("fKx9-secret:APA91bH-c0de").expect("a token");
        assert_eq!(long.masked(), "****c0de");
        assert!(!format!("{long:?}").contains("secret"));
        assert_eq!(token("eight-ch").expect("a token").masked(), "****");
        for bad in ["", "short", "with space 123", "line\nbreak12", "장부장부장부", &"x".repeat(4097)] {
            assert!(token(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_locale_is_a_language_tag() {
        for good in ["ko", "en-US", "zh-Hant-TW", "gsw"] {
            assert_eq!(good.parse::<Locale>().expect("a locale").as_str(), good);
        }
        for bad in [
            "",
            "k",
            "KO",
            "korean",
            "ko_KR",
            "en-",
            "en-toolongpart",
            "ko\r\n",
            &format!("en{}", "-abcdefgh".repeat(4)),
        ] {
            assert!(bad.parse::<Locale>().is_err(), "{bad:?}");
        }
    }
}
