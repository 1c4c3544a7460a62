//! Promotions of generations that differ, in the registry: what the log says of their approvals, and what came of those that were approved.

use chrono::{DateTime, Utc};
use database::Pool;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// So many promotions of a view are listed.
const LISTED: i64 = 50;

/// A promotion that an operator asked for, as the log has it.
#[derive(Clone, Debug)]
pub(crate) struct NewPromotion {
    pub(crate) approval: Uuid,
    pub(crate) view: String,
    pub(crate) generation: i32,
    pub(crate) differences: i64,
    pub(crate) fingerprint: String,
    pub(crate) requested_by: Uuid,
    pub(crate) requested_by_name: String,
    /// In which session.
    pub(crate) session: Uuid,
    pub(crate) reason: String,
    pub(crate) requested_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// A promotion that was approved and is not done.
#[derive(Clone, Debug)]
pub(crate) struct ApprovedPromotion {
    pub(crate) approval_id: Uuid,
    pub(crate) view: String,
    pub(crate) generation: i32,
    pub(crate) differences: i64,
    pub(crate) fingerprint: String,
    pub(crate) requested_by: Uuid,
    /// In which session; none if an earlier build wrote it down.
    pub(crate) session_id: Option<Uuid>,
    pub(crate) reason: String,
    pub(crate) approved_by_name: Option<String>,
    pub(crate) approved_position: Option<i64>,
}

/// How a promotion ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PromotionEnd {
    /// The generation is live.
    Promoted,
    /// It was approved, and cannot be done.
    Refused(String),
    /// An operator said no.
    Rejected,
    /// Whoever asked wants it no more.
    Withdrawn,
}

impl PromotionEnd {
    fn word(&self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Refused(_) => "refused",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A promotion of a generation that differs, which a second operator has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PromotionStatus {
    /// The approval.
    pub(crate) approval_id: Uuid,
    /// Which generation.
    #[schema(minimum = 1)]
    pub(crate) generation: i32,
    /// In how many rows it differed from the live one when it was asked for.
    #[schema(minimum = 1)]
    pub(crate) differences: i64,
    /// Which differences these are.
    pub(crate) fingerprint: String,
    /// `pending`: nobody has decided; `expired`: nobody did in time; `approved`: it is about to be done; `promoted`; `refused` by the projector
    /// after it was approved; `rejected`; `withdrawn`.
    #[schema(pattern = "^(pending|expired|approved|promoted|refused|rejected|withdrawn)$")]
    pub(crate) state: String,
    /// Who asked for it.
    pub(crate) requested_by_name: String,
    /// Why, in their words.
    pub(crate) reason: String,
    /// When.
    pub(crate) requested_at: DateTime<Utc>,
    /// Who approved it; null if nobody did.
    #[schema(required)]
    pub(crate) approved_by_name: Option<String>,
    /// When; null if nobody did.
    #[schema(required)]
    pub(crate) approved_at: Option<DateTime<Utc>>,
    /// When it ended; null while it has not.
    #[schema(required)]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Why the projector refused it; null if it did not.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

/// The tables of the promotions.
#[derive(Clone, Debug)]
pub(crate) struct Promotions(Pool);

impl Promotions {
    pub(crate) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// In how many rows a generation was found to differ, and which differences these are; none if it was not.
    pub(crate) async fn differences(&self, view: &str, generation: i32) -> Result<Option<(i64, String)>, sqlx::Error> {
        let row = sqlx::query!(
            "select differences, fingerprint from registry.generations where view = $1 and generation = $2",
            view,
            generation
        )
        .fetch_optional(&self.0)
        .await?;
        Ok(row.and_then(|row| row.differences.zip(row.fingerprint)))
    }

    /// Up to where the log was read; none if it never was.
    pub(crate) async fn followed(&self) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar!("select position from registry.promotions_followed").fetch_optional(&self.0).await
    }

    /// Writes down up to where the log was read.
    pub(crate) async fn follow(&self, position: i64) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "insert into registry.promotions_followed (position) values ($1)
             on conflict (only_one) do update set position = excluded.position",
            position
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// Writes down what an operator asked for; once, however often it is read.
    pub(crate) async fn ask(&self, promotion: &NewPromotion) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "insert into registry.promotion_requests (approval_id, view, generation, differences, fingerprint, requested_by,
                 requested_by_name, session_id, reason, requested_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (approval_id) do nothing",
            promotion.approval,
            promotion.view,
            promotion.generation,
            promotion.differences,
            promotion.fingerprint,
            promotion.requested_by,
            promotion.requested_by_name,
            promotion.session,
            promotion.reason,
            promotion.requested_at,
            promotion.expires_at
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// Writes down that another operator approved. `at`: when, and where in the log that stands.
    pub(crate) async fn approve(
        &self,
        approval: Uuid,
        by: &str,
        (time, position): (DateTime<Utc>, i64),
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update registry.promotion_requests
             set approved_by_name = $2, approved_at = $3, approved_position = $4
             where approval_id = $1 and ended_at is null",
            approval,
            by,
            time,
            position
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// Writes down how it ended, if it has not ended before.
    pub(crate) async fn end(&self, approval: Uuid, end: &PromotionEnd) -> Result<(), sqlx::Error> {
        let error = match end {
            PromotionEnd::Refused(why) => Some(why.as_str()),
            PromotionEnd::Promoted | PromotionEnd::Rejected | PromotionEnd::Withdrawn => None,
        };
        sqlx::query!(
            "update registry.promotion_requests set ended_at = clock_timestamp(), outcome = $2, error = $3
             where approval_id = $1 and ended_at is null",
            approval,
            end.word(),
            error
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// Those that were approved and are not done, the oldest first.
    pub(crate) async fn approved(&self) -> Result<Vec<ApprovedPromotion>, sqlx::Error> {
        sqlx::query_as!(
            ApprovedPromotion,
            "select approval_id, view, generation, differences, fingerprint, requested_by, session_id, reason,
                 approved_by_name, approved_position
             from registry.promotion_requests
             where approved_at is not null and ended_at is null order by approved_at"
        )
        .fetch_all(&self.0)
        .await
    }

    /// The newest of a view.
    pub(crate) async fn of_view(&self, view: &str) -> Result<Vec<PromotionStatus>, sqlx::Error> {
        sqlx::query_as!(
            PromotionStatus,
            r#"select approval_id, generation, differences, fingerprint,
                   case when outcome is not null then outcome when approved_at is not null then 'approved'
                       when expires_at <= clock_timestamp() then 'expired' else 'pending' end as "state!",
                   requested_by_name, reason, requested_at, approved_by_name, approved_at, ended_at, error
               from registry.promotion_requests where view = $1 order by requested_at desc limit $2"#,
            view,
            LISTED
        )
        .fetch_all(&self.0)
        .await
    }
}
