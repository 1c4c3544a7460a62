//! The outages of all rounds, as a table.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{fault::Fault, history::Outage};

#[derive(Debug, Default)]
pub struct Outages(BTreeMap<Fault, Vec<Outage>>);

impl Outages {
    pub fn note(&mut self, fault: Fault, outage: Outage) {
        self.0.entry(fault).or_default().push(outage);
    }
}

fn median_and_longest(outages: &[Outage], of: impl Fn(&Outage) -> Duration) -> String {
    let mut times: Vec<u128> = outages.iter().map(|outage| of(outage).as_millis()).collect();
    times.sort_unstable();
    format!("{} / {}", times[times.len() / 2], times[times.len() - 1])
}

impl fmt::Display for Outages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "milliseconds, median / longest   rounds   to the first answer   after the end   without any answer"
        )?;
        for (fault, outages) in &self.0 {
            let first = median_and_longest(outages, |outage| outage.first);
            let after_end = median_and_longest(outages, |outage| outage.after_end);
            let gap = median_and_longest(outages, |outage| outage.longest);
            writeln!(f, "{fault:<32} {:>6} {first:>21} {after_end:>15} {gap:>20}", outages.len())?;
        }
        Ok(())
    }
}
