//! Where the processes' binaries are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::Part;

/// The folder of this program, if every process of the bank lies there too.
pub fn beside_this_program() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    let folder = program.parent().context("this program lies nowhere")?;
    for name in Part::BINARIES {
        ensure!(folder.join(name).is_file(), "{name} is not in {}: build the whole workspace first", folder.display());
    }
    Ok(folder.to_owned())
}

/// The folder of the binaries in the profile the running test was built in, after cargo has made sure that they are those
/// of the present sources: cargo builds a package's binaries for its own tests only, and an old binary proves nothing.
pub fn built_for_tests() -> Result<PathBuf> {
    let test = std::env::current_exe().context("this program cannot be found")?;
    let folder = test.ancestors().nth(2).context("this test does not lie in target/<profile>/deps")?;
    let release = folder.file_name().is_some_and(|name| name == "release");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--bins"]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    cargo.args(Part::BINARIES.iter().flat_map(|name| ["--package", name]));
    cargo.args(release.then_some("--release"));
    let told = cargo.output().context("cannot run cargo")?;
    ensure!(told.status.success(), "the processes cannot be built:\n{}", String::from_utf8_lossy(&told.stderr));
    Ok(folder.to_owned())
}
