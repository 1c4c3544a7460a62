//! The figures of DESIGN 16: each with what it is measured against and the least that is asked of it.

use std::time::Duration;

use super::{
    figure::{Figure, Target},
    results::{PIPELINE, Results, WRITE_PATH},
};

/// How soon after the end of a load the views must be level for the load's rate to count.
const LEVEL_WITHIN: Duration = Duration::from_secs(1);

/// The figures that these results hold. What was not measured is not there.
pub fn figures(results: &Results) -> Vec<Figure> {
    let mut all = Vec::new();
    all.extend(pipeline_rate(results));
    all.extend(write_rate(results));
    all.extend(one_hot(results));
    all.extend(two_servers(results));
    all.extend(single_client(results, WRITE_PATH, 1.0));
    all.extend(single_client(results, PIPELINE, 0.9));
    all.extend(freshness(results));
    all.extend(log_bytes(results));
    all.extend(memory(results));
    all
}

fn figure(name: &str, raw: String, value: f64, ratio: bool, target: Target) -> Figure {
    Figure { name: name.to_owned(), raw, value, ratio, target, met: target.met_by(value), note: String::new() }
}

fn pipeline_rate(results: &Results) -> Option<Figure> {
    let run = results.load(PIPELINE, 256, "uniform")?;
    let (rate, yardstick) = (run.report.per_second, results.best_pgbench()?.tps);
    let raw = format!("{rate:.0}/s");
    let mut figure = figure("transfers, whole pipeline / pgbench", raw, rate / yardstick, true, Target::AtLeast(3.0));
    let level = run.level_after?;
    figure.met &= level <= LEVEL_WITHIN;
    figure.note = format!("views level {} ms after the end (1,000 asked)", level.as_millis());
    Some(figure)
}

fn write_rate(results: &Results) -> Option<Figure> {
    let rate = results.load(WRITE_PATH, 256, "uniform")?.report.per_second;
    let ratio = rate / results.best_pgbench()?.tps;
    Some(figure("transfers, write path alone / pgbench", format!("{rate:.0}/s"), ratio, true, Target::AtLeast(5.0)))
}

fn one_hot(results: &Results) -> Option<Figure> {
    let hot = results.load(WRITE_PATH, 256, "one hot")?.report.per_second;
    let ratio = hot / results.load(WRITE_PATH, 256, "uniform")?.report.per_second;
    Some(figure("one hot account / uniform", format!("{hot:.0}/s"), ratio, true, Target::AtLeast(1.0)))
}

fn two_servers(results: &Results) -> Option<Figure> {
    let of_two = results.loads.iter().filter(|run| run.bank == WRITE_PATH && run.servers != "1");
    let best = of_two.map(|run| run.report.per_second).max_by(f64::total_cmp)?;
    let ratio = best / results.load(WRITE_PATH, 256, "uniform")?.report.per_second;
    Some(figure("two command servers / one, write path", format!("{best:.0}/s"), ratio, true, Target::AtLeast(1.0)))
}

fn single_client(results: &Results, bank: &str, most: f64) -> Option<Figure> {
    let p50 = results.load(bank, 1, "uniform")?.report.latency.p50_ms;
    let ratio = p50 / results.single_pgbench()?.average_ms;
    let name = format!("one client, p50, {bank} / pgbench average");
    Some(figure(&name, format!("{p50:.2} ms"), ratio, true, Target::AtMost(most)))
}

fn freshness(results: &Results) -> Option<Figure> {
    let run = results.freshness.as_ref()?;
    let visible = run.freshness.visible;
    let raw = format!("{:.1} ms", visible.p99_ms);
    let mut figure = figure("commit to visible, p99, at half rate", raw, visible.p99_ms, false, Target::AtMost(100.0));
    figure.met &= run.freshness.wrong == 0;
    figure.note = format!("p50 {:.1} ms at {:.0}/s, {} wrong", visible.p50_ms, run.rate, run.freshness.wrong);
    Some(figure)
}

fn log_bytes(results: &Results) -> Option<Figure> {
    let bytes = results.log_bytes_per_transfer?;
    Some(figure("log bytes per transfer", format!("{bytes:.0} B"), bytes, false, Target::AtMost(900.0)))
}

fn memory(results: &Results) -> Option<Figure> {
    let most = results.memory.iter().max_by_key(|m| m.peak_bytes)?;
    let mib = most.peak_bytes as f64 / f64::from(1 << 20);
    let raw = format!("{mib:.0} MiB");
    let mut figure = figure("memory of the largest process", raw, mib, false, Target::AtMost(256.0));
    figure.note = format!("{}, after {:.1} M events, not the 10 M asked", most.process, most.after_events as f64 / 1e6);
    Some(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_met_from_their_own_side() {
        assert!(Target::AtLeast(3.0).met_by(3.0) && !Target::AtLeast(3.0).met_by(2.99));
        assert!(Target::AtMost(250.0).met_by(250.0) && !Target::AtMost(250.0).met_by(251.0));
        assert!(Target::AtLeast(4.0).margin_percent(3.0) < 0.0 && Target::AtMost(4.0).margin_percent(3.0) > 0.0);
    }
}
