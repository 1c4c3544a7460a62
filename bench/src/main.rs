//! `bench`: Jangbu against pgbench, in one run. `just bench` builds and starts it.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result};
use bench::{
    BenchPlan, ConsolePlan, FairnessPlan, GrowthPlan, LogInPlan, ManyAccountsPlan, MovementsPlan, Path as Way,
    PayoutsPlan, ReadersBench, ServersPlan, Skip, StreamsPlan, TracesPlan, console, fairness, growth, logins,
    many_accounts, movements, payouts, print, print_readers, print_rebuilds, readers, rebuild, run, run_one, servers,
    streams, traces, umadb,
};
use clap::Parser;

/// Measures Jangbu against pgbench TPC-B on a Postgres and a NATS server of its own, and prints the figures of DESIGN 16.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The short run: about three minutes instead of ten
    #[arg(long, global = true)]
    quick: bool,
    /// Keep the raw results under docs/benchmarks/results/, not only under target/bench/
    #[arg(long, global = true)]
    keep: bool,
    /// Exit with 1 if a figure is missed
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    only: Option<Only>,
}

/// One part of it.
#[derive(clap::Subcommand)]
enum Only {
    /// One load alone, without pgbench: to profile it
    Load {
        /// What is measured
        path: Way,
        /// Connections
        #[arg(long, default_value_t = 256)]
        connections: usize,
        /// Seconds that are measured
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// How fast views are rebuilt from log and archive, beside COPY of the log out and of a table in
    Rebuild {
        /// The events of the log; two million if not given, one with `--quick`
        #[arg(long)]
        events: Option<i64>,
    },
    /// What clients notice while every view is rebuilt, promoted, rolled back and promoted again under half the load
    Readers {
        /// How many clients read
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// Reads and payments a second of all of them together
        #[arg(long, default_value_t = 400.0)]
        reads: f64,
        /// Transfers a second beside them; half of what a closed loop reaches if not given
        #[arg(long)]
        rate: Option<f64>,
        /// Transfers in the log before the first rebuild, at least
        #[arg(long, default_value_t = 50_000)]
        history: u64,
    },
    /// What a flood of log-ins does to transfers at half of the highest rate
    Logins {
        /// Transfers a second, instead of half of the highest rate
        #[arg(long)]
        rate: Option<f64>,
        /// Log-ins a second
        #[arg(long, default_value_t = 500.0)]
        flood: f64,
    },
    /// What one member with thousands of requests in flight does to the transfers of others
    Fairness {
        /// Transfers a second of the others together
        #[arg(long, default_value_t = 200.0)]
        rate: f64,
        /// Requests that the member has in flight
        #[arg(long, default_value_t = 4000)]
        in_flight: usize,
    },
    /// What clients that listen to the live stream, and a webhook beside them, do to transfers at half of the highest rate
    Streams {
        /// How many clients listen
        #[arg(long, default_value_t = 5000)]
        streams: usize,
        /// Holds a second; beside the streams, a webhook is told of each
        #[arg(long, default_value_t = 200.0)]
        webhooks: f64,
        /// Transfers a second, instead of half of the highest rate
        #[arg(long)]
        rate: Option<f64>,
    },
    /// A payout run of 200,000 rows, and what a run does to transfers at half of the highest rate
    Payouts {
        /// Rows of the run that is timed; 200,000 if not given, 20,000 with `--quick`
        #[arg(long)]
        rows: Option<usize>,
    },
    /// Holds, charges, compound transfers, and transfers under limits, beside plain transfers
    Movements,
    /// The console's pages with 100,000 accounts and a million transfers behind them, their size, and what operators who look cost transfers
    Console {
        /// Operators with live pages
        #[arg(long, default_value_t = 50)]
        operators: usize,
    },
    /// What it costs transfers that requests are traced: none, one in a hundred, all
    Traces,
    /// Two command servers against one: uniform, and with one hot account
    Servers,
    /// Whether the log gets slower as it grows: fills it to one size after the other and measures the same at each
    Growth {
        /// Millions of events; 1,10,100 if not given, 0.2,2 with `--quick`. A hundred million take about 62 GiB of /var/tmp, 40 without the rebuild
        #[arg(long, value_delimiter = ',')]
        sizes: Vec<f64>,
        /// What is left out
        #[arg(long, value_enum, value_delimiter = ',')]
        skip: Vec<Skip>,
        /// Leave it out from this size on, in millions of events; at every size if not given
        #[arg(long, default_value_t = 0.0)]
        skip_from: f64,
        /// Minutes that a rebuild, and a verification may take
        #[arg(long, default_value_t = 30)]
        minutes: u64,
    },
    /// What the processes need where most accounts are not in memory
    Memory {
        /// Accounts; ten million if not given, 200,000 with `--quick`. Ten million take about 28 GiB of /var/tmp
        #[arg(long)]
        accounts: Option<i64>,
        /// Streams that the command server keeps in memory
        #[arg(long, default_value_t = 200_000)]
        cached: usize,
        /// Seconds of load; 120 if not given, 10 with `--quick`
        #[arg(long)]
        seconds: Option<u64>,
        /// Relay, projector, query server and auditor too: they follow the whole log first, which takes long
        #[arg(long)]
        all_processes: bool,
    },
    /// UmaDB, an event store: conditional appends of three events by 1, 32 and 256 clients, beside pgbench
    Umadb,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let plan = if arguments.quick { BenchPlan::quick() } else { BenchPlan::full() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join(if arguments.keep { "docs/benchmarks/results" } else { "target/bench" });
    let (file, met) = match arguments.only {
        Some(Only::Rebuild { events }) => {
            let events = events.unwrap_or(if arguments.quick { 1_000_000 } else { 2_000_000 });
            let results = rebuild(events, arguments.quick).await?;
            print_rebuilds(&results, &mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Readers { clients, reads, rate, history }) => {
            let found = readers(ReadersBench { clients, reads_per_second: reads, rate, history }).await?;
            print_readers(&found, &mut io::stdout().lock()).context("printing")?;
            (found.write(&folder)?, found.met())
        }
        Some(Only::Logins { rate, flood }) => {
            let results = logins(&LogInPlan::new(arguments.quick, rate, flood)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Fairness { rate, in_flight }) => {
            let results = fairness(&FairnessPlan::new(arguments.quick, rate, in_flight)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Streams { streams: count, webhooks, rate }) => {
            measure_streams(&StreamsPlan::new(arguments.quick, count, webhooks, rate), &folder).await?
        }
        Some(Only::Payouts { rows }) => measure_payouts(PayoutsPlan::new(arguments.quick, rows), &folder).await?,
        Some(Only::Console { operators }) => {
            measure_console(ConsolePlan::new(arguments.quick, operators), &folder).await?
        }
        Some(Only::Traces) => measure_traces(&TracesPlan::new(arguments.quick), &folder).await?,
        Some(Only::Servers) => {
            let results = servers(&ServersPlan::new(arguments.quick)).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Movements) => measure_movements(&MovementsPlan::new(arguments.quick), &folder).await?,
        Some(Only::Growth { sizes, skip, skip_from, minutes }) => {
            let usual: &[f64] = if arguments.quick { &[0.2, 2.0] } else { &[1.0, 10.0, 100.0] };
            let sizes = if sizes.is_empty() { usual } else { &sizes };
            let plan = GrowthPlan::new(arguments.quick, sizes, (skip, skip_from), Duration::from_secs(60 * minutes));
            measure_growth(&plan, &folder, arguments.keep.then(|| root.join("docs/benchmarks"))).await?
        }
        Some(Only::Memory { accounts, cached, seconds, all_processes }) => {
            let accounts = accounts.unwrap_or(if arguments.quick { 200_000 } else { 10_000_000 });
            let measure = Duration::from_secs(seconds.unwrap_or(if arguments.quick { 10 } else { 120 }));
            let plan = ManyAccountsPlan { accounts, cached, measure, all_processes };
            let results = many_accounts(&plan).await?;
            results.print(&mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.met())
        }
        Some(Only::Umadb) => measure_umadb(arguments.quick, &folder).await?,
        Some(Only::Load { path, connections, seconds }) => {
            run_one(&plan, path, connections, Duration::from_secs(seconds)).await?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {
            let results = run(&plan).await?;
            print(&results, &mut io::stdout().lock()).context("printing")?;
            (results.write(&folder)?, results.figures.iter().all(|figure| figure.met))
        }
    };
    eprintln!("bench: raw results in {}", file.canonicalize().unwrap_or(file).display());
    Ok(if arguments.strict && !met { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The file of the results; there is no figure to reach.
async fn measure_umadb(quick: bool, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = umadb(quick).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, true))
}

/// The file of the results, and whether the figure was reached.
async fn measure_payouts(plan: PayoutsPlan, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = payouts(&plan).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, results.met()))
}

async fn measure_movements(plan: &MovementsPlan, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = movements(plan).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, results.met()))
}

async fn measure_console(plan: ConsolePlan, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = console(plan).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, results.met()))
}

async fn measure_traces(plan: &TracesPlan, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = traces(plan).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, results.met()))
}

async fn measure_streams(plan: &StreamsPlan, folder: &Path) -> Result<(PathBuf, bool)> {
    let results = streams(plan).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    Ok((results.write(folder)?, results.met()))
}

/// The file of the results, and whether the figure was reached. The plot stands beside the results, or in a folder of its own.
async fn measure_growth(plan: &GrowthPlan, folder: &Path, plots: Option<PathBuf>) -> Result<(PathBuf, bool)> {
    let results = growth(plan, folder).await?;
    results.print(&mut io::stdout().lock()).context("printing")?;
    eprintln!("bench: plotted in {}", results.plot(plots.as_deref().unwrap_or(folder))?.display());
    Ok((results.write(folder)?, results.met()))
}
