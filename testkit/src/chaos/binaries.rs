//! Where the processes' binaries are.

use std::{
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail, ensure};

use super::Part;
use crate::kit::Identity;

/// The folder of this program, if every process of the bank lies there too.
pub fn beside_this_program() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    let folder = program.parent().context("the path of this program has no folder")?;
    for name in Part::BINARIES {
        ensure!(folder.join(name).is_file(), "{name} is not in {}: build the whole workspace first", folder.display());
    }
    Ok(folder.to_owned())
}

/// The folder of the binaries in the profile the running test was built in. Cargo builds a package's binaries for that
/// package's own tests only, and an old binary proves nothing: one that is older than its sources is an error. What is
/// edited while the tests run does not count.
pub fn built_for_tests() -> Result<PathBuf> {
    let test = std::env::current_exe().context("this program cannot be found")?;
    let folder = test.ancestors().nth(2).context("this test does not lie in target/<profile>/deps")?;
    for name in Part::BINARIES {
        let newer = newer_source(&folder.join(name)).with_context(|| {
            format!("{name} is not built: run `cargo build --workspace --all-targets` before the tests")
        })?;
        if let Some(source) = newer {
            bail!(
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
    let began = run_began()?;
    let is_newer = |source: &PathBuf| {
        // One that is gone belongs to an older build of it; cargo would have built it again if that mattered.
        let changed = source.metadata().and_then(|metadata| metadata.modified());
        changed.is_ok_and(|changed| changed > built && changed < began)
    };
    Ok(sources.split_ascii_whitespace().map(PathBuf::from).find(is_newer))
}

/// When whatever runs the tests was started: the parent of this process.
fn run_began() -> Result<SystemTime> {
    let runner = Identity::of(parent_id()).context("whatever runs this test is gone")?;
    let stat = std::fs::read_to_string("/proc/stat").context("the kernel does not say when it booted")?;
    let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
    let boot = Duration::from_secs(boot.context("the kernel does not say when it booted")?);
    // The kernel counts a process's start in hundredths of a second on every Linux.
    Ok(SystemTime::UNIX_EPOCH + boot + Duration::from_millis(runner.started * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_began_before_now_and_after_the_machine() {
        let began = run_began().expect("a parent");
        assert!(began > SystemTime::UNIX_EPOCH && began.elapsed().is_ok(), "{began:?}");
    }

    #[test]
    fn a_source_changed_between_build_and_run_is_reported() {
        let folder = std::env::temp_dir().join(format!("jangbu-binaries-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (binary, source) = (folder.join("bank"), folder.join("bank.rs"));
        std::fs::write(&binary, "").expect("written");
        std::fs::write(&source, "").expect("written");
        std::fs::write(folder.join("bank.d"), format!("{}: {}\n", binary.display(), source.display()))
            .expect("written");
        let set = |file: &Path, seconds: u64| {
            let time = run_began().expect("a parent") - Duration::from_secs(seconds);
            std::fs::File::options().write(true).open(file).expect("there").set_modified(time).expect("set");
        };
        set(&binary, 50);
        set(&source, 100);
        assert_eq!(newer_source(&binary).expect("looks"), None);
        set(&source, 10);
        assert_eq!(newer_source(&binary).expect("looks"), Some(source));
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
