//! Why an audit could not be finished.

/// Why an audit could not be finished. What it finds wrong is no error, but part of the report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A database answered with an error.
    #[error("{doing} failed")]
    Query {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// What has left the database of the log cannot be read.
    #[error("the archive of the log cannot be read")]
    Archive(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is to be audited is not there.
    #[error("{0}")]
    Absent(&'static str),
}

/// Names what a query was for, when it fails.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> AuditError {
    move |source| AuditError::Query { doing, source }
}
