//! What every read shares: who looks, pages, and turning columns into words of the bank.

use chrono::{DateTime, Utc};
use kernel::{AssetCode, MemberId, Minor, Position};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    ReadsError, View,
    freshness::{Missing, Seen},
};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// A person: sees what is their own; the rest does not exist.
    Member(MemberId),
    /// The bank's own people and programs: see everything.
    Bank,
}

impl Viewer {
    /// Whether the viewer may know of what belongs to this owner; what has none belongs to the bank.
    pub(crate) fn may_see(self, owner: Option<Uuid>) -> bool {
        match self {
            Self::Member(member) => owner == Some(member.uuid()),
            Self::Bank => true,
        }
    }
}

/// Part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the list goes on; none at its end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` of these items, of which one more was read to know whether the list goes on.
    pub(crate) fn of(mut items: Vec<T>, limit: u16, cursor: impl Fn(&T) -> String) -> Self {
        let goes_on = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        let next_cursor = if goes_on { items.last().map(cursor) } else { None };
        Self { items, next_cursor }
    }
}

/// What every query says of its snapshot: the position of the view furthest behind, when its last commit was recorded,
/// and how many of the views are live.
pub(crate) struct Snapshot {
    pub position: Option<i64>,
    pub recorded_at: Option<DateTime<Utc>>,
    pub live: Option<i64>,
    /// What the rows lack that were read.
    pub missing: Option<Missing>,
}

/// The parked keys that a query touches, and how many events wait behind them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct MissingRow {
    keys: i64,
    events: i64,
    first: Option<i64>,
    since: Option<DateTime<Utc>>,
}

impl MissingRow {
    /// For an answer that shows one thing, which is wrong without these events.
    pub fn whole(row: Option<Json<Self>>) -> Option<Missing> {
        Self::of(row, false)
    }

    /// For a list or a sum, of which the rest is right.
    pub fn partial(row: Option<Json<Self>>) -> Option<Missing> {
        Self::of(row, true)
    }

    fn of(row: Option<Json<Self>>, partial: bool) -> Option<Missing> {
        let Json(Self { events, first, since, .. }) = row.filter(|row| row.0.keys > 0)?;
        Some(Missing { events, first: first.map(Position::new), since, partial })
    }
}

impl Snapshot {
    /// Together with what was read; an error if one of these views is not live.
    pub fn with<T>(self, views: &[View], value: T) -> Result<Seen<T>, ReadsError> {
        match self.position {
            Some(position) if self.live == Some(views.len() as i64) => Ok(Seen {
                value,
                position: Position::new(position),
                recorded_at: self.recorded_at,
                missing: self.missing,
            }),
            _ => Err(ReadsError::NotLive(views[0].name())),
        }
    }
}

/// The names by which a query asks for the positions of its views.
pub(crate) fn names(views: &[View]) -> Vec<String> {
    views.iter().map(|view| view.name().to_owned()).collect()
}

pub(crate) fn minor(text: &str) -> Result<Minor, ReadsError> {
    text.parse().map_err(|_| ReadsError::Damaged { what: "amount" })
}

pub(crate) fn asset(text: &str) -> Result<AssetCode, ReadsError> {
    text.parse().map_err(|_| ReadsError::Damaged { what: "asset" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_the_list_goes_on() {
        let cursor = |item: &i32| item.to_string();
        assert_eq!(Page::of(vec![9, 8, 7], 2, cursor), Page { items: vec![9, 8], next_cursor: Some("8".into()) });
        assert_eq!(Page::of(vec![9, 8], 2, cursor), Page { items: vec![9, 8], next_cursor: None });
        assert_eq!(Page::of(Vec::new(), 2, cursor), Page { items: Vec::new(), next_cursor: None });
    }

    #[test]
    fn a_view_without_a_live_generation_is_an_error_not_an_empty_answer() {
        let views = [View::Accounts, View::Transactions];
        let snapshot = |position, live| Snapshot { position, recorded_at: None, live, missing: None };
        assert!(snapshot(Some(3), Some(2)).with(&views, ()).is_ok());
        assert!(snapshot(Some(3), Some(1)).with(&views, ()).is_err());
        assert!(snapshot(None, Some(0)).with(&views, ()).is_err());
    }
}
