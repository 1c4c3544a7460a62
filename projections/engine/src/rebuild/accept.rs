//! The promotion of a generation that differs from the live one, by somebody who was shown the differences and accepts them.

use sqlx::types::Uuid;

use super::{
    Outcome, RebuildError, Rebuilder,
    build::choose,
    compare::{Comparison, Expected},
    session::Session,
};
use crate::Operator;

/// A generation that becomes live although it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which generation.
    pub generation: i32,
    /// In how many rows it differs.
    pub differences: u64,
    /// Which differences these are: [`Comparison::fingerprint`], as text.
    pub fingerprint: String,
    /// The approval, if a second operator had to give one.
    pub approved: Option<Approved>,
}

/// That a second operator approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The approval. One generation becomes live by it, once.
    pub approval: Uuid,
    /// Who gave it: the name of an operator, which has neither quotes nor backslashes.
    pub by: String,
}

impl Accepted {
    /// Whether these are the differences that were accepted.
    fn is_of(&self, found: &Comparison) -> bool {
        found.unexpected == self.differences && found.fingerprint.to_string() == self.fingerprint
    }

    /// The approval, as the registry keeps it.
    pub(super) fn approval(&self) -> Option<Uuid> {
        self.approved.as_ref().map(|approved| approved.approval)
    }

    /// How many rows differ, as the registry keeps it.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.differences).unwrap_or(i64::MAX)
    }
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Makes a generation live that was found to differ from the live one. It is compared once more: if it does not differ in just the rows
    /// that were accepted, nothing becomes live, and what was found is remembered. An approval is used once: asked again, it answers with
    /// the generation that became live by it.
    pub async fn promote_differing(&self, accepted: &Accepted, operator: &Operator) -> Result<Outcome, RebuildError> {
        let mut session = Session::open(&self.database, self.projection.name()).await?;
        if let Some(approval) = accepted.approval()
            && let Some(generation) = session.promoted_by(approval).await?
        {
            return self.promoted(&mut session, generation, None).await;
        }
        if let Some(generation) = session.repeated(operator, "promote", Some(accepted.generation)).await? {
            return self.promoted(&mut session, generation, None).await;
        }
        // What was interrupted is being compared.
        let making = choose(&mut session, Some(accepted.generation), &["failed", "comparing"]).await?;
        let generation = making.generation;
        let remembered = session.differences(generation).await?;
        if remembered != Some((accepted.count(), accepted.fingerprint.clone())) {
            return Err(RebuildError::DifferencesChanged(generation));
        }
        self.reporter.generation(generation);
        let live = session.live().await?.generation;
        self.require_history(&mut session.connection, live).await?;
        self.require_history(&mut session.connection, generation).await?;
        session.enter(generation, &["failed", "comparing"], "comparing").await?;
        let found = self.compare_at_one_position(&mut session, &making, &Expected::default()).await?;
        if !accepted.is_of(&found) {
            self.judge(&mut session, generation, &found).await?;
            return Err(RebuildError::DifferencesChanged(generation));
        }
        tasks::kill_point("accepted");
        self.promote_level(&mut session, &making, operator, ("promote", false), Some(accepted)).await?;
        self.promoted(&mut session, generation, Some(found)).await
    }
}
