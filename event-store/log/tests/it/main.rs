//! Slices: whatever bytes come in, what comes out is a contiguous run of whole commits, or an error.

mod slice;
