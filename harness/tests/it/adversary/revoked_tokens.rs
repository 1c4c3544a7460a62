//! revoked tokens
