//! The problem pages are embedded; a changed page means a changed crate.

fn main() {
    println!("cargo::rerun-if-changed=../docs/problems");
    println!("cargo::rerun-if-changed=build.rs");
}
