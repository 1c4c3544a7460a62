//! The dependency rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{words::Forbidden, workspace::Room};

/// `docs/rooms.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Outside crates that a room may name only if its entry says so.
    fenced: BTreeSet<String>,
    /// Top folders that must not reach one another.
    sides: [Vec<String>; 2],
    /// Where one room reaches across the fence all the same.
    #[serde(default)]
    crossings: Vec<Crossing>,
    /// Words that folders must not know.
    #[serde(default)]
    pub forbidden: Vec<Forbidden>,
    rooms: BTreeMap<String, Allowed>,
}

/// A room that reaches one of the other side.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crossing {
    from: String,
    to: String,
    /// For whoever reads the rule.
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    /// Rooms.
    uses: BTreeSet<String>,
    /// Fenced outside crates.
    #[serde(default)]
    outside: BTreeSet<String>,
    /// If given, its tests are held to the same, but for these rooms.
    tests_too: Option<BTreeSet<String>>,
}

type Crates = BTreeMap<String, Room>;

/// What breaks the rule, each with what to do.
pub fn check(crates: &Crates, rule: &Rule) -> Vec<String> {
    let mut faults = Vec::new();
    for name in rule.rooms.keys().filter(|name| !crates.contains_key(*name)) {
        faults.push(format!("docs/rooms.toml names {name}, which is no crate here: remove its entry"));
    }
    for (name, room) in crates {
        match rule.rooms.get(name) {
            Some(allowed) => faults.extend(check_room(crates, rule, name, room, allowed)),
            None => faults.push(format!("{name} has no entry in docs/rooms.toml: say there what it may use")),
        }
    }
    faults.extend(check_sides(crates, rule));
    faults
}

fn check_room(crates: &Crates, rule: &Rule, name: &str, room: &Room, allowed: &Allowed) -> Vec<String> {
    let manifest = room.folder.join("Cargo.toml");
    let judge = |used: &BTreeSet<String>, what: &str| -> Vec<String> {
        let is_ours = |used: &&String| crates.contains_key(*used) && *used != name;
        let rooms = used.iter().filter(is_ours).filter(|used| !allowed.uses.contains(*used));
        let outside = used.iter().filter(|used| rule.fenced.contains(*used) && !allowed.outside.contains(*used));
        rooms
            .chain(outside)
            .map(|used| {
                format!("{name} {what} {used}, which is not its to know: remove it from {}", manifest.display())
            })
            .collect()
    };
    let mut faults = judge(&room.uses, "uses");
    if let Some(granted) = &allowed.tests_too {
        faults.extend(judge(&room.tests_use.difference(granted).cloned().collect(), "tests with"));
    }
    faults
}

fn check_sides(crates: &Crates, rule: &Rule) -> Vec<String> {
    let sides = &rule.sides;
    let on = |side: &[String], name: &str| {
        crates.get(name).is_some_and(|room| side.iter().any(|folder| room.folder.starts_with(folder)))
    };
    let crosses = |crossing: &Crossing| reach(crates, &crossing.from).contains(&crossing.to);
    let unused = rule.crossings.iter().filter(|crossing| !crosses(crossing));
    let mut faults: Vec<String> = unused
        .map(|Crossing { from, to, .. }| {
            format!("{from} does not reach {to}: remove the crossing from docs/rooms.toml")
        })
        .collect();
    let may = |from: &str, to: &str| rule.crossings.iter().any(|crossing| crossing.from == from && crossing.to == to);
    for (here, there) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
        for name in crates.keys().filter(|name| on(here, name)) {
            for reached in reach(crates, name).into_iter().filter(|reached| on(there, reached) && !may(name, reached)) {
                faults.push(format!("{name} reaches {reached} across the fence: find by which room, and cut it there"));
            }
        }
    }
    faults
}

/// Every room that this one needs, however far down.
fn reach(crates: &Crates, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for used in crates.get(&name).into_iter().flat_map(|room| &room.uses).filter(|used| crates.contains_key(*used))
        {
            if reached.insert(used.clone()) {
                open.push(used.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(rooms: &[(&str, &str, &[&str], &[&str])]) -> Crates {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let room = |&(name, folder, uses, tests): &(&str, &str, &[&str], &[&str])| {
            (name.to_owned(), Room { folder: folder.into(), uses: set(uses), tests_use: set(tests), ..Room::default() })
        };
        rooms.iter().map(room).collect()
    }

    fn rule(rooms: &str) -> Rule {
        toml::from_str(&format!("fenced = ['sqlx']\nsides = [['left'], ['right']]\n{rooms}")).expect("a rule")
    }

    #[test]
    fn a_house_within_its_rule_has_no_faults() {
        let workspace = workspace(&[("a", "left/a", &["b", "serde"], &["sqlx"]), ("b", "b", &["sqlx"], &["a"])]);
        let rule = rule("rooms.a.uses = ['b']\nrooms.b = { uses = [], outside = ['sqlx'] }");
        assert_eq!(check(&workspace, &rule), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_room_and_a_fenced_crate_are_named() {
        let workspace = workspace(&[("a", "a", &["b", "sqlx"], &[]), ("b", "b", &[], &[])]);
        let faults = check(&workspace, &rule("rooms.a.uses = []\nrooms.b.uses = []"));
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("a uses b") && faults[1].contains("a uses sqlx"), "{faults:?}");
    }

    #[test]
    fn tests_are_free_unless_the_entry_holds_them() {
        let workspace = workspace(&[("a", "a", &[], &["b"]), ("b", "b", &[], &[])]);
        assert!(check(&workspace, &rule("rooms.a.uses = []\nrooms.b.uses = []")).is_empty());
        let faults = check(&workspace, &rule("rooms.a = { uses = [], tests_too = [] }\nrooms.b.uses = []"));
        assert!(faults.len() == 1 && faults[0].contains("a tests with b"), "{faults:?}");
        assert!(check(&workspace, &rule("rooms.a = { uses = [], tests_too = ['b'] }\nrooms.b.uses = []")).is_empty());
    }

    #[test]
    fn the_fence_holds_through_a_third_room() {
        let workspace = workspace(&[("a", "left/a", &["m"], &[]), ("m", "m", &["z"], &[]), ("z", "right/z", &[], &[])]);
        let faults = check(&workspace, &rule("rooms.a.uses = ['m']\nrooms.m.uses = ['z']\nrooms.z.uses = []"));
        assert!(faults.len() == 1 && faults[0].contains("a reaches z"), "{faults:?}");
    }

    #[test]
    fn a_crossing_is_for_one_room_and_goes_when_it_is_not_used() {
        let rooms: [(&str, &str, &[&str], &[&str]); 3] =
            [("a", "left/a", &["z"], &[]), ("b", "left/b", &["z"], &[]), ("z", "right/z", &[], &[])];
        let uses = "rooms.a.uses = ['z']\nrooms.b.uses = ['z']\nrooms.z.uses = []";
        let crossing = |from: &str| format!("crossings = [{{ from = '{from}', to = 'z', reason = 'shown' }}]\n{uses}");
        let faults = check(&workspace(&rooms), &rule(&crossing("a")));
        assert!(faults.len() == 1 && faults[0].contains("b reaches z"), "{faults:?}");
        let faults = check(&workspace(&rooms), &rule(&crossing("z")));
        assert!(faults.len() == 3 && faults[0].contains("z does not reach z"), "{faults:?}");
    }

    #[test]
    fn a_new_crate_needs_an_entry_and_an_old_entry_a_crate() {
        let faults = check(&workspace(&[("a", "a", &[], &[])]), &rule("rooms.gone.uses = []"));
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
