//! Both languages say everything.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use platform::problem::Code;

use crate::app::App;

/// Messages whose keys are put together: `<kind>-<word of a server>`.
const WORDS: [&str; 49] = [
    "account-",
    "approval-action-",
    "approval-status-",
    "channel-",
    "code-life-",
    "consent-",
    "delivery-",
    "difference-",
    "done-",
    "every-",
    "freeze-",
    "generation-",
    "hold-capture-",
    "hold-state-",
    "item-how-",
    "item-state-",
    "kind-",
    "limited-",
    "member-",
    "not-searched-",
    "notification-",
    "operator-status-",
    "order-refused-",
    "order-run-",
    "order-state-",
    "outside-kind-",
    "outside-state-",
    "outside-step-",
    "outside-step-state-",
    "platform-",
    "problem-",
    "process-kind-",
    "process-state-",
    "ready-",
    "promotion-",
    "rebuild-",
    "role-",
    "row-status-",
    "run-status-",
    "session-",
    "step-",
    "transfer-",
    "transfer-kind-",
    "view-act-",
    "view-fact-",
    "view-state-",
    "webhook-disabled-",
    "weekday-",
    "window-",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn messages(language: &str) -> Vec<(String, String)> {
    let read = |file: String| fs::read_to_string(root().join("locales").join(file)).expect("messages");
    let text = [read(format!("{language}.ftl")), read(format!("wallet-{language}.ftl"))].concat();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(" = ").map(|(key, text)| (key.to_owned(), text.to_owned())).expect(line)).collect()
}

fn keys(language: &str) -> Vec<String> {
    messages(language).into_iter().map(|(key, _)| key).collect()
}

/// The texts of all files in these folders.
fn texts(folders: &[&str]) -> Vec<String> {
    let mut files: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        found.push(fs::read_to_string(&path).expect("a file"));
    }
    found
}

/// Everything in double quotes in sources and templates that could be a key.
fn quoted() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts(&["src", "templates"]) {
        let is_key = |piece: &&str| {
            !piece.is_empty()
                && piece.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        found.extend(text.split('"').filter(is_key).map(str::to_owned));
    }
    found
}

/// What a page asks for by `page.t("..")`.
fn asked_for() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts(&["templates"]) {
        found.extend(text.split(".t(\"").skip(1).map(|rest| rest.split('"').next().expect("a key").to_owned()));
    }
    found
}

#[test]
fn both_languages_have_the_same_messages_each_once() {
    let (korean, english) = (keys("ko"), keys("en"));
    assert_eq!(korean, english, "the same keys in the same order");
    assert_eq!(korean.iter().collect::<BTreeSet<_>>().len(), korean.len(), "none twice");
    for language in ["ko", "en"] {
        for (key, text) in messages(language) {
            assert!(!text.trim().is_empty(), "{language}: {key}");
        }
    }
}

#[test]
fn both_languages_take_the_same_values() {
    let values = |text: &str| {
        text.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    for ((key, korean), (_, english)) in messages("ko").into_iter().zip(messages("en")) {
        assert_eq!(values(&korean), values(&english), "{key}");
    }
}

#[test]
fn every_message_is_used_and_every_key_has_one() {
    let (known, quoted): (BTreeSet<String>, _) = (keys("en").into_iter().collect(), quoted());
    let unused: Vec<&String> =
        known.iter().filter(|key| !quoted.contains(*key) && !WORDS.iter().any(|kind| key.starts_with(kind))).collect();
    assert!(unused.is_empty(), "used nowhere: {unused:?}");
    let missing: Vec<String> = asked_for().difference(&known).cloned().collect();
    assert!(missing.is_empty(), "there is no message for {missing:?}");
}

#[tokio::test]
async fn the_browser_is_answered_in_its_language_until_somebody_chooses() {
    let app = App::start().await;
    let mut browser = app.browser();
    browser.language = "ko-KR,ko;q=0.9,en;q=0.8";
    let page = browser.get("/login").await;
    assert!(
        page.text.contains("<html lang=\"ko\" data-theme=\"auto\">") && page.text.contains("비밀번호"),
        "{}",
        page.text
    );
    let choice =
        [("csrf", page.field("csrf")), ("language", "en".to_owned()), ("back", "/login?next=%2Flog".to_owned())];
    let choice: Vec<(&str, &str)> = choice.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = browser.post("/preferences", &choice).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login?next=%2Flog"));
    assert!(browser.get("/login").await.text.contains("<html lang=\"en\""));
    browser.log_in("/").await;
    assert!(
        browser.get("/accounts").await.text.contains("<html lang=\"en\""),
        "a log-in does not change how somebody reads"
    );

    let csrf = browser.get("/").await.field("csrf");
    browser.post("/preferences", &[("csrf", &csrf), ("theme", "dark"), ("back", "//evil.example")]).await;
    let page = browser.get("/").await;
    assert!(page.text.contains("<html lang=\"en\" data-theme=\"dark\">"), "{}", page.text);
}

/// Without a message a page shows what the server says, which is English.
#[test]
fn every_problem_of_the_servers_has_a_message() {
    for language in ["ko", "en"] {
        let known: BTreeSet<String> = keys(language).into_iter().collect();
        let missing: Vec<&str> = Code::ALL
            .iter()
            .map(|code| code.as_str())
            .filter(|code| !known.contains(&format!("problem-{code}")))
            .collect();
        assert!(missing.is_empty(), "{language}: add problem-<code> for {missing:?}");
    }
}

/// A message that Fluent cannot read would show its key.
#[tokio::test]
async fn no_page_shows_a_key() {
    let app = App::start().await;
    for language in ["ko", "en"] {
        let mut browser = app.signed_in("admin").await;
        browser.language = language;
        for path in crate::bank::screens() {
            let text = browser.get(&path).await.text;
            for key in keys("en")
                .iter()
                .filter(|key| key.matches('-').count() > 0 && !WORDS.iter().any(|kind| key.starts_with(kind)))
            {
                assert!(!text.contains(&format!(">{key}<")), "{language}, {path}: {key}");
            }
        }
    }
}
