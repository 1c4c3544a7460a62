//! frozen processes
