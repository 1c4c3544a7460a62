//! Room under construction.

pub mod load;
