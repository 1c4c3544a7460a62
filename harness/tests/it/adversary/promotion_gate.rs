//! promotion gate
