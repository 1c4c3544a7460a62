//! signing keys
