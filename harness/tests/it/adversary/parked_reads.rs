//! parked reads
