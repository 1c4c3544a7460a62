//! The results as a person reads them.

use std::io::{self, Write};

use super::{
    Results,
    figure::{Figure, Target},
};

/// Prints hardware, runs, figures, and what is left out.
pub fn print(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    hardware(results, out)?;
    pgbench(results, out)?;
    if let Some(umadb) = &results.umadb {
        umadb.print(out)?;
    }
    loads(results, out)?;
    profile(results, out)?;
    beside(results, out)?;
    writeln!(out, "\nFigures of DESIGN 16 (one run, one machine, the load generator on it, fsync on)")?;
    writeln!(out, "  {:<48} {:>12} {:>8} {:>10}  ", "figure", "raw", "ratio", "at least")?;
    for figure in &results.figures {
        line(figure, out)?;
    }
    left_out(results, out)
}

fn hardware(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    let machine = &results.hardware;
    writeln!(
        out,
        "Jangbu {} on {}, {} cores, {:.1} GiB, kernel {}, {:.0} fdatasync/s; {}",
        results.revision,
        machine.cpu,
        machine.cores,
        machine.memory_mib as f64 / 1024.0,
        machine.kernel,
        machine.syncs_per_second,
        results.postgres
    )
}

fn pgbench(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\npgbench TPC-B, prepared, same server")?;
    for run in &results.pgbench {
        let (when, clients) = (run.when, run.clients);
        writeln!(out, "  {when:<7} {clients:>4} clients {:>9.0} tps  average {:>8.3} ms", run.tps, run.average_ms)?;
    }
    Ok(())
}

fn loads(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n  {:<11} {:<14} {:>5} {:<8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6}",
        "bank", "servers", "conns", "accounts", "per s", "p50 ms", "p99 ms", "max ms", "level ms", "gen %"
    )?;
    for run in &results.loads {
        let (report, latency) = (&run.report, run.report.latency);
        let level = run.level_after.map_or_else(|| "-".to_owned(), |time| time.as_millis().to_string());
        writeln!(
            out,
            "  {:<11} {:<14} {:>5} {:<8} {:>8.0} {:>8.2} {:>8.2} {:>8.1} {level:>9} {:>6.0}",
            run.bank,
            run.servers,
            run.connections,
            run.workload,
            report.per_second,
            latency.p50_ms,
            latency.p99_ms,
            latency.max_ms,
            report.generator_cpu * 100.0
        )?;
        if !report.is_clean() {
            let (statuses, unanswered) = (&report.statuses, report.unanswered);
            writeln!(out, "    not all 201: {statuses:?}, {unanswered} unanswered; {:?}", report.unexpected)?;
        }
    }
    Ok(())
}

/// Where the processor time went: what is over budget shows here.
fn profile(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n  processor time for each transfer, microseconds (two cores: 200 at 10,000 transfers/s)")?;
    for run in results.loads.iter().filter(|run| run.connections == 256) {
        let parts: Vec<_> = run
            .cpu
            .per_transfer(run.report.posted())
            .filter(|(_, micros)| *micros >= 0.5)
            .map(|(name, micros)| format!("{name} {micros:.0}"))
            .collect();
        writeln!(
            out,
            "  {:<11} {:<14} {:<8} {}; {}",
            run.bank,
            run.servers,
            run.workload,
            parts.join(", "),
            run.cpu.noise()
        )?;
    }
    Ok(())
}

fn beside(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    if let Some(run) = &results.freshness {
        let (load, visible) = (run.load.latency, run.freshness.visible);
        writeln!(
            out,
            "\n  at half rate ({:.0}/s, open loop, from when each was due): answered p50 {:.2} p99 {:.2} ms; \
             visible p50 {:.2} p99 {:.2} max {:.1} ms of {} samples, {} wrong {:?}",
            run.rate,
            load.p50_ms,
            load.p99_ms,
            visible.p50_ms,
            visible.p99_ms,
            visible.max_ms,
            visible.count,
            run.freshness.wrong,
            run.freshness.notes
        )?;
    }
    for memory in &results.memory {
        let mib = memory.peak_bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "  peak memory, {}: {} {mib:.0} MiB, {} events",
            memory.bank, memory.process, memory.after_events
        )?;
    }
    for (bank, audit) in &results.audits {
        writeln!(
            out,
            "  audit, {bank}: {} events, {} commits gapless; {} streams contiguous; {} transfers, each answered 201 once; \
             sums 0; {} balances as answered",
            audit.events, audit.commits, audit.streams, audit.transfers, audit.accounts
        )?;
    }
    for (bank, said) in &results.verified {
        writeln!(out, "  jangbu log verify, {bank}: {said}")?;
    }
    Ok(())
}

fn line(figure: &Figure, out: &mut dyn Write) -> io::Result<()> {
    let ratio = if figure.ratio { format!("{:.2}", figure.value) } else { String::new() };
    let target = match figure.target {
        Target::AtLeast(bound) => format!("{bound} x"),
        Target::AtMost(bound) => format!("<= {bound}"),
    };
    let verdict = if figure.met {
        "met".to_owned()
    } else {
        format!("MISSED ({:+.0} %)", figure.target.margin_percent(figure.value))
    };
    let note = if figure.note.is_empty() { String::new() } else { format!("; {}", figure.note) };
    writeln!(out, "  {:<48} {:>12} {ratio:>8} {target:>10}  {verdict}{note}", figure.name, figure.raw)
}

fn left_out(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nLeft out: TLS, a network between client and server, and a second machine; retries and refused transfers (every \
         account is rich); rebuild of views (`bench rebuild`); memory after 10 M events (above: after as many as this run made); replication."
    )?;
    if results.quick {
        writeln!(out, "A quick run: short loads, fewer clients of pgbench. For the record, run it without --quick.")?;
    }
    Ok(())
}
