//! A privilege, and the statement that gives it.

use std::fmt;

/// That a role may do something with an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `database`, `schema`, `table`, `sequence`, `column`, `function`, `procedure`, or `default` for tables that do not exist yet.
    pub kind: String,
    /// Its name with its schema; for a column `<table> (<column>)`.
    pub object: String,
    /// `SELECT` and so on, perhaps `with grant option`.
    pub privilege: String,
    /// The role, or `public`.
    pub grantee: String,
}

impl Grant {
    /// The statement that gives it, in the database of this name.
    pub fn grant(&self, database: &str) -> String {
        let (privilege, option) = match self.privilege.split_once(' ') {
            Some((privilege, option)) => (privilege, format!(" {option}")),
            None => (self.privilege.as_str(), String::new()),
        };
        self.statement("grant", privilege, &format!("to {}{option}", self.grantee()), database)
    }

    /// The statement that takes it away.
    pub fn revoke(&self, database: &str) -> String {
        // What may be passed on may still be done by who has it.
        let verb = if self.may_be_passed_on() { "revoke grant option for" } else { "revoke" };
        let privilege = self.privilege.split(' ').next().unwrap_or_default();
        self.statement(verb, privilege, &format!("from {}", self.grantee()), database)
    }

    /// Whether its role may give it to others.
    pub fn may_be_passed_on(&self) -> bool {
        self.privilege.ends_with(" with grant option")
    }

    /// The same, to be passed on.
    pub fn with_grant_option(&self) -> Self {
        Self { privilege: format!("{} with grant option", self.privilege), ..self.clone() }
    }

    fn statement(&self, verb: &str, privilege: &str, whom: &str, database: &str) -> String {
        let privilege = privilege.to_lowercase();
        match self.kind.as_str() {
            "database" => format!("{verb} {privilege} on database {} {whom}", quoted(database)),
            "column" => {
                let (table, columns) = self.object.split_once(' ').unwrap_or((&self.object, ""));
                format!("{verb} {privilege} {columns} on table {table} {whom}")
            }
            "default" => {
                format!("alter default privileges for role {} {verb} {privilege} on tables {whom}", self.object)
            }
            kind => format!("{verb} {privilege} on {kind} {} {whom}", self.object),
        }
    }

    /// The table it is about, or the table of its column.
    pub fn relation(&self) -> Option<&str> {
        match self.kind.as_str() {
            "table" | "sequence" => Some(&self.object),
            "column" => self.object.split(' ').next(),
            _ => None,
        }
    }

    fn grantee(&self) -> String {
        if self.grantee == "public" { self.grantee.clone() } else { quoted(&self.grantee) }
    }
}

/// What a grantee may do with what, such as `select vault.secret`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let privilege = self.privilege.to_lowercase();
        let privilege = match privilege.as_str() {
            "usage" => "use".to_owned(),
            "create" => "create in".to_owned(),
            "connect" => "connect to".to_owned(),
            "temporary" => "make temporary tables in".to_owned(),
            _ => privilege,
        };
        let object = self.object.strip_prefix("public.").unwrap_or(&self.object);
        match self.kind.as_str() {
            "table" | "sequence" | "column" | "database" => write!(f, "{privilege} {object}"),
            "default" => write!(f, "{privilege} new tables of {object}"),
            kind => write!(f, "{privilege} {kind} {object}"),
        }
    }
}

/// A name as it may stand in SQL.
fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_statement() {
        let of = |kind: &str, object: &str, privilege: &str| Grant {
            kind: kind.into(),
            object: object.into(),
            privilege: privilege.into(),
            grantee: "jangbu_reader".into(),
        };
        for (grant, statement) in [
            (of("table", "live.accounts", "SELECT"), "grant select on table live.accounts to jangbu_reader"),
            (of("database", "this database", "CONNECT"), "grant connect on database \"a-b\" to jangbu_reader"),
            (
                of("column", "public.log_head (position)", "UPDATE"),
                "grant update (position) on table public.log_head to jangbu_reader",
            ),
            (
                of("default", "jangbu_projector in schema live", "SELECT"),
                "alter default privileges for role jangbu_projector in schema live grant select on tables to jangbu_reader",
            ),
            (
                of("schema", "live", "USAGE with grant option"),
                "grant usage on schema live to jangbu_reader with grant option",
            ),
        ] {
            assert_eq!(grant.grant("a-b"), statement);
        }
        let everyone = Grant { grantee: "public".into(), ..of("function", "public.f(a text)", "EXECUTE") };
        let passed_on = of("table", "public.events", "SELECT").with_grant_option();
        assert_eq!(passed_on.revoke("a"), "revoke grant option for select on table public.events from jangbu_reader");
        assert_eq!(everyone.revoke("a"), "revoke execute on function public.f(a text) from public");
    }
}
