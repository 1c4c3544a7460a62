//! The archive in a bucket of an S3-compatible server that is really there: moto's, which `testkit/s3-server.sh` installs.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    archive::{Archived, digest},
    databases::TestDatabases,
    run::{command, jangbu},
};

const BUCKET: &str = "bank-archive";

/// A server of a test's own, killed in the end.
struct S3 {
    server: Child,
    url: String,
    key: String,
    secret: String,
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testkit/s3-server.sh")
}

impl S3 {
    /// Starts one with an empty bucket and one user who may use it; nothing, where it cannot be installed.
    async fn start() -> Option<Self> {
        let installed = Command::new(script()).arg("install").stdin(Stdio::null()).status().expect("the script runs");
        #[allow(clippy::disallowed_methods, reason = "tests have no command line")]
        let must = std::env::var("CI").is_ok_and(|ci| !ci.is_empty());
        if !installed.success() {
            assert!(!must, "the S3-compatible server cannot be installed, and CI does not go without");
            eprintln!(
                "SKIPPED: no S3-compatible server can be installed here (see above); the folder is tested all the same"
            );
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let server = Command::new(script())
            .args(["run", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut s3 =
            Self { server, url: format!("http://127.0.0.1:{port}"), key: String::new(), secret: String::new() };
        s3.prepare().await;
        Some(s3)
    }

    async fn prepare(&mut self) {
        let client = reqwest::Client::new();
        for _ in 0..600 {
            if client.get(&self.url).send().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let made = client.put(format!("{}/{BUCKET}", self.url)).send().await.expect("it answers");
        assert!(made.status().is_success(), "{made:?}");
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        self.iam(&[("Action", "CreateUser"), ("UserName", "archiver")]).await;
        self.iam(&[
            ("Action", "PutUserPolicy"),
            ("UserName", "archiver"),
            ("PolicyName", "all"),
            ("PolicyDocument", policy),
        ])
        .await;
        let key = self.iam(&[("Action", "CreateAccessKey"), ("UserName", "archiver")]).await;
        let within = |tag: &str| {
            let rest = key.split_once(&format!("<{tag}>")).expect("a key").1;
            rest.split_once('<').expect("a key").0.to_owned()
        };
        (self.key, self.secret) = (within("AccessKeyId"), within("SecretAccessKey"));
        // From now on it looks at signatures and policies.
        let strict = client.post(format!("{}/moto-api/reset-auth", self.url)).header("content-type", "text/plain");
        let strict = strict.body("0").send().await.expect("it answers");
        assert!(strict.status().is_success(), "{strict:?}");
    }

    /// Asks its user management, which chooses the service by what a signature names.
    async fn iam(&self, form: &[(&str, &str)]) -> String {
        let named =
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x";
        let answer = reqwest::Client::new().post(&self.url).header("authorization", named).form(form).send().await;
        let answer = answer.expect("it answers");
        assert!(answer.status().is_success(), "{answer:?}");
        answer.text().await.expect("text")
    }

    fn place(&self, prefix: &str) -> Vec<(&'static str, String)> {
        vec![
            ("JANGBU_ARCHIVE_URL", format!("s3://{BUCKET}/{prefix}")),
            ("JANGBU_ARCHIVE_S3_ENDPOINT", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", self.key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}

#[tokio::test]
async fn a_bucket_takes_the_log_and_gives_it_back() {
    let Some(s3) = S3::start().await else { return };
    let mut bank = Archived::bank().await;
    bank.place = s3.place("banks/one");
    // Several at once: the server itself decides who was first.
    let start = |segment: &str| {
        let arguments = ["archive", "run", "--json", "--segment", segment];
        command(&bank.variables(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
    };
    let mut events = 0;
    for child in ["9", "9", "11"].map(start) {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        events += report["events"].as_i64().expect("a count");
    }
    bank.run(&["archive", "snapshot"]).expect(0);
    let verified = bank.run(&["archive", "verify", "--against-log", "--json"]).expect(0).json();
    assert_eq!((verified["events"].as_i64(), &verified["archived"]), (Some(events), &verified["head"]), "{verified}");
    assert_eq!(verified["snapshots"].as_i64(), Some(1), "{verified}");
    let other = TestDatabases::migrated().await;
    bank.run_on(&other, &["archive", "restore"]).expect(0);
    assert_eq!(digest(&other), digest(&bank.databases));
    // A second bank under another prefix of the same bucket is another archive.
    bank.place = s3.place("banks/two");
    let none = bank.run(&["archive", "verify"]).expect(1);
    assert!(none.stderr.contains("holds no archive"), "{none:?}");
    other.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_wrong_secret_is_reported_and_not_shown() {
    let Some(s3) = S3::start().await else { return };
    let mut place = s3.place("x");
    for (name, value) in &mut place {
        if *name == "AWS_SECRET_ACCESS_KEY" {
            *value = "wrong-hunter2".to_owned();
        }
    }
    let run = jangbu(&place, &["archive", "verify"]).expect(1);
    assert!(run.stderr.contains("AWS_SECRET_ACCESS_KEY") && !run.all().contains("hunter2"), "{}", run.all());
    // The right one is let in: what was refused was the signature.
    let run = jangbu(&s3.place("x"), &["archive", "verify"]).expect(1);
    assert!(run.stderr.contains("holds no archive"), "{}", run.all());
}

#[test]
fn a_server_that_is_not_there_is_reported_soon() {
    let place = [
        ("JANGBU_ARCHIVE_URL", format!("s3://{BUCKET}/x")),
        ("JANGBU_ARCHIVE_S3_ENDPOINT", "http://127.0.0.1:1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "a".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "hunter2".to_owned()),
    ];
    let began = std::time::Instant::now();
    let run = jangbu(&place, &["archive", "verify"]).expect(1);
    assert!(run.stderr.contains("JANGBU_ARCHIVE_S3_ENDPOINT") && !run.all().contains("hunter2"), "{}", run.all());
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
