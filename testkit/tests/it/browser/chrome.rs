//! Chromium, driven through chromedriver by the WebDriver protocol.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, error::CmdError, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use kernel::{Ids, RandomIds};
use reqwest::Method;
use serde_json::{Map, Value, json};
use testkit::kit::{Identity, Life, Program, Signal, Started, free_port, make_dir, tail};
use url::{ParseError, Url};

use crate::support::eventually;

/// Where Debian has it. Elsewhere the driver looks for one.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Who looks, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The language that the browser asks for.
    pub language: &'static str,
    /// Whether scripts of pages run.
    pub scripts: bool,
}

/// English, with scripts.
pub const READER: Reader = Reader { language: "en", scripts: true };

/// A browser with a profile of its own. Dropping it ends all its processes.
pub struct Chrome {
    pub client: Client,
    driver: Started,
    folder: PathBuf,
}

impl Chrome {
    pub async fn start(reader: Reader) -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-browser-{}", RandomIds.fresh().simple()));
        make_dir(&folder, 0o700).unwrap();
        let (port, log) = (free_port().unwrap(), folder.join("chromedriver.log"));
        let program = Program {
            path: "chromedriver".into(),
            args: vec![format!("--port={port}"), "--log-level=WARNING".to_owned()],
            env: vec![("HOME".to_owned(), folder.display().to_string())],
            dir: folder.clone(),
            log: log.clone(),
            user: None,
            life: Life::WithStarter,
            end: Signal::KILL,
        };
        let driver = program.start().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        eventually("chromedriver answers; testkit/ensure-packages.sh browser installs it", async || {
            let answer = reqwest::get(format!("{url}/status")).await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
        let connected = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&folder.join("profile"), reader))
            .connect(&url)
            .await;
        let client = connected.unwrap_or_else(|error| panic!("no browser: {error}\n{}", tail(&log, 12)));
        Self { client, driver, folder }
    }

    /// Where a file with this text is, for somebody to choose it in a form. It goes with the browser.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// A command of chromedriver that is no part of the protocol.
    pub async fn vendor(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Vendor { path, body }).await
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, CmdError> {
        self.vendor("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// What the browser had to say of its pages since it was asked last: its complaints.
    pub async fn complaints(&self) -> Vec<String> {
        let said = self.vendor("se/log", json!({"type": "browser"})).await.unwrap();
        let said = said.as_array().cloned().unwrap_or_default();
        let complaints = said.iter().filter(|entry| entry["level"] == "SEVERE");
        complaints.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn capabilities(profile: &Path, reader: Reader) -> Map<String, Value> {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = [
        "--headless=new",
        // It opens our own pages only, and root has no sandbox there.
        "--no-sandbox",
        // Containers have little shared memory.
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-breakpad",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--force-color-profile=srgb",
        "--window-size=1440,900",
        profile.as_str(),
    ];
    let scripts = if reader.scripts { 1 } else { 2 };
    let mut options = json!({
        "args": arguments,
        "prefs": {
            "intl.accept_languages": reader.language,
            "profile.managed_default_content_settings.javascript": scripts,
            "credentials_enable_service": false,
        },
    });
    if Path::new(CHROMIUM).exists() {
        options["binary"] = json!(CHROMIUM);
    }
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"script": 60_000, "pageLoad": 60_000, "implicit": 0},
        // A dialog that opens is a script that ran: whatever is asked next fails.
        "unhandledPromptBehavior": "ignore",
    });
    let Value::Object(all) = all else { panic!("an object") };
    all
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // Chromium outlives a driver that is killed, so all of them are.
        let Ok(driver) = self.driver.identity() else { return };
        let all = descendants(driver);
        for process in &all {
            // It can only fail because the process is gone.
            let _ = process.signal(Signal::KILL);
        }
        self.driver.stop(Duration::from_secs(5));
        for _ in 0..1000 {
            if !all.iter().any(|process| process.alive()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // What cannot be removed is a few megabytes in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A process and all below it, from above.
fn descendants(of: Identity) -> Vec<Identity> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        found.extend(process.children());
        next += 1;
    }
    found
}

/// A command that only chromedriver knows.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
