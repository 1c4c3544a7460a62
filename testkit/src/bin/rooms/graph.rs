//! The graph, for people: one line and one picture.

use std::{collections::BTreeMap, fmt::Write};

use crate::workspace::Room;

/// `docs/rooms.md`. An arrow points at what is used; what is reached by a longer way too is left out of the picture.
pub fn draw(crates: &BTreeMap<String, Room>) -> String {
    let mut text = String::from(
        "# Who uses whom\n\nWritten by `./justw rooms --write` from the manifests; the rule they are held to is `rooms.toml`.\n\n\
         ```mermaid\nflowchart TD\n",
    );
    for (name, room) in crates.iter().filter(|(name, _)| !matches!(name.as_str(), "testkit" | "bench")) {
        for used in room.uses.iter().filter(|used| crates.contains_key(*used) && !by_a_longer_way(crates, room, used)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "    {name} --> {used}");
        }
    }
    text.push_str("```\n\n| room | folder | uses |\n|---|---|---|\n");
    for (name, room) in crates {
        let uses: Vec<&str> = room.uses.iter().filter(|used| crates.contains_key(*used)).map(String::as_str).collect();
        let _ = writeln!(text, "| {name} | `{}` | {} |", room.folder.display(), uses.join(", "));
    }
    text
}

fn by_a_longer_way(crates: &BTreeMap<String, Room>, room: &Room, wanted: &str) -> bool {
    room.uses.iter().filter(|via| *via != wanted).any(|via| reaches(crates, via, wanted))
}

fn reaches(crates: &BTreeMap<String, Room>, from: &str, wanted: &str) -> bool {
    crates
        .get(from)
        .is_some_and(|room| room.uses.contains(wanted) || room.uses.iter().any(|via| reaches(crates, via, wanted)))
}
