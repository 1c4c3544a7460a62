//! Room on the disks that hold data, as far as they are known and on this machine.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::config::Config;

/// Below these shares of free space, in percent, and below this many bytes.
const WARN_PERCENT: u64 = 15;
const FAIL_PERCENT: u64 = 5;
const FAIL_BYTES: u64 = 1 << 30;

/// Looks at the folders of the databases and of NATS.
pub async fn look([log, views, vault]: [&Option<String>; 3], config: &Config) -> Vec<Finding> {
    let nats = config.nats_dir.as_ref().filter(|folder| !folder.as_os_str().is_empty());
    let path = |folder: &Option<String>| folder.as_ref().map(PathBuf::from);
    let disks = [
        ("log database", path(log)),
        ("views database", path(views)),
        ("vault database", path(vault)),
        ("NATS", nats.cloned()),
    ];
    let mut findings = Vec::new();
    for (what, folder) in disks {
        findings.push(match &folder {
            Some(folder) => match room(folder).await {
                Some(room) => judged(what, folder, room),
                None => unknown(what, format!("`df` says nothing about {}", folder.display())),
            },
            None => unknown(what, "its folder is not known here, or not on this machine".to_owned()),
        });
    }
    findings
}

fn unknown(what: &str, found: String) -> Finding {
    let to_do = match what {
        "NATS" => "set JANGBU_NATS_DIR where NATS runs, or watch its disk otherwise",
        _ => "run it where the server is, as a role with pg_read_all_settings, or watch its disk otherwise",
    };
    Finding::unknown(format!("disk of the {what}"), found, to_do)
}

/// Free and whole size of a file system, in bytes.
type Room = (u64, u64);

/// Asks `df`: the one way to know that needs no unsafe code. None if it gives no answer.
async fn room(folder: &Path) -> Option<Room> {
    let output = tokio::process::Command::new("df").arg("-Pk").arg(folder).output().await.ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(df: &str) -> Option<Room> {
    let mut fields = df.lines().nth(1)?.split_whitespace();
    let whole: u64 = fields.nth(1)?.parse().ok()?;
    let free: u64 = fields.nth(1)?.parse().ok()?;
    Some((free * 1024, whole * 1024))
}

fn judged(what: &str, folder: &Path, (free, whole): Room) -> Finding {
    let percent = free * 100 / whole.max(1);
    let gib = free as f64 / f64::from(1 << 30);
    let found = format!("{gib:.1} GiB ({percent} %) free at {}", folder.display());
    let what = format!("disk of the {what}");
    let to_do = "make room: a full disk stops the bank";
    if percent < FAIL_PERCENT || free < FAIL_BYTES {
        return Finding::fail(what, found, to_do);
    }
    if percent < WARN_PERCENT { Finding::warn(what, found, to_do) } else { Finding::ok(what, found) }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn df_is_read() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 400 600 40% /\n";
        assert_eq!(parse(df), Some((600 * 1024, 1000 * 1024)));
        assert_eq!(parse("df: nothing there"), None);
    }

    #[test]
    fn little_space_is_reported_before_there_is_none() {
        let verdict = |free: u64| judged("x", Path::new("/"), (free << 30, 100 << 30)).verdict;
        assert_eq!(
            (verdict(50), verdict(10), verdict(4), verdict(0)),
            (Verdict::Ok, Verdict::Warn, Verdict::Fail, Verdict::Fail)
        );
    }
}
