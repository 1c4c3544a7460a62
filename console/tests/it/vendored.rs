//! Files of others are what they are said to be.

use std::{collections::BTreeSet, fs, path::Path};

use sha2::{Digest, Sha256};

/// Of this house.
const OURS: [&str; 4] = ["VENDORED.md", "console.css", "console.js", "icon.svg"];

#[test]
fn vendored_files_have_the_sums_that_are_written_down_and_no_other_file_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let text = fs::read_to_string(folder.join("VENDORED.md")).expect("VENDORED.md");
    let mut listed = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, file, _, version, source, licence, sum, _] = cells.as_slice() else { panic!("{line}") };
        let content = fs::read(folder.join(file)).expect(file);
        assert_eq!(hex::encode(Sha256::digest(&content)), *sum, "{file}");
        assert!(source.contains(version) || source.starts_with("the same"), "{line}");
        let licence = licence.split('`').nth(1).expect("a file");
        assert!(fs::metadata(folder.join(licence)).is_ok(), "{licence}");
        listed.insert((*file).to_owned());
    }
    let files = fs::read_dir(&folder).expect("assets").map(|entry| entry.expect("an entry"));
    let there =
        files.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let known: BTreeSet<String> = listed.into_iter().chain(OURS.map(str::to_owned)).collect();
    assert_eq!(there.collect::<BTreeSet<_>>(), known);
}
