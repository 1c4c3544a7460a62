//! Roles: each may do what its process does, and no more.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{db::failed, failure::Failure};

/// Who may do what in the log's database: role, table, privilege, whether it should be so.
const LOG: &[(&str, &str, &str, bool)] = &[
    ("jangbu_writer", "events", "SELECT", true),
    ("jangbu_writer", "events", "INSERT", true),
    ("jangbu_writer", "events", "UPDATE", false),
    ("jangbu_writer", "events", "DELETE", false),
    ("jangbu_writer", "events", "TRUNCATE", false),
    ("jangbu_writer", "commits", "SELECT", true),
    ("jangbu_writer", "commits", "INSERT", true),
    ("jangbu_writer", "commits", "UPDATE", false),
    ("jangbu_writer", "commits", "DELETE", false),
    ("jangbu_writer", "commits", "TRUNCATE", false),
    ("jangbu_writer", "log_head", "SELECT", true),
    ("jangbu_writer", "log_head", "DELETE", false),
    ("jangbu_writer", "log_adoptions", "SELECT", true),
    ("jangbu_writer", "log_adoptions", "INSERT", false),
    ("jangbu_relay", "log_adoptions", "INSERT", false),
    ("jangbu_relay", "events", "SELECT", true),
    ("jangbu_relay", "events", "INSERT", false),
    ("jangbu_relay", "commits", "SELECT", true),
    ("jangbu_relay", "commits", "INSERT", false),
    ("jangbu_relay", "relay_cursor", "UPDATE", true),
    ("jangbu_projector", "events", "SELECT", true),
    ("jangbu_projector", "events", "INSERT", false),
    ("jangbu_projector", "commits", "SELECT", true),
    ("jangbu_projector", "commits", "INSERT", false),
    ("jangbu_reader", "log_head", "SELECT", true),
    ("jangbu_reader", "commits", "SELECT", true),
    ("jangbu_reader", "commits", "INSERT", false),
    ("jangbu_reader", "events", "INSERT", false),
];

/// The same in the views' database.
const VIEWS: &[(&str, &str, &str, bool)] = &[
    ("jangbu_projector", "registry.generations", "SELECT", true),
    ("jangbu_projector", "registry.generations", "UPDATE", true),
    ("jangbu_reader", "registry.live_positions", "SELECT", true),
    ("jangbu_reader", "registry.generations", "INSERT", false),
    ("jangbu_reader", "registry.generations", "UPDATE", false),
    ("jangbu_reader", "registry.generations", "DELETE", false),
];

/// The same in the vault. What nobody may do there is as much of it as what they may.
const VAULT: &[(&str, &str, &str, bool)] = &[
    ("jangbu_vault", "vault.data_keys", "DELETE", true),
    ("jangbu_vault", "vault.secret", "SELECT", true),
    ("jangbu_vault", "vault.secret", "UPDATE", false),
    ("jangbu_vault", "vault.secret", "DELETE", false),
    ("jangbu_vault", "vault.certificates", "INSERT", true),
    ("jangbu_vault", "vault.certificates", "UPDATE", false),
    ("jangbu_vault", "vault.certificates", "DELETE", false),
    ("jangbu_vault", "vault.key_epochs", "SELECT", true),
    ("jangbu_vault", "vault.key_epochs", "INSERT", false),
    ("jangbu_vault", "vault.key_epochs", "DELETE", false),
    ("jangbu_vault_reader", "vault.key_epochs", "SELECT", false),
    ("jangbu_vault_reader", "vault.data_keys", "SELECT", true),
    ("jangbu_vault_reader", "vault.data_keys", "INSERT", false),
    ("jangbu_vault_reader", "vault.data_keys", "UPDATE", false),
    ("jangbu_vault_reader", "vault.data_keys", "DELETE", false),
    ("jangbu_vault_reader", "vault.revocations", "SELECT", true),
    ("jangbu_vault_reader", "vault.secret", "SELECT", false),
    ("jangbu_vault_reader", "vault.credentials", "SELECT", false),
    ("jangbu_vault_reader", "vault.pending_passwords", "SELECT", false),
    ("jangbu_vault_reader", "vault.sessions", "SELECT", false),
    ("jangbu_vault_reader", "vault.refresh_tokens", "SELECT", false),
    ("jangbu_vault_reader", "vault.messages", "SELECT", false),
];

/// Looks at the roles of the log's database.
pub async fn of_log(connection: &mut PgConnection) -> Result<Finding, Failure> {
    of(connection, "roles of the log database", LOG).await
}

/// Looks at the roles of the views' database.
pub async fn of_views(connection: &mut PgConnection) -> Result<Finding, Failure> {
    of(connection, "roles of the views database", VIEWS).await
}

/// Looks at the roles of the vault's database.
pub async fn of_vault(connection: &mut PgConnection) -> Result<Finding, Failure> {
    of(connection, "roles of the vault database", VAULT).await
}

async fn of(
    connection: &mut PgConnection,
    what: &'static str,
    wanted: &[(&str, &str, &str, bool)],
) -> Result<Finding, Failure> {
    let column = |pick: fn(&(&str, &str, &str, bool)) -> String| -> Vec<String> { wanted.iter().map(pick).collect() };
    let (roles, tables) = (column(|w| w.0.to_owned()), column(|w| w.1.to_owned()));
    let (privileges, should) = (column(|w| w.2.to_owned()), wanted.iter().map(|w| w.3).collect::<Vec<bool>>());
    let rows = sqlx::query!(
        r#"select role as "role!", relation as "table!", privilege as "privilege!", should as "should!",
                  coalesce(rolsuper, false) as "superuser!", rolname is not null as "exists!",
                  case when rolname is not null and to_regclass(relation) is not null
                       then has_table_privilege(rolname, to_regclass(relation), privilege) end as may
           from unnest($1::text[], $2::text[], $3::text[], $4::bool[]) as wanted (role, relation, privilege, should)
           left join pg_roles on rolname = role"#,
        &roles,
        &tables,
        &privileges,
        &should
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading roles and grants"))?;
    let mut wrong: Vec<String> = Vec::new();
    for row in &rows {
        let fault = match (row.exists, row.superuser, row.may) {
            (false, ..) => format!("role {} does not exist", row.role),
            (_, true, _) => format!("role {} is a superuser", row.role),
            (.., Some(may)) if may != row.should => {
                let can = if may { "may" } else { "may not" };
                format!("{} {can} {} {}", row.role, row.privilege.to_lowercase(), row.table)
            }
            _ => continue,
        };
        if !wrong.contains(&fault) {
            wrong.push(fault);
        }
    }
    if wrong.is_empty() {
        return Ok(Finding::ok(what, format!("{} rights are as they should be", rows.len())));
    }
    let to_do = "`jangbu migrate up` makes roles and grants; revoke what a role has beyond them";
    Ok(Finding::fail(what, wrong.join(", "), to_do))
}
