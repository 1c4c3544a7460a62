//! What the numbers were measured on.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::Serialize;

/// The machine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hardware {
    /// The processor's name.
    pub cpu: String,
    /// How many cores.
    pub cores: usize,
    /// How much memory.
    pub memory_mib: u64,
    /// The kernel.
    pub kernel: String,
    /// Writes of 8 KiB, each followed by fdatasync, a second: what the disk under the data makes of a commit.
    pub syncs_per_second: f64,
}

impl Hardware {
    /// Looks at the machine; `dir` is a folder on the disk that will hold the data.
    pub fn look(dir: &Path) -> Result<Self> {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kernel = Command::new("uname").arg("-r").output().map(|output| output.stdout).unwrap_or_default();
        Ok(Self {
            cpu: value(&cpu_info, "model name").unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            memory_mib: value(&memory, "MemTotal").and_then(kib).unwrap_or(0) / 1024,
            kernel: String::from_utf8_lossy(&kernel).trim().to_owned(),
            syncs_per_second: syncs(dir).context("measuring the disk")?,
        })
    }
}

/// The value of `name : value` in one of the kernel's files.
pub(crate) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == name)).map(|(_, v)| v.trim())
}

/// The number of `12345 kB`.
pub(crate) fn kib(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

fn syncs(dir: &Path) -> std::io::Result<f64> {
    let path = dir.join("sync-test");
    let mut file = fs::File::create(&path)?;
    let (block, begin, mut count) = ([7_u8; 8192], Instant::now(), 0_u32);
    while begin.elapsed() < Duration::from_secs(1) {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&block)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\nMemTotal:       16393932 kB\n";
        assert_eq!(value(text, "model name"), Some("Some CPU @ 2GHz"));
        assert_eq!(value(text, "MemTotal").and_then(kib), Some(16_393_932));
        assert_eq!(value(text, "name"), None);
    }
}
