//! forged slices
