//! The body of a request that says all there is to say in its path.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Canonical, Confidential};

/// An empty body.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing)]
pub(crate) struct NothingRequest {}

impl Confidential for NothingRequest {
    fn canonical(&self) -> Canonical {
        Canonical::default()
    }
}
