//! Operators with accounts: how they log in, what each role may do, and that the log says who did what and why.

mod acts;
mod log_ins;
mod oidc;
mod rights;
