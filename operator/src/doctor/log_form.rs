//! In which tables the log stands, and whether there is room for what comes.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{
    config::Config,
    failure::Failure,
    log_tables::{Format, detached_before, format, partitions},
};

/// Looks at the form of the log, and at its partitions.
pub async fn look(config: &Config, connection: &mut PgConnection) -> Vec<Finding> {
    let what = "form of the log";
    match look_at(config, connection, what).await {
        Ok(findings) => findings,
        Err(failure) => vec![Finding::failed(what, &failure)],
    }
}

async fn look_at(config: &Config, connection: &mut PgConnection, what: &str) -> Result<Vec<Finding>, Failure> {
    if format(connection).await? == Format::Before {
        let found = "it stands in the tables of an earlier build, and servers of this one do not write to it";
        return Ok(vec![Finding::fail(
            what,
            found,
            "`jangbu log convert` brings it into those of this build (docs/operations.md)",
        )]);
    }
    let form = match detached_before(connection).await? {
        Some(from) => {
            let found = format!("a row for each commit, from position {from} on: those before are in the archive");
            match config.archive.is_given() {
                true => Finding::ok(what, found),
                false => Finding::warn(
                    what,
                    format!("{found}, and JANGBU_ARCHIVE_URL is not set here"),
                    "set it for `jangbu` and for every server: without it they cannot read old commits (docs/operations.md)",
                ),
            }
        }
        None => Finding::ok(what, "a row for each commit"),
    };
    let head = crate::archive::head(connection).await?.position;
    let free = partitions(connection).await?.iter().filter(|partition| partition.from > head).count();
    let room = match free {
        0 => Finding::warn(
            "partitions of the log",
            "none is free behind the one that is being filled",
            "is a command server running? It adds them by itself; `select add_commit_partitions(2)` in the log's database does it now",
        ),
        _ => Finding::ok("partitions of the log", format!("{free} are free behind the one that is being filled")),
    };
    Ok(vec![form, room])
}
