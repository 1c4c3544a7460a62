//! What waits for a second operator, as figures: somebody has to be told before its time is over.

use std::{sync::Arc, time::Duration};

use kernel::{Clock, SystemClock};
use reads::{Approval, ApprovalFilter, Need, Reads};
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// No more are looked at.
const MOST: u16 = 1000;

/// Looks for ever. While the views do not answer, the figures stay as they are.
pub(crate) async fn watch(reads: Arc<Reads>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let filter = ApprovalFilter { status: Some("pending"), action: None };
        match reads.approvals(filter, None, MOST, &Need::default()).await {
            Ok(fresh) => report(&fresh.value.items),
            Err(error) => tracing::debug!(%error, "approvals cannot be counted"),
        }
    }
}

fn report(pending: &[Approval]) {
    let now = SystemClock.now();
    let waits = pending.iter().map(|approval| (now - approval.requested_at).as_seconds_f64());
    metrics::gauge!("jangbu_query_approvals_pending").set(pending.len() as f64);
    metrics::gauge!("jangbu_query_approvals_oldest_seconds").set(waits.fold(0.0, f64::max));
}
