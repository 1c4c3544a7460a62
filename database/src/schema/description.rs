//! A list of objects and grants, and its text.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::Grant;

/// Something that has a definition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// `schema`, `table`, `view`, `column`, `constraint`, `index`, `trigger`, `function`, `sequence`, `rule`, `policy`.
    pub kind: String,
    /// Its name with its schema; what belongs to a table has the table's name before its own, but for indexes.
    pub name: String,
}

/// What a database looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The major version of the server: some definitions are written in another way by another one.
    pub server: i32,
    /// Every object with its definition.
    pub objects: BTreeMap<Object, String>,
    /// Every grant, but for those to owners and superusers.
    pub grants: BTreeSet<Grant>,
}

impl Description {
    /// The text in a file: a line for each object and grant, its parts divided by tabs.
    pub fn render(&self) -> String {
        let mut lines = vec![format!("server\t{}", self.server)];
        lines.extend(self.objects.iter().map(|(object, definition)| {
            format!("{}\t{}\t{definition}", object.kind, object.name).trim_end().to_owned()
        }));
        lines.extend(
            self.grants.iter().map(|grant| {
                format!("grant\t{}\t{}\t{}\t{}", grant.kind, grant.object, grant.privilege, grant.grantee)
            }),
        );
        lines.join("\n") + "\n"
    }

    /// Reads such a text. A line of another form says nothing.
    pub fn parse(text: &str) -> Self {
        let mut description = Self::default();
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["server", version] => description.server = version.parse().unwrap_or_default(),
                ["grant", kind, object, privilege, grantee] => {
                    let [kind, object, privilege, grantee] = [kind, object, privilege, grantee].map(str::to_owned);
                    description.grants.insert(Grant { kind, object, privilege, grantee });
                }
                [kind, name, ref definition @ ..] => {
                    let object = Object { kind: kind.to_owned(), name: name.to_owned() };
                    description.objects.insert(object, definition.join("\t"));
                }
                _ => {}
            }
        }
        description
    }

    /// The part about objects with these names.
    pub fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let objects = self.objects.iter().filter(|(object, _)| wanted(&object.name));
        Self {
            server: self.server,
            objects: objects.map(|(object, definition)| (object.clone(), definition.clone())).collect(),
            grants: self.grants.iter().filter(|grant| wanted(&grant.object)).cloned().collect(),
        }
    }

    /// The same with another text in all names and definitions.
    pub fn renamed(self, from: &str, to: &str) -> Self {
        let renamed = |text: String| text.replace(from, to);
        let objects = self.objects.into_iter().map(|(object, definition)| {
            (Object { kind: object.kind, name: renamed(object.name) }, renamed(definition))
        });
        let grants = self.grants.into_iter().map(|grant| Grant { object: renamed(grant.object), ..grant });
        Self { server: self.server, objects: objects.collect(), grants: grants.collect() }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.objects.extend(other.objects);
        self.grants.extend(other.grants);
        self
    }
}
