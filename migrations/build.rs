//! A new migration file must be seen by the next build.

fn main() {
    println!("cargo::rerun-if-changed=event-store");
    println!("cargo::rerun-if-changed=views");
    println!("cargo::rerun-if-changed=vault");
}
