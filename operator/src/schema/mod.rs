//! The schema and the grants of a database, beside what this build expects: `doctor` reports what differs, `repair` grants
//! what is missing.

mod compared;
mod generations;
mod roles;

pub use compared::Compared;
