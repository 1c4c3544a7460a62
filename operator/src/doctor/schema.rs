//! The schema: migrations, and what guards the log.

use database::migrations::{Database, Entry, State};
use sqlx::PgConnection;

use super::finding::{Finding, Verdict};
use crate::{
    config::Config,
    db::failed,
    failure::Failure,
    log_tables::{Format, format},
    migrate,
    schema::Compared,
};

/// So many differences are reported one by one; the rest is counted.
const SHOWN: usize = 12;

/// Looks at the migrations of a database.
pub async fn migrations(database: Database, config: &Config) -> Finding {
    let what = format!("migrations of the {database} database");
    match migrate::entries(database, config).await {
        Ok(entries) => judged(what, &entries),
        Err(failure) => Finding::failed(what, &failure),
    }
}

fn judged(what: String, entries: &[Entry]) -> Finding {
    let of =
        |state| -> Vec<String> { entries.iter().filter(|e| e.state == state).map(|e| e.version.to_string()).collect() };
    let (pending, edited, missing) = (of(State::Pending), of(State::Edited), of(State::Missing));
    if !edited.is_empty() {
        let to_do =
            "put the files back as they were and make the change in a new migration; see `jangbu migrate status`";
        return Finding::fail(what, format!("edited after they were applied: {}", edited.join(", ")), to_do);
    }
    if !missing.is_empty() {
        let to_do = "this build is older than the database: use a newer one; see `jangbu migrate status`";
        return Finding::fail(what, format!("applied, but not known here: {}", missing.join(", ")), to_do);
    }
    if !pending.is_empty() {
        return Finding::fail(what, format!("not applied: {}", pending.join(", ")), "jangbu migrate up");
    }
    Finding::ok(what, format!("all {} applied", entries.len()))
}

/// Compares the whole schema with what this build expects. A database whose migrations are not all applied is another
/// matter: their finding says so.
pub fn differences(what: &str, migrations: &Finding, compared: &Compared) -> Vec<Finding> {
    if migrations.verdict != Verdict::Ok {
        return Vec::new();
    }
    let what = format!("schema of the {what}");
    let differences = compared.differences();
    if differences.is_empty() {
        return vec![Finding::ok(what, "as this build makes it")];
    }
    let mut findings: Vec<Finding> = Vec::new();
    for difference in differences.iter().take(SHOWN) {
        let found = difference.sentence();
        findings.push(match (difference.is_wrong(), difference.remedy()) {
            (true, Some(statement)) => {
                let to_do = format!("find out who changed it; as the owner: `{statement}` (docs/runbooks/schema.md)");
                Finding::fail(&what, found, to_do)
            }
            (true, None) => Finding::fail(
                &what,
                found,
                "find out who changed it, and put it back as the migrations make it (docs/runbooks/schema.md)",
            ),
            (false, _) => {
                let to_do = "keep it if it was made here on purpose, else drop it (docs/runbooks/schema.md)";
                Finding::warn(&what, found, to_do)
            }
        });
    }
    if let Some(more @ 1..) = differences.len().checked_sub(SHOWN) {
        findings.push(Finding::fail(&what, format!("and {more} differences more"), "fix these first, then look again"));
    }
    findings
}

/// What keeps the log from being rewritten, and its positions and versions from being taken twice.
pub async fn guards(connection: &mut PgConnection) -> Result<Finding, Failure> {
    type Pairs = (&'static [&'static str], &'static [&'static str]);
    let (triggers, keys): (Pairs, Pairs) = match format(connection).await? {
        Format::Before => (
            (&["events", "commits"], &["append_only", "append_only"]),
            (
                &["events", "events", "commits", "commits"],
                &["position", "stream_id,version", "first_position", "command_id"],
            ),
        ),
        Format::CommitRows => (
            (
                &["log_commits", "log_commands", "log_streams", "log_streams"],
                &["append_only", "append_only", "never_deleted", "forward_only"],
            ),
            (&["log_commits", "log_commands", "log_streams"], &["first_position", "command_id", "stream_id"]),
        ),
    };
    let rows = sqlx::query_scalar!(
        r#"select guard as "guard!" from unnest(
               $1::text[] || array['log_head', 'log_head', 'log_head', 'log_adoptions'],
               $2::text[] || array['never_deleted', 'forward_only', 'adopted_only', 'append_only']
           ) as wanted (relation, name), lateral (select format('trigger %s of %s', name, relation) as guard) as named
           where not exists (
               select from pg_trigger
               where tgrelid = to_regclass(relation) and tgname = name and tgenabled in ('O', 'A'))
           union all
           select guard from unnest(
               $3::text[], $4::text[]
           ) as wanted (relation, columns),
               lateral (select format('unique (%s) of %s', columns, relation) as guard) as named
           where not exists (
               select from pg_index
               where indrelid = to_regclass(relation) and indisunique and indisvalid and indpred is null
                 and columns = (
                     select string_agg(attname, ',' order by place)
                     from unnest(indkey::int2[]) with ordinality as key (number, place)
                     join pg_attribute on attrelid = indrelid and attnum = key.number))"#,
        triggers.0 as &[&str],
        triggers.1 as &[&str],
        keys.0 as &[&str],
        keys.1 as &[&str]
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed("reading what guards the log"))?;
    let what = "guards of the log";
    if rows.is_empty() {
        return Ok(Finding::ok(what, "triggers and unique indexes are in force"));
    }
    let found = format!("missing or not in force: {}", rows.join(", "));
    Ok(Finding::fail(
        what,
        found,
        "find out who removed them; put them back as the migrations make them; `jangbu log verify`",
    ))
}
