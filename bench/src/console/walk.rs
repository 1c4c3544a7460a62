//! Visits of one page after the other, timed from outside, and what a browser loads with each.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use serde::Serialize;

use super::{
    browser::{self, Browser},
    pages::{Page, Who},
    setup::ConsoleBench,
};
use crate::load::Latencies;

/// One kind of page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PageFound {
    /// Which.
    pub name: String,
    /// From the request to the last byte, each on a connection that was open: what the server takes, and a loopback.
    pub latency: Latencies,
    /// Visits that were answered otherwise than with a page, or with the way to one that is no log-in.
    pub failed: u64,
    /// Visits of which a part was not there.
    pub incomplete: u64,
    /// Bytes of the page and of all files that it names, as they are.
    pub first_load: u64,
    /// The same as they are sent to a browser that takes compressed ones.
    pub first_load_sent: u64,
}

/// What was found at one kind of page so far.
struct Tally {
    page: Page,
    took: Vec<Duration>,
    failed: u64,
    incomplete: u64,
}

/// Goes so often through all pages, once more before anything counts.
pub(super) async fn walk(
    bench: &mut ConsoleBench,
    pages: Vec<Page>,
    member: &mut Browser,
    samples: usize,
) -> Result<Vec<PageFound>> {
    let tally = |page| Tally { page, took: Vec::with_capacity(samples), failed: 0, incomplete: 0 };
    let mut tallies: Vec<Tally> = pages.into_iter().map(tally).collect();
    for number in 0..=samples {
        for tally in &mut tallies {
            let browser = match tally.page.who {
                Who::Operator => &mut bench.staff[0].browser,
                Who::Member => &mut *member,
            };
            tally.visit(browser, number, number > 0).await?;
        }
        bench.bank.check()?;
    }
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
    let mut found = Vec::with_capacity(tallies.len());
    for tally in tallies {
        let browser = match tally.page.who {
            Who::Operator => &mut bench.staff[0].browser,
            Who::Member => &mut *member,
        };
        let (first_load, first_load_sent) = first_load(&client, bench.console, &tally.page, browser).await?;
        let Tally { page, took, failed, incomplete } = tally;
        let (name, latency) = (page.name.to_owned(), Latencies::of_all(took.into_iter()));
        found.push(PageFound { name, latency, failed, incomplete, first_load, first_load_sent });
    }
    Ok(found)
}

impl Tally {
    async fn visit(&mut self, browser: &mut Browser, number: usize, counts: bool) -> Result<()> {
        let Some(path) = self.page.path(number) else {
            self.failed += 1;
            return Ok(());
        };
        let seen = browser.get(path).await?;
        if counts {
            self.took.push(seen.took);
            self.failed += u64::from(!seen.is_answer());
            self.incomplete += u64::from(seen.lacks_something());
        }
        self.page.turned(seen.next());
        Ok(())
    }
}

/// Bytes of a page and its files: as they are, and as they are sent.
async fn first_load(
    client: &reqwest::Client,
    console: SocketAddr,
    page: &Page,
    browser: &mut Browser,
) -> Result<(u64, u64)> {
    let Some(path) = page.path(0) else { return Ok((0, 0)) };
    let files = browser.get(path).await?.files();
    let (mut plain, mut sent) = (0, 0);
    for path in std::iter::once(path).chain(files.iter().map(String::as_str)) {
        plain += browser::size(client, (console, path), &browser.cookie, false).await?;
        sent += browser::size(client, (console, path), &browser.cookie, true).await?;
    }
    Ok((plain, sent))
}
