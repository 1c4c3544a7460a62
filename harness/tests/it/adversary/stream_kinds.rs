//! stream kinds
