//! Extractors whose rejections are problems.

mod csv;
mod form;
mod json;
mod multipart;
mod object;
mod path;
mod query;

pub use csv::Csv;
pub use form::Form;
pub(crate) use json::too_large;
pub use json::{Json, OptionalJson};
pub use multipart::{Multipart, Part};
pub use object::{object, objects};
pub use path::Path;
pub use query::Query;
