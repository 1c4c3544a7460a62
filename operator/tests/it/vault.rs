//! `jangbu vault`.

use std::path::PathBuf;

use kernel::{Ids, MemberId, RandomIds};
use vault::{FileKek, Keys, PostgresVault};

use crate::{databases::TestDatabases, run::Run};

struct Safe {
    databases: TestDatabases,
    folder: PathBuf,
}

impl Safe {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-operator-{}", RandomIds.fresh().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        Self { databases: TestDatabases::migrated().await, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("kek.json")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let kek = format!("file:{}", self.file().display());
        let kek = ["--kek", &kek];
        self.databases.run(&[arguments, &kek].concat())
    }

    /// The vault as a server has it open.
    async fn server(&self) -> PostgresVault {
        let options = event_store_postgres::PoolOptions::log("operator tests", 4);
        let pool = event_store_postgres::connect(self.databases.vault.as_str(), &options).expect("a pool");
        let kek = FileKek::open(&self.file()).expect("a key file");
        PostgresVault::open(pool, std::sync::Arc::new(kek)).await.expect("a vault")
    }

    async fn drop(self) {
        std::fs::remove_dir_all(&self.folder).expect("the folder");
        self.databases.drop().await;
    }
}

#[tokio::test]
async fn a_key_file_is_made_once_and_rotated_while_a_server_runs() {
    let safe = Safe::new().await;
    assert_eq!(safe.run(&["vault", "init", "--json"]).expect(0).json()["made"], true);
    assert_eq!(safe.run(&["vault", "init", "--json"]).expect(0).json()["made"], false);
    let server = safe.server().await;
    let members: Vec<MemberId> = (0..3).map(|_| MemberId::new(RandomIds.fresh())).collect();
    for member in &members {
        server.make_key(*member).await.expect("a key");
    }
    let before = safe.run(&["vault", "status", "--json"]).expect(0).json();
    assert_eq!((&before[0]["wrapped"], &before[0]["current"]), (&4.into(), &true.into()), "three keys and the secret");

    let rotated = safe.run(&["vault", "rotate", "--json"]).expect(0).json();
    assert_eq!((&rotated["rewrapped"], &rotated["dropped"]), (&4.into(), &serde_json::json!([])));
    let again = safe.run(&["vault", "rotate", "--resume", "--json"]).expect(0).json();
    assert_eq!((&again["rewrapped"], &again["current"]), (&0.into(), &rotated["current"]));

    safe.run(&["vault", "rotate", "--drop-old"]).expect(2);
    assert_eq!(
        safe.run(&["vault", "status", "--json"]).expect(0).json(),
        again["keys"],
        "unconfirmed, nothing was done"
    );
    let dropped = safe.run(&["vault", "rotate", "--drop-old", "--yes", "--json"]).expect(0).json();
    assert_eq!(dropped["dropped"].as_array().map(Vec::len), Some(2), "{dropped}");
    let text = safe.run(&["vault", "status"]).expect(0).stdout;
    assert!(text.contains("current") && !text.contains("old"), "{text}");
    for member in &members {
        assert!(server.key(*member).await.expect("an answer").is_some(), "the server knows nothing of all this");
    }
    safe.drop().await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let safe = Safe::new().await;
    let unset = safe.databases.run(&["vault", "status"]).expect(2);
    assert!(unset.stderr.contains("JANGBU_KEK is not set"), "{}", unset.all());
    let absent = safe.run(&["vault", "status"]).expect(1);
    assert!(absent.stderr.contains("jangbu vault init"), "{}", absent.all());
    let transit = safe.databases.run(&["vault", "status", "--kek", "transit:http://127.0.0.1:1#bank"]).expect(1);
    assert!(transit.stderr.contains("JANGBU_KEK_TOKEN_FILE"), "{}", transit.all());
    safe.databases.run(&["vault", "init", "--kek", "transit:http://127.0.0.1:1#bank"]).expect(2);
    safe.databases.run(&["vault", "status", "--kek", "nothing"]).expect(2);
    safe.drop().await;
}

#[tokio::test]
async fn doctor_tries_the_key_encryption_key() {
    let safe = Safe::new().await;
    safe.run(&["vault", "init"]).expect(0);
    let about = || {
        let report = safe.run(&["doctor", "--json", "--watch-ms", "1"]).json();
        let findings = report["findings"].as_array().expect("a list").clone();
        let of_kek = findings.into_iter().filter(|finding| finding["what"] == "key-encryption key");
        of_kek
            .map(|f| [&f["verdict"], &f["found"], &f["to_do"]].map(|v| v.as_str().unwrap_or_default().to_owned()))
            .collect::<Vec<_>>()
    };
    let [verdict, found, _] = &about().concat()[..] else { panic!("one finding") };
    assert!(verdict == "ok" && found.contains("nothing is wrapped"), "{found}");
    safe.server().await.make_key(MemberId::new(RandomIds.fresh())).await.expect("a key");
    let [verdict, found, _] = &about().concat()[..] else { panic!("one finding") };
    assert!(verdict == "ok" && found.contains("2 keys"), "{found}");

    let copy = safe.folder.join("copy");
    std::fs::rename(safe.file(), &copy).expect("moved");
    for replaced in [false, true] {
        if replaced {
            safe.run(&["vault", "init"]).expect(0);
        }
        let [verdict, found, to_do] = &about().concat()[..] else { panic!("one finding") };
        assert_eq!(verdict, "fail", "{found}");
        assert!(to_do.contains("put back the key-encryption key") && to_do.contains("vault-down.md"), "{to_do}");
    }
    std::fs::rename(&copy, safe.file()).expect("put back");
    assert_eq!(about()[0][0], "ok");
    let unset = safe.databases.run(&["doctor", "--json", "--watch-ms", "1"]).json();
    let finding = unset["findings"].as_array().expect("a list").iter().find(|f| f["what"] == "key-encryption key");
    assert_eq!(finding.expect("a finding")["verdict"], "unknown");
    safe.drop().await;
}

#[tokio::test]
async fn what_is_overdue_is_reported_and_done_on_request() {
    let safe = Safe::new().await;
    safe.run(&["vault", "init"]).expect(0);
    let server = safe.server().await;
    let member = MemberId::new(RandomIds.fresh());
    server.make_key(member).await.expect("a key");
    let vault = sqlx::PgPool::connect(safe.databases.vault.as_str()).await.expect("connect");
    let pass = async |column: &str, days: i32| {
        let sql = format!(
            "update vault.key_epochs set {column} = {column} - interval '{days} days' where destroyed_at is null"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&vault).await.expect("time passes");
    };
    let finding = || {
        let report = safe.run(&["doctor", "--json", "--watch-ms", "100"]).json();
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let finding = findings.into_iter().find(|finding| finding["what"] == "key-encryption keys");
        let finding = finding.unwrap_or_else(|| panic!("{report}"));
        (finding["verdict"].as_str().unwrap_or_default().to_owned(), finding["found"].to_string())
    };
    assert_eq!(finding().0, "ok");
    pass("made_at", 40).await;
    let (verdict, found) = finding();
    assert!(verdict == "warn" && found.contains("due after 30"), "{found}");
    let rotated = safe.run(&["vault", "rotate", "--destroy-due", "--yes", "--json"]).expect(0).json();
    assert_eq!((&rotated["retired"].as_array().map(Vec::len), &rotated["dropped"]), (&Some(1), &serde_json::json!([])));
    assert_eq!(finding().0, "ok");

    pass("retired_at", 32).await;
    let (verdict, found) = finding();
    assert!(verdict == "warn" && found.contains("1 that are retired"), "{found}");
    safe.run(&["vault", "rotate", "--resume", "--destroy-due"]).expect(2);
    let resumed = safe.run(&["vault", "rotate", "--resume", "--destroy-due", "--yes", "--json"]).expect(0).json();
    assert_eq!(resumed["dropped"], rotated["retired"]);
    assert_eq!(finding().0, "ok");
    let states: Vec<_> = resumed["keys"].as_array().expect("keys").iter().map(|key| key["state"].clone()).collect();
    assert_eq!(states, ["destroyed", "current"]);
    assert!(server.key(member).await.expect("an answer").is_some());
    vault.close().await;
    safe.drop().await;
}
