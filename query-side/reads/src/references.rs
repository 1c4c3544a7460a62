//! Transfers by the reference that the outside gave them.

use kernel::MemberId;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
    transfers::{Transfer, TransferRow},
};

const VIEWS: &[View] = &[View::Transfers];

impl Reads {
    /// The transfers with this reference, newest first; of a service, those that it made, and those of the payout runs that it
    /// opened. Members look at their statements instead. A partner sees the balances of its own accounts only.
    pub async fn transfers_by_reference(
        &self,
        reference: &str,
        (service, viewer): (Option<MemberId>, Viewer),
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Transfer>>, ReadsError> {
        let of_service = service.map(MemberId::uuid).unwrap_or_default();
        let list = List::named("transfers").bound_to(reference.as_bytes()).bound_to(of_service.as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.transfers_by_reference_now(reference, (service, viewer), before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &Transfer| list.cursor(last.position.number().unsigned_abs().into());
        Ok(fresh.map(|items| Page::of(items, limit, cursor)))
    }

    async fn transfers_by_reference_now(
        &self,
        reference: &str,
        (service, viewer): (Option<MemberId>, Viewer),
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<Transfer>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/transfers_by_reference.sql",
            &names(VIEWS),
            reference,
            service.map(MemberId::uuid),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let transfers = row.page.0.into_iter().map(|found| found.seen_by(viewer)).collect::<Result<_, _>>()?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, transfers)
    }
}
