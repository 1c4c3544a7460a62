//! A new migration file must be seen by the next build.

fn main() {
    println!("cargo::rerun-if-changed=../migrations/event-store");
    println!("cargo::rerun-if-changed=../migrations/views");
    println!("cargo::rerun-if-changed=../migrations/vault");
}
