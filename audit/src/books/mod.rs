//! What each view must hold, folded from the log; and what it holds.
//!
//! One file for each view: the rows it must have at its position, and the reading of those it has, side by side.

mod accounts;
mod columns;
mod members;
mod overview;
mod top_movers;
mod transactions;
mod transfers;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    assemble::Commit,
    findings::Findings,
    ledger::Ledger,
    rows::Sink,
    transfers::{self as postings, Reversal, TransferEvents},
};

/// A view that can be audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Accounts,
    Transactions,
    Transfers,
    Overview,
    Members,
    TopMovers,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Accounts, Self::Transactions, Self::Transfers, Self::Overview, Self::Members, Self::TopMovers];

    /// Its name in the registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Transactions => "transactions",
            Self::Transfers => "transfers",
            Self::Overview => "overview",
            Self::Members => "members",
            Self::TopMovers => "top_movers",
        }
    }

    /// The tables it shows, and those it keeps for itself.
    pub fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &["accounts"],
            Self::Transactions => &["entries", "ticks"],
            Self::Transfers => &["transfers"],
            Self::Overview => &["asset_totals", "activity", "account_states"],
            Self::Members => &["members", "member_counts"],
            Self::TopMovers => &["movers"],
        }
    }

    /// Reads the tables as readers see them, in the order of [`Self::tables`].
    pub async fn read<S: Sink>(self, connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
        match (self, sinks) {
            (Self::Accounts, [accounts]) => accounts::read(connection, accounts).await,
            (Self::Transactions, [entries, ticks]) => transactions::read(connection, entries, ticks).await,
            (Self::Transfers, [transfers]) => transfers::read(connection, transfers).await,
            (Self::Overview, [totals, activity, states]) => overview::read(connection, totals, activity, states).await,
            (Self::Members, [members, counts]) => members::read(connection, members, counts).await,
            (Self::TopMovers, [movers]) => top_movers::read(connection, movers).await,
            _ => Ok(()),
        }
    }
}

/// One view's rows as they follow from the log.
trait Book<S> {
    /// Takes what a commit adds, but for the events of it that wait behind a parked key.
    fn commit(&mut self, commit: &Commit, transfer_events: &HashMap<Uuid, TransferEvents<'_>>);

    /// Takes what the ledger says, at the position of the view.
    fn settle(&mut self, ledger: &Ledger);

    /// The rows, in the order of [`View::tables`].
    fn sinks(self: Box<Self>) -> Vec<S>;
}

/// A view that is to be folded.
pub struct Wanted<S> {
    pub view: View,
    pub position: i64,
    /// The positions of the events that are left out, because they wait behind a parked key.
    pub waiting: BTreeSet<i64>,
    /// One for each of its tables.
    pub sinks: Vec<S>,
}

/// A view's rows, folded up to its position.
pub struct Folded<S> {
    pub view: View,
    pub position: i64,
    /// Whether events that wait were left out.
    pub partial: bool,
    /// The rows, in the order of [`View::tables`].
    pub sinks: Vec<S>,
    /// Where the fold ended: the last commit that ends at or before the position.
    pub ended_at: i64,
    /// When that commit was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// A view that is being folded.
struct Page<S> {
    folded: Folded<S>,
    book: Option<Box<dyn Book<S> + Send>>,
    waiting: BTreeSet<i64>,
    /// The accounts as they are without the events that wait.
    ledger: Option<Ledger>,
}

impl<S> Page<S> {
    fn commit(&mut self, commit: &Commit, transfer_events: &HashMap<Uuid, TransferEvents<'_>>) {
        let Some(book) = &mut self.book else { return };
        let shown = commit.without(&self.waiting);
        if let Some(ledger) = &mut self.ledger {
            // What is wrong with the log is found by the ledger that has all of it.
            ledger.apply(shown.as_ref().unwrap_or(commit), &mut Findings::new());
        }
        match &shown {
            Some(shown) => book.commit(shown, &postings::transfers_of(shown)),
            None => book.commit(commit, transfer_events),
        }
    }
}

/// All views that are asked for, folded from one reading of the log.
pub struct Books<S> {
    pub ledger: Ledger,
    pages: Vec<Page<S>>,
    ended_at: i64,
    recorded_at: Option<DateTime<Utc>>,
}

impl<S: Sink + Send + 'static> Books<S> {
    /// Books for these views, each up to its position.
    pub fn new(views: impl IntoIterator<Item = Wanted<S>>) -> Self {
        let pages = views.into_iter().map(|Wanted { view, position, waiting, sinks }| {
            let partial = !waiting.is_empty();
            let ledger = (partial && matches!(view, View::Accounts | View::Overview)).then(Ledger::default);
            let folded = Folded { view, position, partial, sinks: Vec::new(), ended_at: 0, recorded_at: None };
            Page { folded, book: book(view, sinks), waiting, ledger }
        });
        Self { ledger: Ledger::default(), pages: pages.collect(), ended_at: 0, recorded_at: None }
    }

    /// Applies a commit to the ledger and to all views that reach so far; gives back its reversals.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) -> Vec<Reversal> {
        self.settle(|position| position < commit.last);
        self.ledger.apply(commit, findings);
        let transfer_events = postings::transfers_of(commit);
        for page in &mut self.pages {
            page.commit(commit, &transfer_events);
        }
        (self.ended_at, self.recorded_at) = (commit.last, Some(commit.recorded_at));
        postings::check(commit, &transfer_events, &self.ledger, findings)
    }

    /// The views, each at its position, or at the end of the log if it stands beyond.
    pub fn finish(mut self) -> (Ledger, Vec<Folded<S>>) {
        self.settle(|_| true);
        (self.ledger, self.pages.into_iter().map(|page| page.folded).collect())
    }

    /// Ends the views whose position fits.
    fn settle(&mut self, ends: impl Fn(i64) -> bool) {
        for page in self.pages.iter_mut().filter(|page| ends(page.folded.position)) {
            if let Some(mut book) = page.book.take() {
                book.settle(page.ledger.take().as_ref().unwrap_or(&self.ledger));
                page.folded.sinks = book.sinks();
                (page.folded.ended_at, page.folded.recorded_at) = (self.ended_at, self.recorded_at);
            }
        }
    }
}

fn book<S: Sink + Send + 'static>(view: View, sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let mut sinks = sinks.into_iter();
    let book: Box<dyn Book<S> + Send> = match view {
        View::Accounts => Box::new(accounts::Accounts::new(sinks.next()?)),
        View::Transactions => Box::new(transactions::Transactions::new(sinks.next()?, sinks.next()?)),
        View::Transfers => Box::new(transfers::Transfers::new(sinks.next()?)),
        View::Overview => Box::new(overview::Overview::new(sinks.next()?, sinks.next()?, sinks.next()?)),
        View::Members => Box::new(members::Members::new(sinks.next()?, sinks.next()?)),
        View::TopMovers => Box::new(top_movers::TopMovers::new(sinks.next()?)),
    };
    Some(book)
}

/// A time to the microsecond, as Postgres keeps it.
fn time(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ")
}
