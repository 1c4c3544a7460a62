//! Where the processor time went.

use std::{collections::BTreeMap, fs};

use serde::Serialize;

use testkit::kit::Identity;

/// Ticks of processor time a second, in the files of the kernel (`USER_HZ`, the same on every Linux).
const TICKS: f64 = 100.0;

/// The processes that are watched: names, and whether their children count with them.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(pub(super) Vec<(String, Identity, bool)>);

/// Processor time used so far.
#[derive(Clone, Debug)]
pub(super) struct CpuClock {
    by_name: BTreeMap<String, u64>,
    machine: Machine,
}

/// What a load cost.
#[derive(Clone, Debug, Serialize)]
pub struct CpuUse {
    /// Seconds of processor time, by process.
    pub seconds: BTreeMap<String, f64>,
    /// The share of the whole machine that processes took which are no part of the benchmark, and the kernel for itself: noise.
    pub foreign: f64,
    /// The share of the whole machine that its host gave to somebody else.
    #[serde(default)]
    pub stolen: f64,
}

impl CpuClock {
    /// Reads the clocks now.
    pub(super) fn read(watched: &Watched) -> Self {
        let processes = processes();
        let mut by_name = BTreeMap::new();
        for (name, identity, with_children) in &watched.0 {
            let of = |process: &Process| match process.pid == identity.pid {
                true => process.ticks + if *with_children { process.ended_children } else { 0 },
                false if *with_children && process.parent == identity.pid => process.ticks,
                false => 0,
            };
            let ticks: u64 = processes.iter().map(of).sum();
            *by_name.entry(name.clone()).or_default() += ticks;
        }
        Self { by_name, machine: Machine::read() }
    }

    /// What was used from then until now.
    pub(super) fn until(&self, now: &Self) -> CpuUse {
        let used = |name: &String, ticks: &u64| ticks.saturating_sub(self.by_name.get(name).copied().unwrap_or(0));
        let ticks: BTreeMap<String, u64> = now.by_name.iter().map(|(name, t)| (name.clone(), used(name, t))).collect();
        let Machine { busy, stolen, all } = now.machine.since(&self.machine);
        let foreign = busy.saturating_sub(ticks.values().sum());
        let share = |ticks: u64| ticks as f64 / all.max(1) as f64;
        CpuUse {
            seconds: ticks.into_iter().map(|(name, ticks)| (name, ticks as f64 / TICKS)).collect(),
            foreign: share(foreign),
            stolen: share(stolen),
        }
    }
}

impl CpuUse {
    /// How quiet the machine was.
    pub fn noise(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        format!("strangers took {} of the machine, its host {}", percent(self.foreign), percent(self.stolen))
    }

    /// Microseconds for each of so many transfers, by process.
    pub fn per_transfer(&self, transfers: u64) -> impl Iterator<Item = (&str, f64)> {
        let each = 1e6 / transfers.max(1) as f64;
        self.seconds.iter().map(move |(name, seconds)| (name.as_str(), seconds * each))
    }
}

struct Process {
    pid: u32,
    parent: u32,
    ticks: u64,
    /// Of the children that ended so far: the workers of Postgres that clean tables live for seconds.
    ended_children: u64,
}

/// Every process there is; one that ends while it is looked at is left out.
fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// Reads `/proc/<pid>/stat`: what follows the last parenthesis is regular (proc(5)).
fn parse(pid: u32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Process {
        pid,
        parent: u32::try_from(number(1)?).ok()?,
        ticks: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
    })
}

/// Ticks of the whole machine.
#[derive(Clone, Copy, Debug)]
struct Machine {
    busy: u64,
    stolen: u64,
    all: u64,
}

impl Machine {
    /// Reads the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
    fn read() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self::parse(stat.lines().next().unwrap_or_default())
    }

    fn parse(line: &str) -> Self {
        let ticks: Vec<u64> = line.split_ascii_whitespace().skip(1).take(8).filter_map(|t| t.parse().ok()).collect();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        let stolen = ticks.get(7).copied().unwrap_or(0);
        let all: u64 = ticks.iter().sum();
        Self { busy: all - idle - stolen, stolen, all }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            busy: self.busy.saturating_sub(before.busy),
            stolen: self.stolen.saturating_sub(before.stolen),
            all: self.all.saturating_sub(before.all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_name_of_the_process() {
        let line = "42 (odd) name) S 7 42 42 0 -1 4194304 97 0 0 0 120 30 5 6 20 0 1 0 167630";
        let process = parse(42, line).expect("a process");
        assert_eq!((process.pid, process.parent, process.ticks, process.ended_children), (42, 7, 150, 11));
    }

    #[test]
    fn what_the_host_gave_to_others_is_not_busy() {
        let Machine { busy, stolen, all } = Machine::parse("cpu  100 1 20 300 40 2 3 50 7 7");
        assert_eq!((busy, stolen, all), (126, 50, 516));
    }

    #[test]
    fn what_this_process_burns_is_its_own_and_not_noise() {
        let own = Identity::of(std::process::id()).expect("it runs");
        let watched = Watched(vec![("own".to_owned(), own, false)]);
        let before = CpuClock::read(&watched);
        let since = std::time::Instant::now();
        while since.elapsed() < std::time::Duration::from_millis(200) {
            std::hint::spin_loop();
        }
        let used = before.until(&CpuClock::read(&watched));
        let (_, micros) = used.per_transfer(1).next().expect("watched");
        assert!(micros > 0.0, "{used:?}");
        assert!((0.0..=1.0).contains(&used.foreign), "{used:?}");
    }
}
