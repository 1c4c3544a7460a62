//! `bench growth`: whether the log gets slower as it grows. One log is filled to one size after the other, and at each the same is measured.

mod measures;
mod plan;
mod plot;
mod programs;
mod results;
mod setup;
mod table;

use std::path::Path;

use anyhow::{Result, ensure};

pub use self::{
    plan::{GrowthPlan, Skip},
    results::{ColdLoads, GrowthResults, OneByOne, SizeFound, Verified},
};
use self::{results::Keeper, setup::GrowthBench};
use super::{
    fill::{disk_space, require_space},
    progress::say,
};

/// Fills and measures. What is found is written into the folder after each step.
pub async fn growth(plan: &GrowthPlan, folder: &Path) -> Result<GrowthResults> {
    let largest = plan.sizes.last().copied().unwrap_or_default();
    ensure!(largest > 0, "no size is given");
    // The views of one size are gone when the log grows to the next.
    let needed = |size| disk_space(size, GrowthPlan::accounts(size), plan.has(Skip::Rebuild, size));
    require_space(Path::new("/var/tmp"), plan.sizes.iter().copied().map(needed).max().unwrap_or_default())?;
    let mut bench = GrowthBench::open(plan).await?;
    let mut keeper = Keeper::new(bench.about().await?, folder);
    bench.begin().await?;
    for size in plan.sizes.iter().copied() {
        say(&format!("growth: filling the log to {size} events"));
        let found = bench.grow(size).await?;
        keeper.results.sizes.push(found);
        keeper.write()?;
        bench.measure_rates(&mut keeper).await?;
        bench.measure_single(&mut keeper, size).await?;
        bench.measure_programs(&mut keeper, size).await?;
    }
    bench.close().await?;
    Ok(keeper.results)
}
