//! Data to standard output, for people or for programs; the rest to standard error.

mod confirm;
mod show;
mod table;
mod text;

pub use self::{
    confirm::Confirm,
    show::Output,
    table::Table,
    text::{one_or_all, thousands, wrap},
};
