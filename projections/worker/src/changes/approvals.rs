//! Follows in the log what becomes of the promotions that operators asked for.

use event_store_postgres::PostgresLog;
use events::recorded::{ApprovalAction, ApprovalEvent, ApprovalGranted, ApprovalRequested, Event};
use kernel::Position;
use log::{Picked, ReadError, ReadHead, ReadTyped};
use projection_engine::Decode;
use uuid::Uuid;
use views::Decoder;

use super::promotions::{NewPromotion, PromotionEnd, Promotions};

/// Events that are read at once.
const PAGE: i64 = 500;
/// Positions that are gone through at once.
const WINDOW: i64 = 1_000_000;

/// Why what the log says cannot be followed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error("the registry of the views cannot be reached")]
    Registry(#[from] sqlx::Error),
    #[error("the event at position {0} cannot be read: {1}")]
    Event(Position, String),
}

/// Reads approvals of promotions in the log, and writes them into the registry. What is read twice is written once.
pub(crate) struct ApprovalFollower {
    log: PostgresLog,
    promotions: Promotions,
}

impl ApprovalFollower {
    pub(crate) fn new(log: PostgresLog, promotions: Promotions) -> Self {
        Self { log, promotions }
    }

    /// Reads up to the end of the log.
    pub(crate) async fn follow(&self) -> Result<(), FollowError> {
        let head = self.log.head().await?.position;
        // Before the first time nobody could ask; and a log that was restored may end before what was read.
        let read = self.promotions.followed().await?.map(Position::new).filter(|read| *read <= head);
        let Some(mut read) = read else { return Ok(self.promotions.follow(head.number()).await?) };
        while read < head {
            read = self.read_page(read, head).await?;
            self.promotions.follow(read.number()).await?;
        }
        Ok(())
    }

    /// Reads a part of the log; up to where.
    async fn read_page(&self, after: Position, head: Position) -> Result<Position, FollowError> {
        let up_to = head.min(after.plus(WINDOW));
        let picked = self.log.read_typed(ApprovalEvent::NAMES, after, up_to, PAGE).await?;
        for event in &picked {
            self.take(event).await?;
        }
        let is_full = i64::try_from(picked.len()).is_ok_and(|read| read >= PAGE);
        Ok(picked.last().filter(|_| is_full).map_or(up_to, |last| last.position))
    }

    async fn take(&self, picked: &Picked) -> Result<(), FollowError> {
        let decoded = Decoder.decode(&picked.event).map_err(|why| FollowError::Event(picked.position, why))?;
        let Event::Approval(happened) = decoded else { return Ok(()) };
        let approval = picked.event.stream.uuid();
        match happened {
            ApprovalEvent::Requested(requested) => {
                if let Some(promotion) = promotion(approval, requested, picked) {
                    self.promotions.ask(&promotion).await?;
                }
            }
            ApprovalEvent::Granted(ApprovalGranted { refused: None, approver_name, .. }) => {
                let at = (picked.recorded_at, picked.position.number());
                self.promotions.approve(approval, &approver_name, at).await?;
            }
            ApprovalEvent::Granted(_) | ApprovalEvent::Rejected(_) => {
                self.promotions.end(approval, &PromotionEnd::Rejected).await?;
            }
            ApprovalEvent::Withdrawn(_) => self.promotions.end(approval, &PromotionEnd::Withdrawn).await?,
        }
        Ok(())
    }

    /// Whether the log says at this position that this was approved.
    pub(crate) async fn is_granted(&self, approval: Uuid, at: Option<i64>) -> Result<bool, ReadError> {
        let Some(at) = at.filter(|at| *at > 0) else { return Ok(false) };
        let names = [ApprovalGranted::NAME];
        let found = self.log.read_typed(&names, Position::new(at - 1), Position::new(at), 1).await?;
        Ok(found.iter().any(|picked| picked.position.number() == at && picked.event.stream.uuid() == approval))
    }
}

/// What was asked for, if it is a promotion.
fn promotion(approval: Uuid, requested: ApprovalRequested, picked: &Picked) -> Option<NewPromotion> {
    let ApprovalRequested { action, requested_by, requested_by_name, session, reason, expires_at, .. } = requested;
    let ApprovalAction::ViewPromotion { view, generation, differences, fingerprint } = action else { return None };
    Some(NewPromotion {
        approval,
        view,
        generation,
        differences: i64::try_from(differences).unwrap_or(i64::MAX),
        fingerprint,
        requested_by: requested_by.uuid(),
        requested_by_name,
        session,
        reason,
        requested_at: picked.recorded_at,
        expires_at,
    })
}
