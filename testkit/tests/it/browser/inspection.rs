//! What must be right on every page: for people who see little or use no mouse, on narrow screens, in the dark; and that no script of
//! somebody else runs.

use serde_json::{Value, json};

use super::{person::Person, pictures};

/// Vendored: `testkit/assets/VENDORED.md`.
const AXE: &str = include_str!("../../../assets/axe.min.js");

/// All rules of levels A and AA, or only that of contrast, which is what another theme changes.
const RULES: &str = "{type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}";
const CONTRAST: &str = "{type: 'rule', values: ['color-contrast']}";

/// What hostile texts set when they run.
const HIT: &str = "return typeof window.__hit";

/// Elements that reach beyond the screen, but for those in a region that scrolls by itself.
const TOO_WIDE: &str = "
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((it) =>
        it.getBoundingClientRect().right > window.innerWidth + 1 && !it.closest('.scroll, pre, .hidden'));
    return ['the page is ' + root.scrollWidth + ' pixels wide']
        .concat(wide.slice(0, 5).map((it) => it.tagName + '.' + it.className + ': ' + it.textContent.trim().slice(0, 60)));";

/// Everything that is wrong, page by page.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<String>,
    visited: usize,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Wide,
    Narrow,
    Dark,
}

impl Findings {
    fn add(&mut self, page: &str, what: impl IntoIterator<Item = String>) {
        self.found.extend(what.into_iter().map(|what| format!("{page}: {what}")));
    }

    /// Opens a page and looks at it in every way; keeps a picture under this name.
    pub async fn inspect(&mut self, person: &Person, language: &str, name: &str, path: &str) {
        let page = format!("{path} ({language})");
        show_as(person, Look::Wide).await;
        person.open(path).await;
        self.look_for_scripts(person, &page).await;
        let spoken = person.script("return document.documentElement.lang").await;
        if spoken != language {
            self.add(&page, [format!("its language is {spoken}")]);
        }
        pictures::take(person, &format!("{name}-{language}")).await;
        let ways = [(Look::Wide, RULES), (Look::Narrow, RULES), (Look::Dark, CONTRAST)];
        for (way, rules) in ways {
            show_as(person, way).await;
            self.add(&format!("{page}, {way:?}"), violations(person, rules).await);
            if way == Look::Narrow {
                self.add(&page, texts(&person.script(TOO_WIDE).await));
            }
        }
        self.visited += 1;
    }

    /// Opens a page and looks whether a script of a stored text ran.
    pub async fn visit(&mut self, person: &Person, path: &str) {
        person.open(path).await;
        self.look_for_scripts(person, path).await;
        self.visited += 1;
    }

    /// The same on a page that is open, such as the answer to a form.
    pub async fn look(&mut self, person: &Person, page: &str) {
        self.look_for_scripts(person, page).await;
        self.visited += 1;
    }

    async fn look_for_scripts(&mut self, person: &Person, page: &str) {
        // A script that failed to load would be a complaint, too.
        if person.script(HIT).await != "undefined" {
            self.add(page, ["a script of a stored text ran".to_owned()]);
        }
        if person.chrome.client.get_alert_text().await.is_ok() {
            self.add(page, ["a dialog is open".to_owned()]);
        }
        self.add(page, person.chrome.complaints().await);
    }

    /// So many pages were looked at, and nothing was found.
    #[track_caller]
    pub fn expect_none_on(self, pages: usize) {
        assert_eq!(self.visited, pages, "pages were left out");
        assert!(self.found.is_empty(), "{} faults:\n{}", self.found.len(), self.found.join("\n"));
    }
}

/// Width and theme of the browser, without loading the page again.
async fn show_as(person: &Person, way: Look) {
    let (width, height) = if way == Look::Narrow { (320, 800) } else { (1440, 900) };
    let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    person.chrome.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    person.chrome.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true})).await.unwrap();
    let theme = if way == Look::Dark { "dark" } else { "light" };
    let media = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
    person.chrome.devtools("Emulation.setEmulatedMedia", media).await.unwrap();
}

/// Rule, elements, and where the rule is explained.
async fn violations(person: &Person, rules: &str) -> Vec<String> {
    let client = &person.chrome.client;
    if person.script("return typeof window.axe").await == "undefined" {
        client.execute(AXE, vec![]).await.unwrap();
    }
    let run = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {{runOnly: {rules}, resultTypes: ['violations']}}).then(
             (result) => done(result.violations.map((it) =>
                 it.id + ' at ' + it.nodes.slice(0, 5).map((node) => node.target.join(' ')).join(', ') + ': ' + it.help
                     + ' ' + it.helpUrl)),
             (error) => done(['axe failed: ' + error]));"
    );
    texts(&client.execute_async(&run, vec![]).await.unwrap())
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned)).collect()
}

mod vendored {
    use std::{fs, path::Path};

    use sha2::{Digest, Sha256};

    #[test]
    fn what_is_injected_has_the_sum_that_is_written_down() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let text = fs::read_to_string(folder.join("VENDORED.md")).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
        let [line] = lines.as_slice() else { panic!("one file is listed: {lines:?}") };
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, file, _, version, source, licence, sum, _] = cells.as_slice() else { panic!("{line}") };
        assert_eq!((*file, hex::encode(Sha256::digest(super::AXE)).as_str()), ("axe.min.js", *sum));
        assert!(source.contains(version) && super::AXE.contains(version), "{line}");
        let licences: Vec<&str> = licence.split('`').filter(|part| part.starts_with("licences/")).collect();
        assert_eq!(licences.len(), 2, "{line}");
        licences.iter().for_each(|licence| assert!(folder.join(licence).is_file(), "{licence}"));
    }
}
