//! What crosses the fence between the command side and the readers: the recorded form of every event.
//!
//! `openapi/` beside this crate's sources holds the generated HTTP documents.

pub mod recorded;
