//! refresh retry
