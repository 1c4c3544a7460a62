//! The numbers of DESIGN 16: Jangbu against pgbench TPC-B on the same Postgres server, in the same run.
//!
//! Only ratios mean anything: both sides share the machine, the server, its settings and the noise of the hour.

mod audit;
mod connection;
mod cpu;
mod environment;
mod fairness;
mod figure;
mod figures;
pub mod fill;
mod growth;
mod hardware;
mod level;
pub mod load;
mod log_in_results;
mod log_size;
mod logins;
mod many_accounts;
mod memory;
mod movements;
mod people;
mod pgbench;
mod plan;
mod readers;
mod rebuild;
mod results;
mod run;
mod scenario;
mod servers;
mod table;
mod umadb;
mod umadb_run;
mod wal;

pub use audit::{Audit, audit};
pub use cpu::CpuUse;
pub use fairness::{Company, FairnessPlan, FairnessResults, FairnessRun, fairness};
pub use figure::Figure;
pub use figures::figures;
pub use growth::{ColdLoads, GrowthPlan, GrowthResults, OneByOne, SizeFound, Skip, Verified, growth};
pub use hardware::Hardware;
pub use log_in_results::{Flood, LogInResults, LogInRun};
pub use logins::{LogInPlan, logins};
pub use many_accounts::{ManyAccountsPlan, ManyAccountsResults, ProcessMemory, many_accounts};
pub use movements::{Movement, MovementsPlan, MovementsResults, MovementsRun, movements};
pub use pgbench::{Pgbench, PgbenchRun};
pub use plan::BenchPlan;
pub use readers::{ReadersBench, ReadersFound, Step, print_readers, readers};
pub use rebuild::{RebuildRun, Rebuilds, print_rebuilds, rebuild};
pub use results::{LoadRun, Memory, Results};
pub use run::{Path, run, run_one};
pub use servers::{ServersPlan, ServersResults, ServersRun, servers};
pub use table::print;
pub use umadb::{UmaDbResults, umadb};
pub use umadb_run::{UmaDbLoad, UmaDbRun};
