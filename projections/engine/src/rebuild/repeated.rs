//! Requests that are sent again under their key: whoever got no answer sends them again, and nothing is done twice.

use sqlx::PgConnection;

use super::error::{RebuildError, doing};
use crate::audit::{Earlier, Operator, earlier};

/// The same act on the same view, if the operator did it under the key of this request before. A key that they used for something else is refused.
/// Whoever asks holds what keeps others from doing it at the same moment.
pub(crate) async fn repeated(
    connection: &mut PgConnection,
    operator: &Operator,
    what: &str,
    view: &str,
) -> Result<Option<Earlier>, RebuildError> {
    let before = earlier(connection, operator).await.map_err(doing("reading the audit"))?;
    match before {
        Some(before) if before.what == what && before.view.as_deref() == Some(view) => Ok(Some(before)),
        Some(_) => Err(RebuildError::KeyReused),
        None => Ok(None),
    }
}
