//! silent dependencies
