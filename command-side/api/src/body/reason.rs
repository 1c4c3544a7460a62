//! Reasons.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{Canonical, Confidential, Label, canonical};

/// Why an operator does what only an operator may.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorsReason)]
pub(crate) struct OperatorsReasonRequest {
    /// In your own words; recorded for ever, so nothing personal.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    pub(crate) reason: Label,
}

impl Confidential for OperatorsReasonRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(&self.reason.0,))
    }
}
