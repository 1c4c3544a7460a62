//! What `jangbu doctor` expects of a database is what a database looks like that was made a moment ago.

use database::schema::{Description, FILES};
use testkit::kit::{Databases, descriptions};

#[tokio::test]
async fn the_expected_descriptions_are_those_of_fresh_databases() {
    let databases = Databases::of_this_test_run().expect("a test run");
    let pair = databases.fresh_pair().await.expect("databases");
    for (name, text) in descriptions(&pair).await.expect("descriptions") {
        let (_, file) = FILES.iter().find(|(file, _)| *file == name).expect("a file");
        let (found, expected) = (Description::parse(&text), Description::parse(file));
        // Another version of Postgres writes some definitions in another way.
        if found.server != expected.server {
            continue;
        }
        let differing: Vec<&str> = text.lines().filter(|line| !file.lines().any(|known| known == *line)).collect();
        assert!(
            text == *file,
            "migrations/expected/{name}.txt is not what the migrations make (`./justw generate`): {differing:?}"
        );
    }
    databases.drop_pair(&pair).await.expect("dropped");
}
