//! What differs, and the statement that puts it right.

use super::description::{Description, Object};

/// One difference between what is expected and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub object: Object,
    /// Its definition as it is expected; none if nothing of the name is.
    pub expected: Option<String>,
    /// Its definition as it is; none if it is missing.
    pub found: Option<String>,
}

/// Compares the objects, not the grants. What belongs to a table that is missing, or that nobody expects, is not listed beside it.
pub fn compare(expected: &Description, found: &Description) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (object, definition) in &expected.objects {
        match found.objects.get(object) {
            Some(there) if there == definition => {}
            // Versions of Postgres write the query of a view in different ways.
            Some(_) if object.kind == "view" && expected.server != found.server => {}
            there => differences.push(Difference {
                object: object.clone(),
                expected: Some(definition.clone()),
                found: there.cloned(),
            }),
        }
    }
    for (object, definition) in found.objects.iter().filter(|(object, _)| !expected.objects.contains_key(object)) {
        differences.push(Difference { object: object.clone(), expected: None, found: Some(definition.clone()) });
    }
    let whole: Vec<(Object, bool)> = differences
        .iter()
        .filter(|d| matches!(d.object.kind.as_str(), "table" | "view" | "materialized view" | "foreign table"))
        .filter(|d| d.expected.is_none() || d.found.is_none())
        .map(|d| (d.object.clone(), d.expected.is_some()))
        .collect();
    differences.retain(|d| !whole.iter().any(|(table, missing)| d.is_part_of(table, *missing)));
    differences
}

impl Difference {
    /// Whether it is there in another form or not at all, though it is expected.
    pub fn is_wrong(&self) -> bool {
        self.expected.is_some()
    }

    /// Whether it goes without saying, because its whole table is missing, or is not expected.
    fn is_part_of(&self, table: &Object, missing: bool) -> bool {
        if self.object == *table || missing != self.expected.is_some() {
            return false;
        }
        let below = self.object.name.strip_prefix(&table.name).is_some_and(|rest| rest.starts_with('.'));
        let definition = self.expected.as_ref().or(self.found.as_ref());
        below || self.object.kind == "index" && definition.is_some_and(|d| d.contains(&format!(" ON {} ", table.name)))
    }

    /// What is wrong, in one sentence.
    pub fn sentence(&self) -> String {
        let Object { kind, name } = &self.object;
        let name = name.strip_prefix("public.").unwrap_or(name);
        match (&self.expected, &self.found) {
            (Some(_), None) => format!("{kind} {name} is missing"),
            (None, _) => format!("{kind} {name} is not of this build"),
            (Some(expected), Some(found)) => {
                // Bodies of functions are compared by their digest, and queries of views are long.
                let long = expected.len().max(found.len()) > 120 || matches!(kind.as_str(), "function" | "view");
                match found.strip_prefix(expected.as_str()).map(|rest| rest.trim().trim_matches(['(', ')', ','])) {
                    Some(more) if more.trim().starts_with("row security") => {
                        format!("{kind} {name} has {}", more.trim())
                    }
                    Some(more) if !more.is_empty() => format!("{kind} {name} is {}", more.trim()),
                    _ if long => format!("{kind} {name} has another definition"),
                    _ => format!("{kind} {name} is {found}, not {expected}"),
                }
            }
        }
    }

    /// The statement that puts it right, if one does.
    pub fn remedy(&self) -> Option<String> {
        let Object { kind, name } = &self.object;
        let expected = self.expected.as_ref()?;
        let (table, part) = name.rsplit_once('.')?;
        match (kind.as_str(), &self.found) {
            // A bank goes on writing while an index is made.
            ("index", None) => Some(expected.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1)),
            ("index", Some(_)) => {
                Some(format!("reindex index concurrently {name}")).filter(|_| self.found_with(" (not valid)"))
            }
            ("constraint", None) => Some(format!("alter table {table} add constraint {part} {expected}")),
            ("constraint", Some(_)) => self.constraint_remedy(table, part, expected),
            ("trigger", None) => Some(expected.clone()),
            ("trigger", Some(found)) if found.starts_with(expected.as_str()) => {
                Some(format!("alter table {table} enable trigger {part}"))
            }
            ("table", Some(found)) => table_remedy(name, expected, found),
            ("column", Some(found)) => column_remedy(table, part, expected, found),
            _ => None,
        }
    }

    fn found_with(&self, more: &str) -> bool {
        self.found == self.expected.as_ref().map(|expected| format!("{expected}{more}"))
    }

    fn constraint_remedy(&self, table: &str, name: &str, expected: &str) -> Option<String> {
        if self.found_with(" NOT VALID") {
            return Some(format!("alter table {table} validate constraint {name}"));
        }
        if self.found_with(" (not in force)") {
            return Some(format!("alter table {table} enable trigger all"));
        }
        // What does not hold an index of its own can be put in another's place.
        let keys = ["PRIMARY KEY", "UNIQUE"].iter().any(|key| expected.starts_with(key));
        (!keys).then(|| format!("alter table {table} drop constraint {name}, add constraint {name} {expected}"))
    }
}

fn table_remedy(table: &str, expected: &str, found: &str) -> Option<String> {
    let logged = found.starts_with("unlogged") && expected.starts_with("permanent");
    let mut changes = Vec::new();
    changes.extend(logged.then_some("set logged"));
    changes.extend(found.contains("row security on").then_some("disable row level security"));
    changes.extend(found.contains("row security forced").then_some("no force row level security"));
    (!changes.is_empty()).then(|| format!("alter table {table} {}", changes.join(", ")))
}

fn column_remedy(table: &str, column: &str, expected: &str, found: &str) -> Option<String> {
    let kind =
        |definition: &str| definition.split(" not null").next().map(|t| t.split(" default ").next().map(str::to_owned));
    if kind(expected) != kind(found) || expected.contains(" generated ") {
        return None;
    }
    let default = |definition: &str| definition.split_once(" default ").map(|(_, default)| default.to_owned());
    let mut changes = Vec::new();
    match (default(expected), default(found)) {
        (wanted, there) if wanted == there => {}
        (Some(wanted), _) => changes.push(format!("alter {column} set default {wanted}")),
        (None, _) => changes.push(format!("alter {column} drop default")),
    }
    match (expected.contains(" not null"), found.contains(" not null")) {
        (true, false) => changes.push(format!("alter {column} set not null")),
        (false, true) => changes.push(format!("alter {column} drop not null")),
        _ => {}
    }
    (!changes.is_empty()).then(|| format!("alter table {table} {}", changes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &str = "server\t15\nschema\tpublic\ntable\tpublic.events\tpermanent\n\
        column\tpublic.events.at\ttimestamp with time zone not null default now()\n\
        constraint\tpublic.events.events_pkey\tPRIMARY KEY (at)\n\
        index\tpublic.newest\tCREATE INDEX newest ON public.events USING btree (at)\n\
        trigger\tpublic.events.only\tCREATE TRIGGER only BEFORE DELETE ON public.events EXECUTE FUNCTION public.refuse()\n\
        view\tpublic.last\tpermanent, SELECT 1\n";

    /// What is wrong, and the statement against it.
    fn differing(found: &str) -> Vec<(String, String)> {
        let differences = compare(&Description::parse(EXPECTED), &Description::parse(found));
        differences.iter().map(|d| (d.sentence(), d.remedy().unwrap_or_default())).collect()
    }

    fn one(from: &str, to: &str) -> (String, String) {
        assert!(EXPECTED.contains(from), "{from}");
        let mut differences = differing(&EXPECTED.replace(from, to));
        assert_eq!(differences.len(), 1, "{differences:?}");
        differences.remove(0)
    }

    fn without(start: &str) -> Vec<(String, String)> {
        differing(&EXPECTED.lines().filter(|line| !line.starts_with(start)).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_same_differs_in_nothing() {
        assert_eq!(differing(EXPECTED), []);
    }

    #[test]
    fn what_is_missing_comes_with_its_statement() {
        let key = "alter table public.events add constraint events_pkey PRIMARY KEY (at)";
        assert_eq!(without("constraint"), [("constraint events.events_pkey is missing".into(), key.into())]);
        let index = "CREATE INDEX CONCURRENTLY newest ON public.events USING btree (at)";
        assert_eq!(without("index"), [("index newest is missing".into(), index.into())]);
        assert_eq!(without("trigger")[0].0, "trigger events.only is missing");
    }

    #[test]
    fn a_table_that_is_missing_is_one_difference() {
        let found: Vec<&str> = EXPECTED.lines().filter(|line| !line.contains("public.events")).collect();
        assert_eq!(differing(&found.join("\n")), [("table events is missing".to_owned(), String::new())]);
    }

    #[test]
    fn what_has_changed_is_named() {
        let (sentence, remedy) = one("table\tpublic.events\tpermanent", "table\tpublic.events\tunlogged");
        assert_eq!(sentence, "table events is unlogged, not permanent");
        assert_eq!(remedy, "alter table public.events set logged");
        let (sentence, remedy) = one("public.refuse()", "public.refuse() (disabled)");
        assert_eq!(sentence, "trigger events.only is disabled");
        assert_eq!(remedy, "alter table public.events enable trigger only");
        assert_eq!(
            one(" not null default now()", " default now()").1,
            "alter table public.events alter at set not null"
        );
        assert_eq!(one(" default now()", "").1, "alter table public.events alter at set default now()");
        let (sentence, remedy) = one("permanent\n", "permanent, row security on\n");
        assert_eq!(sentence, "table events has row security on");
        assert_eq!(remedy, "alter table public.events disable row level security");
    }

    #[test]
    fn what_is_too_much_is_named_once() {
        let more = "table\tpublic.mine\tpermanent\ncolumn\tpublic.mine.a\tinteger\n\
            index\tpublic.i\tCREATE INDEX i ON public.mine USING btree (a)\n";
        assert_eq!(differing(&format!("{EXPECTED}{more}"))[0].0, "table mine is not of this build");
        assert_eq!(differing(&format!("{EXPECTED}{more}")).len(), 1);
    }

    #[test]
    fn another_version_of_postgres_may_write_views_in_another_way() {
        let found = EXPECTED.replace("SELECT 1", "SELECT (1)");
        assert_eq!(differing(&found).len(), 1);
        assert_eq!(differing(&found.replace("server\t15", "server\t17")), []);
    }
}
