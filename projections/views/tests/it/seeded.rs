//! The view `accounts` that is filled from snapshots is the same view in all but how it is filled.

use std::path::Path;

/// A method of the trait with a default would compile without a line in `seeded.rs`, and answer for another view.
#[test]
fn every_method_of_a_view_is_that_of_accounts() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("projections");
    let read = |path: &str| std::fs::read_to_string(crates.join(path)).expect(path);
    let (engine, seeded) = (read("engine/src/projection.rs"), read("views/src/accounts/seeded.rs"));
    let from = engine.find("pub trait Projection").expect("the trait");
    let trait_text = &engine[from..from + engine[from..].find("\n}").expect("its end")];
    let methods: Vec<&str> =
        trait_text.split("    fn ").skip(1).filter_map(|method| method.split_once('(').map(|(name, _)| name)).collect();
    assert!(methods.len() > 8, "{methods:?}");
    for method in methods.into_iter().filter(|method| *method != "bulk") {
        assert!(seeded.contains(&format!("Accounts.{method}(")), "{method} is not that of Accounts");
    }
}
