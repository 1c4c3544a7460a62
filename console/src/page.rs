//! What every screen shares: the frame around it, the language, the forms' secrets, and how things are shown.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use platform::problem::Problem;
use url::form_urlencoded;

use crate::{
    assets,
    client::Failure,
    format::Format,
    language::Language,
    navigation::{AREAS, Area, WALLET_AREAS},
    scales::Decimals,
    visit::{Visit, WALLET},
};

/// The roles of operators, each with all rights of those before it.
const ROLES: [&str; 4] = ["viewer", "support", "operator", "admin"];

/// The frame of a screen. Templates call its methods.
#[derive(Clone)]
pub(crate) struct Page {
    visit: Visit,
    language: Language,
    pub(crate) format: Format,
    /// In the title of the window and as the heading.
    pub(crate) title: String,
    /// What was done a moment ago.
    pub(crate) notice: Option<String>,
}

/// An entry of the menu.
pub(crate) struct Entry {
    pub(crate) path: &'static str,
    pub(crate) name: String,
    pub(crate) is_current: bool,
}

/// Something that can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) is_chosen: bool,
}

impl Choice {
    /// One that is shown as the servers call it.
    pub(crate) fn plain(value: &str) -> Self {
        Self { value: value.to_owned(), name: value.to_owned(), is_chosen: false }
    }
}

impl Page {
    /// The frame of a screen whose title has this key.
    pub(crate) async fn new(visit: &Visit, title: &str) -> Self {
        let decimals = visit.decimals().await;
        Self::with_decimals(visit, title, decimals)
    }

    /// The frame of a screen without amounts: it asks nobody.
    pub(crate) fn plain(visit: &Visit, title: &str) -> Self {
        Self::with_decimals(visit, title, Decimals::default())
    }

    fn with_decimals(visit: &Visit, title: &str, decimals: Decimals) -> Self {
        let language = visit.language();
        let format = Format { decimals, zone: visit.house().zone, language };
        let query = visit.asked().split_once('?').map(|(_, query)| query).unwrap_or_default();
        let done = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done");
        let notice = done.and_then(|(_, word)| language.known(&format!("done-{word}")));
        Self { visit: visit.clone(), language, format, title: language.text(title), notice }
    }

    /// Another title than that of a key.
    #[must_use]
    pub(crate) fn titled(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// The message.
    pub(crate) fn t(&self, key: &str) -> String {
        self.language.text(key)
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// A word of the servers, such as a state, in the language of the reader; as it is if nobody knows it.
    pub(crate) fn word(&self, kind: &str, word: &str) -> String {
        self.language.known(&format!("{kind}-{word}")).unwrap_or_else(|| word.to_owned())
    }

    pub(crate) fn lang(&self) -> &'static str {
        self.language.code()
    }

    pub(crate) fn other_lang(&self) -> &'static str {
        match self.language {
            Language::Ko => Language::En.code(),
            Language::En => Language::Ko.code(),
        }
    }

    /// `light`, `dark`, or `auto`.
    pub(crate) fn theme(&self) -> &'static str {
        self.visit.theme().map_or("auto", |theme| theme.code())
    }

    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    pub(crate) fn csrf(&self) -> String {
        self.visit.csrf()
    }

    /// A key for one form: sent twice, it is done once.
    pub(crate) fn key(&self) -> String {
        self.visit.house().ids.fresh().to_string()
    }

    /// Where this page is, to come back to it.
    pub(crate) fn asked(&self) -> &str {
        self.visit.asked()
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.visit.operator().is_some()
    }

    /// Whether a member is logged in to the wallet.
    pub(crate) fn is_member(&self) -> bool {
        self.visit.member().is_some()
    }

    /// The first screen of this part of the console.
    pub(crate) fn home(&self) -> &'static str {
        self.visit.home()
    }

    fn is_wallet(&self) -> bool {
        self.home() == WALLET
    }

    /// Where language and theme are chosen.
    pub(crate) fn preferences(&self) -> &'static str {
        if self.is_wallet() { "/wallet/preferences" } else { "/preferences" }
    }

    pub(crate) fn name(&self) -> String {
        self.visit.operator().map(|operator| operator.name).unwrap_or_default()
    }

    pub(crate) fn role(&self) -> String {
        self.visit.operator().map(|operator| self.word("role", &operator.role)).unwrap_or_default()
    }

    /// Whether the operator has at least this role. The servers decide; the page only leaves out what they would refuse.
    pub(crate) fn may(&self, least: &str) -> bool {
        let rank = |role: &str| ROLES.iter().position(|known| *known == role);
        let own = self.visit.operator().and_then(|operator| rank(&operator.role));
        own.is_some_and(|own| rank(least).is_some_and(|least| own >= least))
    }

    pub(crate) fn menu(&self) -> Vec<Entry> {
        let path = self.visit.path();
        let entry = |area: &Area| Entry { path: area.path, name: self.t(area.key), is_current: area.holds(path) };
        let areas = if self.is_wallet() { WALLET_AREAS } else { AREAS };
        areas.iter().map(entry).collect()
    }

    /// What can be chosen of the words of a kind.
    pub(crate) fn choices(&self, kind: &str, words: &[&'static str], chosen: &str) -> Vec<Choice> {
        let choice = |word: &&'static str| Choice {
            value: (*word).to_owned(),
            name: self.word(kind, word),
            is_chosen: *word == chosen,
        };
        words.iter().map(choice).collect()
    }

    /// A part of the page: what is there, or why it is not.
    pub(crate) fn part<T>(&self, result: Result<T, Failure>) -> (Option<T>, Option<String>) {
        match result {
            Ok(value) => (Some(value), None),
            Err(failure) => (None, Some(failure.words(self.language))),
        }
    }
}

/// The page.
pub(crate) fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}
