//! The databases that have a history.

use std::{borrow::Cow, fmt};

use sqlx::{
    PgPool,
    migrate::{Migration, Migrator},
};

use super::{Entry, History, MigrateError, Repaired};

static LOG: Migrator = sqlx::migrate!("../migrations/event-store");
static VIEWS: Migrator = sqlx::migrate!("../migrations/views");
static VAULT: Migrator = sqlx::migrate!("../migrations/vault");

/// A database with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// The log.
    Log,
    /// The views.
    Views,
    /// The vault.
    Vault,
}

impl Database {
    /// Every database, in the order they are migrated.
    pub const ALL: [Self; 3] = [Self::Log, Self::Views, Self::Vault];

    /// Its history, as this build knows it.
    pub fn history(self) -> History {
        match self {
            Self::Log => History::new("event_store", borrowed(&LOG)),
            Self::Views => History::new("views", borrowed(&VIEWS)),
            Self::Vault => History::new("vault", borrowed(&VAULT)),
        }
    }

    /// See [`History::status`].
    pub async fn status(self, pool: &PgPool) -> Result<Vec<Entry>, MigrateError> {
        self.history().status(pool).await
    }

    /// See [`History::up`].
    pub async fn up(self, pool: &PgPool) -> Result<Vec<Entry>, MigrateError> {
        self.history().up(pool).await
    }

    /// See [`History::baseline`].
    pub async fn baseline(self, pool: &PgPool, up_to: i64) -> Result<Vec<Entry>, MigrateError> {
        self.history().baseline(pool, up_to).await
    }

    /// See [`History::repair`].
    pub async fn repair(self, pool: &PgPool) -> Result<Vec<Repaired>, MigrateError> {
        self.history().repair(pool).await
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "log",
            Self::Views => "views",
            Self::Vault => "vault",
        })
    }
}

fn borrowed(migrator: &'static Migrator) -> Cow<'static, [Migration]> {
    Cow::Borrowed(&migrator.migrations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_ddl_with_a_time_and_a_verb_in_its_name() {
        for database in Database::ALL {
            for migration in database.history().migrations() {
                let name = format!("{database}: {} {}", migration.version, migration.description);
                assert_eq!(migration.version.to_string().len(), 14, "{name}: the name starts with YYYYMMDDhhmmss");
                crate::migrations::check_ddl(migration.sql.as_str()).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }

    #[test]
    fn no_two_files_have_the_same_time() {
        for database in Database::ALL {
            let history = database.history();
            let mut versions: Vec<i64> = history.migrations().iter().map(|m| m.version).collect();
            versions.dedup();
            assert_eq!(versions.len(), history.migrations().len(), "{database}");
            assert!(versions.is_sorted());
        }
    }
}
