//! Promotions of generations that differ, for which a second operator was asked.

use serde::Deserialize;

use crate::{
    format::{Moment, count},
    links,
    page::Page,
};

/// As the projector tells them.
#[derive(Deserialize)]
pub(super) struct Promotions {
    items: Vec<Promotion>,
}

#[derive(Deserialize)]
struct Promotion {
    approval_id: String,
    generation: i64,
    differences: i64,
    state: String,
    requested_by_name: String,
    requested_at: String,
    approved_by_name: Option<String>,
    ended_at: Option<String>,
    error: Option<String>,
}

/// What a page shows of one.
pub(super) struct PromotionRow {
    /// The approval.
    pub(super) href: String,
    pub(super) generation: i64,
    pub(super) differences: String,
    pub(super) state: String,
    pub(super) tone: String,
    pub(super) requested_by: String,
    pub(super) requested: Moment,
    pub(super) approved_by: String,
    pub(super) ended: Moment,
    pub(super) error: String,
}

impl Promotions {
    pub(super) fn rows(self, page: &Page) -> Vec<PromotionRow> {
        self.items.into_iter().map(|promotion| promotion.row(page)).collect()
    }
}

impl Promotion {
    fn row(self, page: &Page) -> PromotionRow {
        PromotionRow {
            href: links::to("approval", &self.approval_id),
            generation: self.generation,
            differences: count(self.differences),
            state: page.word("promotion", &self.state),
            tone: self.state,
            requested_by: self.requested_by_name,
            requested: page.format.time(&self.requested_at),
            approved_by: self.approved_by_name.unwrap_or_default(),
            ended: self.ended_at.map(|text| page.format.time(&text)).unwrap_or_default(),
            error: self.error.unwrap_or_default(),
        }
    }
}
