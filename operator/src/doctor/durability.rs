//! Whether what Postgres answers is on disk.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{
    db::{Database, failed},
    failure::Failure,
};

/// Settings of a server as an operator's session sees them.
pub struct Settings(HashMap<String, String>);

impl Settings {
    /// Reads them, and those that the role that writes there, or the database, sets otherwise.
    pub async fn read(connection: &mut PgConnection) -> Result<Self, Failure> {
        let rows = sqlx::query!(
            r#"select name as "name!", coalesce(boot.value, setting) as "setting!"
               from pg_settings
               left join lateral (
                   -- The most special wins: role in database, role, database.
                   select split_part(line, '=', 2) as value
                   from pg_db_role_setting, unnest(setconfig) as line
                   where split_part(line, '=', 1) = name
                     and setdatabase in (0, (select oid from pg_database where datname = current_database()))
                     and setrole in (0, coalesce((
                         select oid from pg_roles
                         where rolname = case when to_regclass('vault.data_keys') is null
                                              then 'jangbu_writer' else 'jangbu_vault' end), 0))
                   order by setrole = 0, setdatabase = 0 limit 1
               ) as boot on true
               where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum', 'data_directory')"#
        )
        .fetch_all(connection)
        .await
        .map_err(failed("reading the settings of the server"))?;
        Ok(Self(rows.into_iter().map(|row| (row.name, row.setting)).collect()))
    }

    /// Where the server keeps its data, if this role may know.
    pub fn data_folder(&self) -> Option<String> {
        self.0.get("data_directory").cloned()
    }

    fn is_off(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == "off")
    }

    /// What the settings mean for the log. `synchronous_commit` is the writer's.
    pub fn of_log(&self) -> Vec<Finding> {
        self.of_record(Database::Log, "off: an answered command may be lost in a crash", "jangbu_writer")
    }

    /// What the settings mean for the vault: what is answered there must be as lasting as in the log.
    pub fn of_vault(&self) -> Vec<Finding> {
        let found = "off: a new key or password may be lost in a crash, and a destroyed one come back";
        self.of_record(Database::Vault, found, "jangbu_vault")
    }

    fn of_record(&self, database: Database, found: &str, role: &str) -> Vec<Finding> {
        let what = |name| format!("{name} of the {}", database.name());
        let mut findings = Vec::new();
        for name in ["fsync", "synchronous_commit"] {
            findings.push(match self.is_off(name) {
                true => Finding::fail(
                    what(name),
                    found,
                    format!("set {name} = on for the server, for the database and for {role}"),
                ),
                false => Finding::ok(what(name), self.0.get(name).map_or("unknown", String::as_str)),
            });
        }
        findings.extend(self.of_views(database).into_iter().filter(|f| !f.what.starts_with("fsync")));
        findings
    }

    /// What the settings mean for any database: views can be rebuilt, so nothing here fails.
    pub fn of_views(&self, database: Database) -> Vec<Finding> {
        let checks = [
            ("fsync", "off: a crash may damage the tables unseen", "set fsync = on"),
            ("full_page_writes", "off: a crash may damage pages", "set full_page_writes = on"),
            ("autovacuum", "off: tables and transaction ids will run full", "set autovacuum = on"),
        ];
        let finding = |(name, found, to_do): (&'static str, &'static str, &'static str)| {
            let what = format!("{name} of the {}", database.name());
            if self.is_off(name) { Finding::warn(what, found, to_do) } else { Finding::ok(what, "on") }
        };
        checks.into_iter().map(finding).collect()
    }
}
