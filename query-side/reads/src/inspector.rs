//! The login with which the log itself is read.

use std::{fmt, sync::Arc};

use log::BrowseLog;

use crate::ReadsError;

/// The log, if this server has a login that reads it.
#[derive(Clone, Default)]
pub(crate) struct Inspector(Option<Arc<dyn BrowseLog>>);

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inspector").field(&self.0.is_some()).finish()
    }
}

impl Inspector {
    /// This log.
    pub(crate) fn of(log: Arc<dyn BrowseLog>) -> Self {
        Self(Some(log))
    }

    /// The log; an error if this server has no login that reads it.
    pub(crate) fn log(&self) -> Result<&dyn BrowseLog, ReadsError> {
        self.0.as_deref().ok_or(ReadsError::NoInspector)
    }
}
