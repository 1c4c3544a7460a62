//! What operators who look cost those who pay: pairs of short windows, with live pages open and without.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use tokio::time::sleep;

use super::setup::ConsoleBench;
use crate::{
    load::{Streams, Workload},
    progress::say,
};

/// The live parts that each operator has open, beside the account that they look at.
const PARTS: [&str; 2] = ["/live/overview", "/live/views"];
/// Sent, but not measured, in each window.
const WARM_UP: Duration = Duration::from_millis(500);
/// Between two windows: what the one before left ends.
const PAUSE: Duration = Duration::from_millis(500);

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LiveFound {
    /// Operators.
    pub operators: usize,
    /// Live parts that were open, all together.
    pub streams: usize,
    /// Plain transfers a second of a closed loop: while nobody looks, and while all do, one right after the other.
    pub pairs: Vec<[f64; 2]>,
    /// Parts that were sent.
    pub parts: u64,
    /// Live parts that ended, or never began.
    pub ended: u64,
    /// The share of one core that reading them took, in each window.
    pub reader_cpu: Vec<f64>,
}

/// Measures so many pairs.
pub(super) async fn live(bench: &mut ConsoleBench) -> Result<LiveFound> {
    let (count, slice) = (bench.plan.pairs, bench.plan.slice);
    let mut found = LiveFound { operators: bench.plan.operators, ..LiveFound::default() };
    let open = pages(bench).await?;
    found.streams = open.len();
    for number in 0..count {
        // Each is first in its turn: what was before it may go on for a while.
        let looks_first = number % 2 == 1;
        let (mut without, mut with) = (0.0, 0.0);
        for looks in [looks_first, !looks_first] {
            let streams = if looks { Some(Streams::open_pages(bench.console, &open).await?) } else { None };
            let rate = bench.load(Workload::Uniform, (WARM_UP, slice)).await?.per_second;
            match streams {
                Some(streams) => {
                    let closed = streams.close().await?;
                    found.parts += closed.events;
                    found.ended += closed.ended;
                    found.reader_cpu.push(closed.generator_cpu);
                    with = rate;
                }
                None => without = rate,
            }
            sleep(PAUSE).await;
        }
        say(&format!("console: {without:.0} transfers/s while nobody looks, {with:.0}/s while all do"));
        found.pairs.push([without, with]);
    }
    Ok(found)
}

/// The live parts of all operators with their cookies: each looks at an account of their own that is moved.
async fn pages(bench: &mut ConsoleBench) -> Result<Vec<(String, String)>> {
    let mut open = Vec::new();
    let fleet = bench.fleet.clone();
    for (staff, account) in bench.staff.iter_mut().skip(1).zip(fleet.accounts.iter().cycle()) {
        // A page is opened first, as people do: it renews the session.
        staff.browser.get("/").await?;
        let cookie = &staff.browser.cookie;
        open.extend(PARTS.iter().map(|path| ((*path).to_owned(), cookie.clone())));
        open.push((format!("/live/accounts/{}", account.id), cookie.clone()));
    }
    Ok(open)
}
