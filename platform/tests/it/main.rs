//! The edge as clients meet it.

mod auth;
mod checked_again;
mod edge;
mod key_file;
mod metric_names;
mod monitoring;
mod operators;
mod ops;
mod partners;
mod serve;
mod support;
