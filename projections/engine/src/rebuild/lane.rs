//! One view in the bulk load.

use std::sync::{Arc, OnceLock};

use super::{error::RebuildError, progress::Reporter, session::Generation};
use crate::{Bulk, Projection};

/// A view that is loaded.
pub(super) struct Lane<E: Send + Sync + 'static> {
    /// The view in the zone of the generation.
    pub(super) projection: Arc<dyn Projection<Event = E>>,
    pub(super) bulk: Box<dyn Bulk<E>>,
    pub(super) making: Generation,
    pub(super) reporter: Reporter,
    gave_up: OnceLock<RebuildError>,
}

impl<E: Send + Sync + 'static> Lane<E> {
    pub(super) fn of(
        projection: Arc<dyn Projection<Event = E>>,
        bulk: Box<dyn Bulk<E>>,
        making: Generation,
        reporter: &Reporter,
    ) -> Self {
        Self { projection, bulk, making, reporter: reporter.clone(), gave_up: OnceLock::new() }
    }

    /// Loads nothing more for this view; the others go on.
    pub(super) fn give_up(&self, error: RebuildError) {
        // The first error is the one to report.
        let _ = self.gave_up.set(error);
    }

    pub(super) fn goes_on(&self) -> bool {
        self.gave_up.get().is_none()
    }

    /// Why it could not be loaded.
    pub(super) fn into_error(self) -> Option<RebuildError> {
        self.gave_up.into_inner()
    }
}
