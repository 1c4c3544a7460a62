//! Where the processes' binaries are.

use std::path::{Path, PathBuf};

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

/// The folder of the binaries in the profile the running test was built in. Cargo builds a package's binaries for that
/// package's own tests only, and an old binary proves nothing: one that is older than its sources is an error.
pub fn built_for_tests() -> Result<PathBuf> {
    let test = std::env::current_exe().context("this program cannot be found")?;
    let folder = test.ancestors().nth(2).context("this test does not lie in target/<profile>/deps")?;
    for name in Part::BINARIES {
        let newer = newer_source(&folder.join(name)).with_context(|| {
            format!("{name} is not built: run `cargo build --workspace --all-targets` before the tests")
        })?;
        if let Some(source) = newer {
            anyhow::bail!(
                "{} is newer than {name}: run `cargo build --workspace --all-targets` before the tests",
                source.display()
            );
        }
    }
    Ok(folder.to_owned())
}

/// A source that was changed after a binary was built, by the list of sources that cargo keeps beside it.
fn newer_source(binary: &Path) -> Result<Option<PathBuf>> {
    let built = binary.metadata().and_then(|metadata| metadata.modified()).context("there is no such binary")?;
    let list = std::fs::read_to_string(binary.with_extension("d")).context("cargo kept no list of its sources")?;
    let (_, sources) = list.split_once(": ").context("the list of its sources cannot be read")?;
    let is_newer = |source: &PathBuf| {
        // One that is gone belongs to an older build of it; cargo would have built it again if that mattered.
        source.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|changed| changed > built)
    };
    Ok(sources.split_ascii_whitespace().map(PathBuf::from).find(is_newer))
}
