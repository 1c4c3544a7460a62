//! The recorded events: what was ever stored is read for ever, and what is written is read back the same.

mod corpus;
mod fields;
mod golden;
mod round_trip;
