//! The roles that processes log in as.

use std::collections::BTreeSet;

use database::{migrations::Database, schema::Description};
use sqlx::PgConnection;

use crate::{db::failed, failure::Failure};

/// The owner of the views has the rights of these: it prepares generations, and reads them as readers do. The migrations say
/// so; a server on which the owner was made the administrator of more roles is no worse.
const MEMBERSHIPS: [&str; 2] = ["jangbu_projector", "jangbu_reader"];

/// What is wrong with the roles, beside their grants.
#[derive(Debug, Default)]
pub struct Roles {
    /// Those that do not exist.
    pub missing: Vec<String>,
    /// Roles of processes with rights that no grant gives, each with a sentence.
    pub mighty: Vec<String>,
    /// Roles that the owner is not a member of and should be.
    pub not_joined: Vec<String>,
}

impl Roles {
    /// Reads them. Which roles there should be follows from the grants that are expected.
    pub async fn read(
        connection: &mut PgConnection,
        database: Database,
        expected: &Description,
    ) -> Result<Self, Failure> {
        let reading = || failed("reading the roles");
        let wanted: BTreeSet<&str> =
            expected.grants.iter().map(|grant| grant.grantee.as_str()).filter(|name| *name != "public").collect();
        let names: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        let rows = sqlx::query!(
            r#"select wanted as "name!", rolname is not null as "exists!", coalesce(rolsuper, false) as "superuser!",
                   coalesce(rolbypassrls or rolcreaterole or rolreplication, false) as "mighty!",
                   array(select g.rolname::text from pg_auth_members as m join pg_roles as g on g.oid = m.roleid
                       where m.member = r.oid order by 1) as "groups!"
               from unnest($1::text[]) as wanted left join pg_roles as r on r.rolname = wanted"#,
            &names
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(reading())?;
        let mut roles = Self::default();
        for row in rows {
            let name = row.name;
            match (row.exists, row.superuser, row.mighty) {
                (false, ..) => roles.missing.push(name),
                // The owner makes the others.
                _ if name == "jangbu_owner" => {}
                (_, true, _) => roles.mighty.push(format!("role {name} is a superuser")),
                (.., true) => {
                    roles.mighty.push(format!("role {name} may pass row security, create roles or replicate"))
                }
                _ if row.groups.is_empty() => {}
                _ => roles.mighty.push(format!("role {name} is a member of {}", row.groups.join(", "))),
            }
        }
        if database == Database::Views && roles.missing.is_empty() {
            roles.not_joined = not_joined(connection).await?;
        }
        Ok(roles)
    }
}

async fn not_joined(connection: &mut PgConnection) -> Result<Vec<String>, Failure> {
    let wanted = MEMBERSHIPS.map(str::to_owned);
    sqlx::query_scalar!(
        r#"select wanted as "name!" from unnest($1::text[]) as wanted
           where not pg_has_role('jangbu_owner', wanted::name, 'member')"#,
        &wanted[..]
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the members of the roles"))
}
