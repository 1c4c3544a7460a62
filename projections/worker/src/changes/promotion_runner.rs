//! Carries out the promotions that a second operator approved.

use std::{collections::HashMap, error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use projection_engine::{Accepted, Approved, Operator, Origin, RebuildError};
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

use super::{
    approvals::{ApprovalFollower, FollowError},
    promotions::{ApprovedPromotion, PromotionEnd, Promotions},
    rebuilders::{Rebuilders, named},
    runner::{MOST_TRIES, chain, passes},
};

/// How often it is looked whether something was approved.
const LOOK: Duration = Duration::from_secs(1);

/// What is said of a promotion that met a defect.
const PANICKED: &str = "the promotion panicked; the log of the projector says where";
/// What is said of one that the log does not know.
const NOT_IN_LOG: &str = "the log does not hold the approval";

/// Carries out what was approved. It may be stopped at any moment: the log says what was approved, and the promotion that makes a generation live says
/// by which approval, so nothing is done without one and nothing twice.
pub(crate) struct PromotionRunner {
    promotions: Promotions,
    approvals: ApprovalFollower,
    rebuilders: Rebuilders,
    asked: Arc<Notify>,
    /// How often each promotion failed because of a database.
    tries: HashMap<Uuid, u32>,
}

impl PromotionRunner {
    /// `asked` is notified when a promotion was asked for here.
    pub(crate) fn new(
        promotions: Promotions,
        approvals: ApprovalFollower,
        rebuilders: Rebuilders,
        asked: Arc<Notify>,
    ) -> Self {
        Self { promotions, approvals, rebuilders, asked, tries: HashMap::new() }
    }

    /// Works for ever.
    pub(crate) async fn run(mut self) {
        let mut well = true;
        loop {
            match self.round().await {
                Ok(()) => well = true,
                // The projector also runs before the migrations, and while a database is away.
                Err(error) if well => {
                    well = false;
                    let cause = &error as &dyn Error;
                    tracing::warn!(error = cause, "the approvals of promotions cannot be followed");
                }
                Err(_) => {}
            }
            let _ = timeout(LOOK, self.asked.notified()).await;
        }
    }

    async fn round(&mut self) -> Result<(), FollowError> {
        // What is known to be approved does not wait for the rest of the log.
        let followed = self.approvals.follow().await;
        for promotion in self.promotions.approved().await? {
            if let Some(end) = self.carry_out(&promotion).await? {
                let (view, approval) = (promotion.view.as_str(), promotion.approval_id);
                tracing::info!(
                    view.name = view, approval.id = %approval, promotion.end = ?end,
                    "a promotion that was approved has ended"
                );
                self.promotions.end(promotion.approval_id, &end).await?;
                self.tries.remove(&promotion.approval_id);
            }
        }
        followed
    }

    /// How it ended; none if it has not, and is tried again.
    async fn carry_out(&mut self, promotion: &ApprovedPromotion) -> Result<Option<PromotionEnd>, FollowError> {
        // Another build may have it.
        let Some(view) = named(&promotion.view) else { return Ok(None) };
        if !self.approvals.is_granted(promotion.approval_id, promotion.approved_position).await? {
            return Ok(Some(PromotionEnd::Refused(NOT_IN_LOG.to_owned())));
        }
        tasks::kill_point("approved-promotion");
        let (accepted, operator) = (accepted(promotion), operator(promotion));
        let rebuilder = self.rebuilders.of(view);
        let promoting = AssertUnwindSafe(rebuilder.promote_differing(&accepted, &operator)).catch_unwind();
        // The engine met a defect: another try would meet it again.
        let Ok(made) = promoting.await else { return Ok(Some(PromotionEnd::Refused(PANICKED.to_owned()))) };
        tasks::kill_point("done-promotion");
        Ok(match made {
            Ok(_) => Some(PromotionEnd::Promoted),
            // Somebody else changes the view, perhaps another projector because of this very approval.
            Err(RebuildError::Busy(_)) => None,
            Err(error) if passes(&error) && self.fails(promotion.approval_id) < MOST_TRIES => None,
            Err(error) => Some(PromotionEnd::Refused(chain(&error))),
        })
    }

    /// How often the promotion failed, with this time.
    fn fails(&mut self, approval: Uuid) -> u32 {
        let tries = self.tries.entry(approval).or_default();
        *tries += 1;
        *tries
    }
}

fn accepted(promotion: &ApprovedPromotion) -> Accepted {
    let by = promotion.approved_by_name.clone().unwrap_or_default();
    Accepted {
        generation: promotion.generation,
        differences: u64::try_from(promotion.differences).unwrap_or_default(),
        fingerprint: promotion.fingerprint.clone(),
        approved: Some(Approved { approval: promotion.approval_id, by }),
    }
}

/// Who asked, as the audit of the views names operators.
fn operator(promotion: &ApprovedPromotion) -> Operator {
    let (operator, session) = (promotion.requested_by, promotion.session_id);
    // Where they were stands in the log, with the command that asked.
    let origin = Origin { operator: Some(operator), session, address: None, key: None };
    Operator { who: format!("operator {operator}"), reason: promotion.reason.clone(), origin }
}
