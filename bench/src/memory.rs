//! What processes took.

use testkit::kit::Identity;

use super::hardware::{kib, value};

/// The most memory a process has ever held, in bytes.
pub(super) fn peak(process: Identity) -> Option<u64> {
    status(process, "VmHWM")
}

/// The memory that a process holds now, in bytes.
pub(super) fn resident(process: Identity) -> Option<u64> {
    status(process, "VmRSS")
}

fn status(process: Identity, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid)).ok()?;
    value(&status, name).and_then(kib).map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_a_peak() {
        let own = Identity::of(std::process::id()).expect("it runs");
        let (now, peak) = (resident(own).expect("memory"), peak(own).expect("a peak"));
        // The kernel counts both by the page, and not to the page.
        assert!(100_000 < now && now <= peak + peak / 8, "{now} {peak}");
    }
}
