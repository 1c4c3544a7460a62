//! An OpenID Connect provider that is really there: Canaille, which `testkit/oidc-provider/provider.sh` installs from PyPI.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::kit::{Life, Program, Signal, Started, free_port, make_dir, write_secret};
use url::Url;

use super::{
    eventually,
    visitor::{Reply, Visitor},
};

/// What the provider knows the bank by, and the secret that it gave it.
pub const CLIENT: &str = "jangbu";
const SECRET: &str = "the secret of a client";
/// Another client of the provider.
pub const OTHER_CLIENT: &str = "payroll";
/// What everybody logs in with there.
const PASSWORD: &str = "a password of theirs 7";

/// The provider, killed in the end. Everything that it says goes by what is set here, from its next start.
pub struct IdentityProvider {
    port: u16,
    folder: PathBuf,
    /// Whom it knows: subject and name.
    pub people: Vec<(String, String)>,
    /// Where it sends browsers back to.
    pub redirect_uris: Vec<String>,
    /// Whom its tokens for the bank are for.
    pub audience: Vec<&'static str>,
    /// How many seconds ago its tokens say that they were made.
    pub tokens_made_ago: u32,
    running: Option<Started>,
}

/// A log-in under way: what the client keeps while the browser is at the provider.
#[derive(Clone, Debug)]
pub struct LogInUnderWay {
    pub redirect_uri: String,
    pub verifier: String,
    pub nonce: String,
    pub state: String,
}

impl LogInUnderWay {
    pub fn to(redirect_uri: &str) -> Self {
        let fresh = || format!("{}{}", RandomIds.fresh().simple(), RandomIds.fresh().simple());
        Self { redirect_uri: redirect_uri.to_owned(), verifier: fresh(), nonce: fresh(), state: fresh() }
    }

    /// What the command server is sent with the code.
    pub fn body(&self, code: &str) -> Value {
        json!({
            "code": code, "code_verifier": self.verifier, "nonce": self.nonce, "redirect_uri": self.redirect_uri,
        })
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        // The process first, then what it reads.
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oidc-provider/provider.sh")
}

impl IdentityProvider {
    /// A provider that does not run yet; nothing, where it cannot be installed.
    pub fn install() -> Option<Self> {
        let installed = Command::new(script()).arg("install").stdin(Stdio::null()).status().expect("the script runs");
        #[allow(clippy::disallowed_methods, reason = "tests have no command line")]
        let must = std::env::var("CI").is_ok_and(|ci| !ci.is_empty());
        if !installed.success() {
            assert!(!must, "the OpenID Connect provider cannot be installed, and CI does not go without");
            eprintln!("SKIPPED: no OpenID Connect provider can be installed here (see above)");
            return None;
        }
        let folder = PathBuf::from(format!("/var/tmp/jangbu-oidc-{}", RandomIds.fresh().simple()));
        make_dir(&folder, 0o700).unwrap();
        write_secret(&folder.join("client-secret"), SECRET).unwrap();
        Some(Self {
            port: free_port().unwrap(),
            folder,
            people: Vec::new(),
            redirect_uris: Vec::new(),
            audience: vec![CLIENT],
            tokens_made_ago: 0,
            running: None,
        })
    }

    /// How it names itself.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The settings of a bank whose operators log in here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("JANGBU_OIDC_ISSUER", self.issuer()),
            ("JANGBU_OIDC_CLIENT_ID", CLIENT.to_owned()),
            ("JANGBU_OIDC_CLIENT_SECRET_FILE", self.folder.join("client-secret").display().to_string()),
        ]
    }

    /// The bank shows this secret from its next log-in.
    pub fn set_secret_of_bank(&self, secret: Option<&str>) {
        write_secret(&self.folder.join("client-secret"), secret.unwrap_or(SECRET)).unwrap();
    }

    /// Starts it, or starts it once more, with what is set now. It keeps its key and forgets codes.
    pub async fn start(&mut self) {
        self.stop();
        let people: Vec<Value> = self
            .people
            .iter()
            .map(|(subject, name)| json!({"subject": subject, "name": name, "password": PASSWORD}))
            .collect();
        let client = |id: &str, audience: &[&str]| {
            let (secret, redirect_uris) = (SECRET, &self.redirect_uris);
            json!({"id": id, "secret": secret, "redirect_uris": redirect_uris, "audience": audience})
        };
        let clients = [client(CLIENT, &self.audience), client(OTHER_CLIENT, &[OTHER_CLIENT])];
        let known = json!({"people": people, "clients": clients, "tokens_made_ago": self.tokens_made_ago});
        let file = self.folder.join("provider.json");
        write_secret(&file, &known.to_string()).unwrap();
        let program = Program {
            path: script(),
            args: vec!["run".to_owned(), self.port.to_string(), file.display().to_string()],
            env: vec![("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned())],
            dir: self.folder.clone(),
            log: self.folder.join("provider.log"),
            user: None,
            life: Life::WithStarter,
            end: Signal::KILL,
        };
        self.running = Some(program.start().unwrap());
        let address = format!("{}/.well-known/openid-configuration", self.issuer());
        eventually("the provider answers", async || {
            if let Some(running) = &mut self.running {
                running.check().map_err(|error| error.to_string())?;
            }
            let answer = reqwest::get(&address).await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
    }

    /// Ends it.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.stop(Duration::from_secs(5));
        }
    }

    /// Its next start draws another key.
    pub fn forget_key(&self) {
        std::fs::remove_file(self.folder.join("provider.key")).unwrap();
    }

    /// Where a browser is sent for this log-in at a client.
    pub fn authorize(&self, client: &str, log_in: &LogInUnderWay) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(log_in.verifier.as_bytes()));
        let mut url = Url::parse(&format!("{}/oauth/authorize", self.issuer())).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client)
            .append_pair("redirect_uri", &log_in.redirect_uri)
            .append_pair("scope", "openid profile")
            .append_pair("state", &log_in.state)
            .append_pair("nonce", &log_in.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Somebody logs in on the provider's pages, as people do; where the browser is sent back to.
    pub async fn visit(&self, visitor: &mut Visitor, address: &Url, subject: &str) -> Url {
        let mut reply = visitor.get(address.as_str()).await;
        for _ in 0..12 {
            let to = reply.location();
            if to.port() != Some(self.port) {
                return to;
            }
            reply = visitor.get(to.as_str()).await;
            let field = match to.path() {
                "/login" => ("login", subject),
                "/auth/password" => ("password", PASSWORD),
                _ => continue,
            };
            reply = fill(visitor, &reply.expect(200), field).await;
        }
        panic!("the provider does not come to an end: {reply:?}");
    }

    /// The code for this log-in, and the state that came back with it.
    pub async fn code(&self, visitor: &mut Visitor, log_in: &LogInUnderWay, subject: &str) -> (String, String) {
        let back = self.visit(visitor, &self.authorize(CLIENT, log_in), subject).await;
        assert!(back.as_str().starts_with(&log_in.redirect_uri), "{back}");
        (parameter(&back, "code"), parameter(&back, "state"))
    }
}

/// Sends a form of the provider's page that was shown.
async fn fill(visitor: &mut Visitor, shown: &Reply, (name, value): (&str, &str)) -> Reply {
    let csrf = shown.field("csrf_token");
    let form = [("csrf_token", csrf.as_str()), (name, value)];
    let request = visitor.request(reqwest::Method::POST, shown.url.as_str()).form(&form);
    visitor.send(request).await
}

/// A parameter of an address; empty if there is none.
pub fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
