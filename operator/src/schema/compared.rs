//! A database, and what is expected of it.

use database::{
    migrations::Database,
    schema::{Description, Difference, Grant, compare, describe, expected, schemas},
};
use sqlx::PgConnection;

use super::{
    generations::{self, Foreign},
    roles::Roles,
};
use crate::{db::failed, failure::Failure};

/// The role that owns everything but the generations: what it may do goes without saying.
const OWNER: &str = "jangbu_owner";
/// The roles of this build all begin like this.
const OURS: &str = "jangbu_";
/// Everybody, in the words of Postgres.
const PUBLIC: &str = "public";

/// A database as it is and as it should be.
pub struct Compared {
    /// Its name on the server.
    pub name: String,
    /// The roles that should be there, and what they are beyond that.
    pub roles: Roles,
    /// Tables of generations that belong to somebody else than the projector.
    pub foreign: Vec<Foreign>,
    expected: Description,
    found: Description,
}

impl Compared {
    /// Reads what is there.
    pub async fn read(database: Database, connection: &mut PgConnection) -> Result<Self, Failure> {
        let reading = || failed("reading the schema and the grants");
        let mut found = describe(connection, &schemas(database)).await.map_err(reading())?;
        let mut expected = expected(database);
        let mut foreign = Vec::new();
        if database == Database::Views {
            let generations = generations::read(connection, &found).await?;
            found = found.only(|name| !generations::is_live(name)).and(generations.found);
            expected = expected.and(generations.expected);
            foreign = generations.foreign;
        }
        if database == Database::Log {
            // Partitions come and go with the log, and the tables of the format before are kept until they are dropped.
            let lasting = |name: &str| !comes_and_goes(name);
            (found, expected) = (found.only(lasting), expected.only(lasting));
        }
        let name = sqlx::query_scalar!(r#"select current_database()::text as "name!""#)
            .fetch_one(&mut *connection)
            .await
            .map_err(reading())?;
        let roles = Roles::read(connection, database, &expected).await?;
        Ok(Self { name, roles, foreign, expected, found })
    }

    /// What of the schema differs.
    pub fn differences(&self) -> Vec<Difference> {
        compare(&self.expected, &self.found)
    }

    /// How many grants are expected.
    pub fn expected_grants(&self) -> usize {
        self.expected.grants.len()
    }

    /// Grants that are missing, on what is there and to roles that are there.
    pub fn missing_grants(&self) -> Vec<&Grant> {
        let there = |grant: &&Grant| {
            let of_schema = |name: &str| self.found.objects.keys().any(|o| o.kind == "schema" && o.name == name);
            let object = match grant.kind.as_str() {
                "schema" => of_schema(&grant.object),
                "function" | "procedure" => self.found.objects.keys().any(|o| o.name == grant.object),
                _ => grant.relation().is_none_or(|table| self.found.objects.keys().any(|o| o.name == table)),
            };
            // What everybody may by default is no loss where somebody took it away: the roles have grants of their own.
            let default = grant.grantee == PUBLIC && matches!(grant.kind.as_str(), "database" | "schema");
            object && !default && !self.roles.missing.contains(&grant.grantee)
        };
        let missing = self.expected.grants.difference(&self.found.grants);
        // Who may pass it on may do it.
        let is_missing = |grant: &&Grant| !self.found.grants.contains(&grant.with_grant_option());
        missing.filter(|grant| grant.grantee != OWNER).filter(is_missing).filter(there).collect()
    }

    /// Grants that this build does not expect; `to_ours`: to its own roles and to everybody, else to others.
    pub fn surplus_grants(&self, to_ours: bool) -> Vec<&Grant> {
        let ours = |grant: &&Grant| grant.grantee == PUBLIC || grant.grantee.starts_with(OURS);
        let surplus = self.found.grants.difference(&self.expected.grants).filter(|grant| grant.grantee != OWNER);
        surplus.filter(|grant| ours(grant) == to_ours).collect()
    }
}

/// Whether it is a partition of the log or what belongs to one, or a table of the format before.
fn comes_and_goes(name: &str) -> bool {
    name.split(['.', ' ', '(']).any(|part| {
        let number = part.strip_prefix("log_commits_").and_then(|rest| rest.get(..5));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            || ["events_before", "commits_before", "snapshots_before"].contains(&part)
    })
}
