//! erasure fence
