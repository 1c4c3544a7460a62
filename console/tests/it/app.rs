//! A console of a test's own, before a stub.

use std::{path::PathBuf, sync::Arc};

use clap::Parser;
use console::Config;
use kernel::{Clock, Ids, RandomIds, SystemClock};
use platform::shutdown::Shutdown;
use tasks::KeyFile;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{browser::Browser, stub::Stub};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
}

/// Dropping it ends it.
pub struct App {
    pub stub: Stub,
    pub url: String,
    folder: PathBuf,
    shutdown: Shutdown,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl App {
    /// With a bank behind it whose texts are harmless.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(flags: &[&str]) -> Self {
        Self::start_by(Arc::new(SystemClock), flags).await
    }

    /// By a clock that the test moves.
    pub async fn start_by(clock: Arc<dyn Clock>, flags: &[&str]) -> Self {
        let stub = Stub::start().await;
        crate::bank::fill(&stub, "harmless");
        let folder = std::env::temp_dir().join(format!("jangbu-console-{}", RandomIds.fresh()));
        let key_file = folder.join("console-keys.json");
        KeyFile::ensure(&key_file).expect("keys");
        let names = ["--command-url", "--query-url", "--projector-url"];
        let usual = names.into_iter().filter(|name| !flags.iter().any(|flag| flag.starts_with(name)));
        let usual = usual.map(|name| format!("{name}={}", stub.url));
        // What the shell of the tests has set is none of theirs.
        let unset = ["--doctor-report", "--mail-url", "--required-consents"].into_iter();
        let unset =
            unset.filter(|name| !flags.iter().any(|flag| flag.starts_with(name))).map(|name| format!("{name}="));
        let key = format!("--key-file={}", key_file.display());
        let args = ["console".to_owned(), key].into_iter().chain(usual).chain(unset);
        let config = Cli::parse_from(args.chain(flags.iter().map(|flag| (*flag).to_owned()))).config;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shutdown = Shutdown::new();
        let serving = tokio::spawn(console::run_by(clock, config, listener, shutdown.clone()));
        Self { stub, url, folder, shutdown, serving }
    }

    /// A browser that nobody has logged in with.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser of somebody with this role.
    pub async fn signed_in(&self, role: &str) -> Browser {
        crate::bank::log_in_answers(&self.stub, role);
        let mut browser = self.browser();
        let reply = browser.log_in("/").await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        browser
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.trigger();
        self.serving.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
