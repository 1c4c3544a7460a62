//! What this build expects.

use super::description::Description;
use crate::migrations::Database;

const LOG: &str = include_str!("../../../migrations/expected/log.txt");
const VIEWS: &str = include_str!("../../../migrations/expected/views.txt");
const VAULT: &str = include_str!("../../../migrations/expected/vault.txt");
const GENERATIONS: &str = include_str!("../../../migrations/expected/generations.txt");

/// The files under `migrations/expected/`, by name, as they were when this was built.
pub const FILES: [(&str, &str); 4] = [("log", LOG), ("views", VIEWS), ("vault", VAULT), ("generations", GENERATIONS)];

/// The schemas that belong to a database's history. The schemas of generations are made by programs, not by migrations.
pub fn schemas(database: Database) -> Vec<String> {
    let names: &[&str] = match database {
        Database::Log => &["public"],
        Database::Views => &["registry", "live"],
        Database::Vault => &["vault"],
    };
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A database at the end of its history.
pub fn expected(database: Database) -> Description {
    Description::parse(match database {
        Database::Log => LOG,
        Database::Views => VIEWS,
        Database::Vault => VAULT,
    })
}

/// The tables of all views: those of a generation in the schema `<view>_g`, whatever its number, and what readers see of it
/// in the schema `live`.
pub fn generations() -> Description {
    Description::parse(GENERATIONS)
}
