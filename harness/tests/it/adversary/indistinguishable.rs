//! indistinguishable
