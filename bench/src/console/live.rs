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
/// Sent, but not measured, in each window: that all pages are opened at once is not what they cost while they are open.
const WARM_UP: Duration = Duration::from_secs(2);
/// Between two windows: what the one before left ends.
const PAUSE: Duration = Duration::from_millis(500);

/// Who looks in a window.
const WINDOWS: [Looks; 3] = [Looks::Nobody, Looks::OnePage, Looks::EveryPage];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    Nobody,
    /// Each operator has one page open: a third of them the overview, a third the views, a third an account.
    OnePage,
    /// Each operator has all of them open.
    EveryPage,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LiveFound {
    /// Operators.
    pub operators: usize,
    /// Plain transfers a second of a closed loop, one right after the other: while nobody looks, while each operator has one page open, and
    /// while each has three open.
    pub rounds: Vec<[f64; 3]>,
    /// Parts that were sent.
    pub parts: u64,
    /// Live parts that ended, or never began.
    pub ended: u64,
    /// The share of one core that reading them took, in each window.
    pub reader_cpu: Vec<f64>,
}

/// Measures so many rounds.
pub(super) async fn live(bench: &mut ConsoleBench) -> Result<LiveFound> {
    let (count, slice) = (bench.plan.rounds, bench.plan.slice);
    let mut found = LiveFound { operators: bench.plan.operators, ..LiveFound::default() };
    for number in 0..count {
        // Anew each time: tokens end after minutes, and a live part ends with its token.
        let all = pages(bench).await?;
        let each = all.chunks(PARTS.len() + 1).enumerate();
        let one: Vec<_> = each.map(|(operator, own)| own[operator % own.len()].clone()).collect();
        let mut rates = [0.0; WINDOWS.len()];
        // Each is first in its turn: what was before it may go on for a while.
        for window in (0..WINDOWS.len()).map(|window| (window + number) % WINDOWS.len()) {
            let open = match WINDOWS[window] {
                Looks::Nobody => None,
                Looks::OnePage => Some(&one),
                Looks::EveryPage => Some(&all),
            };
            let streams = match open {
                Some(open) => Some(Streams::open_pages(bench.console, open).await?),
                None => None,
            };
            rates[window] = bench.load(Workload::Uniform, (WARM_UP, slice)).await?.per_second;
            if let Some(streams) = streams {
                let closed = streams.close().await?;
                found.parts += closed.events;
                found.ended += closed.ended;
                found.reader_cpu.push(closed.generator_cpu);
            }
            sleep(PAUSE).await;
        }
        let [nobody, one, every] = rates;
        say(&format!(
            "console: {nobody:.0} transfers/s while nobody looks, {one:.0}/s with a page each, {every:.0}/s with three"
        ));
        found.rounds.push(rates);
    }
    Ok(found)
}

/// The live parts of all operators with their cookies: each looks at an account of their own that is moved.
async fn pages(bench: &mut ConsoleBench) -> Result<Vec<(String, String)>> {
    let mut open = Vec::new();
    let fleet = bench.fleet.clone();
    for (staff, account) in bench.staff.iter_mut().skip(1).zip(fleet.accounts.iter().cycle()) {
        // A page is opened first, as people do: it renews the session. The connection of the last page may be closed by now.
        staff.browser.reconnect(bench.console);
        staff.browser.get("/").await?;
        let cookie = &staff.browser.cookie;
        open.extend(PARTS.iter().map(|path| ((*path).to_owned(), cookie.clone())));
        open.push((format!("/live/accounts/{}", account.id), cookie.clone()));
    }
    Ok(open)
}
