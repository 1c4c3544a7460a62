//! Tests.

mod commits;
mod every_event;
mod schemas;
mod translate;
