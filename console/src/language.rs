//! The two languages of the screens. The messages stand in `locales/`, in Fluent's form: for each language one file for the operators'
//! screens and what all screens share, and one for the wallet.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use serde::{Deserialize, Serialize};

const KOREAN: [&str; 2] = [include_str!("../locales/ko.ftl"), include_str!("../locales/wallet-ko.ftl")];
const ENGLISH: [&str; 2] = [include_str!("../locales/en.ftl"), include_str!("../locales/wallet-en.ftl")];

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 2]> = LazyLock::new(|| [bundle("ko", KOREAN), bundle("en", ENGLISH)]);

/// A language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// Korean.
    Ko,
    /// English.
    #[default]
    En,
}

impl Language {
    /// As it stands in `lang` and in forms.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "ko" => Some(Self::Ko),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// What the browser asks for in `Accept-Language`: of the languages that are here the one with the highest weight, and of two with
    /// the same the first.
    pub(crate) fn asked(header: &str) -> Self {
        let mut best = (Self::default(), 0);
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let primary = tag.split('-').next().unwrap_or_default();
            let Some(language) = Self::parse(primary) else { continue };
            let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=").map(thousandths)).unwrap_or(1000);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The message. One that is missing shows its key: a test sees to it that none is.
    pub(crate) fn text(self, key: &str) -> String {
        self.format(key, None).unwrap_or_else(|| key.to_owned())
    }

    /// The message with these values in it.
    pub(crate) fn text_with(self, key: &str, values: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, *value);
        }
        self.format(key, Some(&args)).unwrap_or_else(|| key.to_owned())
    }

    /// The message, if there is one: for words that come from elsewhere, such as the codes of problems.
    pub(crate) fn known(self, key: &str) -> Option<String> {
        self.format(key, None)
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = &BUNDLES[self as usize];
        let pattern = bundle.get_message(key)?.value()?;
        Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
    }
}

/// A weight such as `0.8`, in thousandths.
fn thousandths(weight: &str) -> u32 {
    let (whole, part) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let (whole, part) = (whole.parse::<u32>().unwrap_or(0), digits.parse::<u32>().unwrap_or(0));
    whole.min(1).saturating_mul(1000).saturating_add(part).min(1000)
}

fn bundle(code: &str, files: [&str; 2]) -> Bundle {
    let language = code.parse().expect("a language");
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Names and amounts stand inside of sentences here; the marks around them would be copied with them.
    bundle.set_use_isolating(false);
    for messages in files {
        let resource = FluentResource::try_new(messages.to_owned()).map_err(|(_, errors)| errors).expect("messages");
        bundle.add_resource(resource).expect("each message once");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_says_which_language() {
        for (header, expected) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Language::Ko),
            ("en-GB,ko;q=0.9", Language::En),
            ("de,ko;q=0.3,en;q=0.2", Language::Ko),
            ("de, fr", Language::En),
            ("", Language::En),
            ("ko;q=0, en;q=0.1", Language::En),
            ("KO", Language::Ko),
        ] {
            assert_eq!(Language::asked(header), expected, "{header:?}");
        }
    }

    #[test]
    fn a_message_holds_its_values_as_they_are() {
        let shown = Language::En.text_with("error-request-id", &[("id", "<b>7</b>")]);
        assert!(shown.contains("<b>7</b>"), "{shown}");
        assert_eq!(Language::Ko.text("no-such-message"), "no-such-message");
    }
}
