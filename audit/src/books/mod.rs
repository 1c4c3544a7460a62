//! What each view must hold, folded from the log; and what it holds.
//!
//! One file for each view: its tables, the rows it must have at its position, and the reading of those it has, side by side.

mod accounts;
mod approvals;
mod book;
mod holds;
mod items;
mod limits;
mod members;
mod operators;
mod overview;
mod partners;
mod payout_runs;
mod processes;
mod standing_orders;
mod top_movers;
mod transactions;
mod transfers;
mod webhooks;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use kernel::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::book::Table;
use self::book::{Book, Definition};
use super::{
    assemble::Commit,
    findings::Findings,
    fold::Fold,
    ledger::{Ledger, Noted},
    rows::Sink,
    transfers::{self as postings, Reversal, TransferEvents},
};

/// What a book may depend on beside the log.
#[derive(Clone, Copy)]
struct Given {
    /// Whose days the live generation counts.
    zone: Zone,
}

/// Writes the list of views down once. The file of a view has its definition, `book` and `read`; in brackets stands what its
/// book is given beside the sinks.
macro_rules! views {
    ($($view:ident => $file:ident $(($given:ident))?,)+) => {
        /// A view that can be audited.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum View {
            $($view),+
        }

        impl View {
            /// All of them.
            pub const ALL: [Self; [$(Self::$view),+].len()] = [$(Self::$view),+];

            fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$view => &$file::VIEW),+
                }
            }

            /// Reads the tables as readers see them, in the order of [`Self::tables`].
            pub async fn read<S: Sink>(
                self,
                connection: &mut PgConnection,
                sinks: &mut [S],
            ) -> Result<(), sqlx::Error> {
                match self {
                    $(Self::$view => $file::read(connection, sinks).await),+
                }
            }

            /// A book for these sinks, one for each table; none if they are fewer or more.
            fn book<S: Sink + Send + 'static>(self, sinks: Vec<S>, given: Given) -> Option<Box<dyn Book<S> + Send>> {
                match self {
                    $(Self::$view => $file::book(sinks $(, given.$given)?)),+
                }
            }
        }
    };
}

views! {
    Accounts => accounts,
    Transactions => transactions,
    Transfers => transfers,
    Overview => overview(zone),
    Members => members,
    TopMovers => top_movers(zone),
    Holds => holds,
    Limits => limits,
    Items => items,
    StandingOrders => standing_orders,
    PayoutRuns => payout_runs,
    Webhooks => webhooks,
    Processes => processes,
    Partners => partners,
    Operators => operators,
    Approvals => approvals,
}

impl View {
    /// Its name in the registry.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The tables it shows, and those it keeps for itself, with every column that is held against the log.
    pub fn tables(self) -> &'static [Table] {
        self.definition().tables
    }
}

/// A view that is to be folded.
pub struct Wanted<S> {
    pub view: View,
    pub position: i64,
    /// Whose days it counts.
    pub zone: Zone,
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
    fold: Fold,
    pages: Vec<Page<S>>,
    ended_at: i64,
    recorded_at: Option<DateTime<Utc>>,
}

impl<S: Sink + Send + 'static> Books<S> {
    /// Books for these views, each up to its position. The fold notes what these accounts are at these versions.
    pub fn new(views: impl IntoIterator<Item = Wanted<S>>, noted: HashMap<Uuid, Noted>) -> Self {
        let pages = views.into_iter().map(|Wanted { view, position, zone, waiting, sinks }| {
            let partial = !waiting.is_empty();
            let ledger = (partial && view.definition().needs_ledger).then(Ledger::default);
            let folded = Folded { view, position, partial, sinks: Vec::new(), ended_at: 0, recorded_at: None };
            Page { folded, book: view.book(sinks, Given { zone }), waiting, ledger }
        });
        let fold = Fold { ledger: Ledger { noted, ..Ledger::default() }, ..Fold::default() };
        Self { fold, pages: pages.collect(), ended_at: 0, recorded_at: None }
    }

    /// Applies a commit to the fold of the log and to all views that reach so far; gives back its reversals.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) -> Vec<Reversal> {
        self.settle(|position| position < commit.last);
        let transfer_events = postings::transfers_of(commit);
        for page in &mut self.pages {
            page.commit(commit, &transfer_events);
        }
        (self.ended_at, self.recorded_at) = (commit.last, Some(commit.recorded_at));
        self.fold.apply(commit, &transfer_events, findings)
    }

    /// The views, each at its position, or at the end of the log if it stands beyond.
    pub fn finish(mut self) -> (Fold, Vec<Folded<S>>) {
        self.settle(|_| true);
        (self.fold, self.pages.into_iter().map(|page| page.folded).collect())
    }

    /// Ends the views whose position fits.
    fn settle(&mut self, ends: impl Fn(i64) -> bool) {
        for page in self.pages.iter_mut().filter(|page| ends(page.folded.position)) {
            if let Some(mut book) = page.book.take() {
                book.settle(page.ledger.take().as_ref().unwrap_or(&self.fold.ledger));
                page.folded.sinks = book.sinks();
                (page.folded.ended_at, page.folded.recorded_at) = (self.ended_at, self.recorded_at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Tally;

    #[test]
    fn every_view_has_a_book_with_a_sink_for_each_table() {
        for view in View::ALL {
            let sinks = |count: usize| vec![Tally::new(); count];
            let tables = view.tables().len();
            let given = Given { zone: Zone::UTC };
            let book = view.book(sinks(tables), given);
            assert_eq!(book.map(|book| book.sinks().len()), Some(tables), "{view:?}");
            assert!(view.book(sinks(tables + 1), given).is_none(), "{view:?}");
        }
    }
}
