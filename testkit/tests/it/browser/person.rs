//! Somebody in front of a browser: they see texts, find controls by their labels and buttons by what stands on them, and wait.

use std::time::{Duration, Instant};

use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
};
use serde_json::Value;

use super::{
    chrome::{Chrome, READER, Reader},
    pictures,
};

/// As keyboards send it, in the private characters of WebDriver.
pub const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';
/// Nobody looks longer at a page that does not change.
const PATIENCE: Duration = Duration::from_secs(30);
/// So often it is looked at least: one look may take long, as a page may take long to open.
const LOOKS: u32 = 20;

pub struct Person {
    pub chrome: Chrome,
    /// Where the console is, without a slash at the end.
    pub url: String,
}

impl Person {
    /// English, with scripts.
    pub async fn start(url: &str) -> Self {
        Self::start_as(url, READER).await
    }

    pub async fn start_as(url: &str, reader: Reader) -> Self {
        Self { chrome: Chrome::start(reader).await, url: url.to_owned() }
    }

    /// Types an address of the console.
    pub async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.url);
        self.chrome.client.goto(&url).await.unwrap_or_else(|error| panic!("{path} does not open: {error}"));
    }

    /// Opens the page again until it shows a text.
    pub async fn reload_until(&self, text: &str) {
        self.until(&format!("the page shows {text:?}"), async || {
            self.chrome.client.refresh().await.map_err(text_of)?;
            self.shows(text).await
        })
        .await;
    }

    /// Waits until a text can be seen.
    pub async fn see(&self, text: &str) {
        self.until(&format!("the page shows {text:?}"), async || self.shows(text).await).await;
    }

    /// Waits until a text cannot be seen.
    pub async fn see_no_more(&self, text: &str) {
        self.until(&format!("the page does not show {text:?}"), async || {
            if self.text().await?.contains(text) { Err("it is there".to_owned()) } else { Ok(()) }
        })
        .await;
    }

    async fn shows(&self, text: &str) -> Result<(), String> {
        let seen = self.text().await?;
        if seen.contains(text) { Ok(()) } else { Err("it is not there".to_owned()) }
    }

    /// Waits until a row of a table has all of these texts.
    pub async fn see_row(&self, texts: &[&str]) {
        let has: String =
            texts.iter().map(|text| format!("[contains(normalize-space(.), {})]", quoted(text))).collect();
        let row = format!("//main//tbody/tr{has}");
        self.until(&format!("a row shows {texts:?}"), async || self.find(&row).await.map(drop).map_err(text_of)).await;
    }

    /// What stands beside a name in a list of figures.
    pub async fn figure(&self, name: &str) -> Result<String, String> {
        let value = format!("//main//dt[normalize-space(.)={}]/following-sibling::dd[1]", quoted(name));
        self.find(&value).await.map_err(text_of)?.text().await.map_err(text_of)
    }

    /// Opens the page again until what stands beside a name begins like this.
    pub async fn reload_until_is(&self, name: &str, value: &str) {
        self.until(&format!("{name:?} is {value:?}"), async || {
            self.chrome.client.refresh().await.map_err(text_of)?;
            let shown = self.figure(name).await?;
            if shown.starts_with(value) { Ok(()) } else { Err(shown) }
        })
        .await;
    }

    /// Waits until the address has a part.
    pub async fn arrive(&self, part: &str) {
        self.until(&format!("the address has {part:?}"), async || {
            let path = self.path().await;
            if path.contains(part) { Ok(()) } else { Err(path) }
        })
        .await;
    }

    /// What was asked for waits for another operator; the address of its approval.
    pub async fn waits_for_approval(&self) -> String {
        self.see("Another operator has to approve it.").await;
        self.see("You asked for this").await;
        self.path().await.split('?').next().unwrap_or_default().to_owned()
    }

    /// Everything that can be seen.
    pub async fn text(&self) -> Result<String, String> {
        let text = self.chrome.client.execute("return document.body.innerText", vec![]).await.map_err(text_of)?;
        text.as_str().map(str::to_owned).ok_or_else(|| "no text".to_owned())
    }

    /// Path and query of the page.
    pub async fn path(&self) -> String {
        let url = self.chrome.client.current_url().await.unwrap();
        match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        }
    }

    /// What a script of the test finds on the page.
    pub async fn script(&self, script: &str) -> Value {
        self.chrome.client.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Clicks the first link or button with exactly this text: in the page itself, else in its head or menu.
    pub async fn click(&self, text: &str) {
        let named = format!("*[self::a or self::button][normalize-space(.)={}]", quoted(text));
        self.until(&format!("{text:?} can be clicked"), async || {
            match self.find(&format!("//main//{named}")).await {
                Ok(element) => element.click().await,
                Err(_) => self.find(&format!("//{named}")).await.map_err(text_of)?.click().await,
            }
            .map_err(text_of)
        })
        .await;
    }

    /// Follows the first link of the first column of a table.
    pub async fn click_first_row(&self) {
        self.click_at("a row of a table", "//main//tbody//th//a").await;
    }

    /// Clicks the first element that is found like this, for what has no text.
    pub async fn click_at(&self, what: &str, xpath: &str) {
        self.until(&format!("{what} can be clicked"), async || {
            self.find(xpath).await.map_err(text_of)?.click().await.map_err(text_of)
        })
        .await;
    }

    /// Fills the form that has this button as its labels say, and sends it.
    pub async fn send(&self, button: &str, fields: &[(&str, &str)]) {
        for (label, value) in fields {
            self.fill(button, label, value).await;
        }
        let form = form_with(button);
        self.until(&format!("{button:?} can be pressed"), async || {
            let button = format!("{form}//button[normalize-space(.)={}]", quoted(button));
            let button = self.find(&button).await.map_err(text_of)?;
            button.click().await.map_err(text_of)
        })
        .await;
    }

    /// Types, chooses or ticks, whatever the control with this label takes.
    pub async fn fill(&self, button: &str, label: &str, value: &str) {
        let label = quoted(label);
        let labelled = format!("//label[normalize-space(text())={label}]");
        let control = format!(
            "{}//*[self::input or self::select or self::textarea]\
             [ancestor::label[normalize-space(text())={label}] or @id={labelled}/@for]",
            form_with(button)
        );
        self.until(&format!("{label} of {button:?} takes {value:?}"), async || {
            let control = self.find(&control).await.map_err(text_of)?;
            put(&control, value).await.map_err(text_of)
        })
        .await;
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let down_and_up = |keyboard: KeyActions, key: char| {
            keyboard.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
        };
        let keyboard = keys.chars().fold(KeyActions::new("keyboard".to_owned()), down_and_up);
        self.chrome.client.perform_actions(keyboard).await.unwrap();
    }

    /// Presses Tab until the focus is where a script says.
    pub async fn tab_to(&self, what: &str, is_there: &str) {
        for _ in 0..120 {
            self.press(&TAB.to_string()).await;
            let script = format!("const it = document.activeElement; return Boolean({is_there})");
            if self.script(&script).await == Value::Bool(true) {
                return;
            }
        }
        panic!("{what} is not reached with the keyboard");
    }

    /// The first element.
    pub async fn find(&self, xpath: &str) -> Result<Element, CmdError> {
        self.chrome.client.find(Locator::XPath(xpath)).await
    }

    /// Asks again and again until it is so; fails with a picture and all that can be seen.
    pub async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
        let (since, mut looks, mut longest) = (Instant::now(), 0, Duration::ZERO);
        loop {
            let begun = Instant::now();
            let why = match ask().await {
                Ok(answer) => return answer,
                Err(why) => why,
            };
            looks += 1;
            longest = longest.max(begun.elapsed());
            if since.elapsed() > PATIENCE && looks >= LOOKS {
                let picture = pictures::take(self, &pictures::of_failure()).await;
                let text = self.text().await.unwrap_or_else(|error| error);
                let path = self.path().await;
                let looked = format!("{looks} looks, of which one took {longest:?}, in {:?}", since.elapsed());
                let complaints = self.chrome.complaints().await.join("\n");
                panic!(
                    "{what}: still not: {why}\n{looked}\nat {path}, see {}\n{text}\n{complaints}",
                    picture.display()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn put(control: &Element, value: &str) -> Result<(), CmdError> {
    let kind = control.attr("type").await?.unwrap_or_default();
    match control.tag_name().await?.to_ascii_lowercase().as_str() {
        "select" => {
            let option = format!(".//option[starts-with(normalize-space(.), {})]", quoted(value));
            control.find(Locator::XPath(&option)).await?.click().await
        }
        _ if kind == "checkbox" => {
            if !control.is_selected().await? {
                control.click().await?;
            }
            Ok(())
        }
        // The value is the path of the file; a browser has nothing to clear there.
        _ if kind == "file" => control.send_keys(value).await,
        _ => {
            control.clear().await?;
            control.send_keys(value).await
        }
    }
}

fn form_with(button: &str) -> String {
    format!("//main//form[.//button[normalize-space(.)={}]]", quoted(button))
}

/// A text in XPath, which has no way to escape anything.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

pub fn text_of(error: CmdError) -> String {
    error.to_string()
}
