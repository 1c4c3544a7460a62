//! The command server: wiring only. It names every part and holds no rule.

pub mod channels;
mod config;
mod executor;
pub mod forwarding;
mod internal;
mod key_rotation;
mod leading;
mod members;
mod oidc;
mod router;
mod run;
mod services;
mod tokens;

pub use config::{Config, MemberConfig, OperatorConfig, OutsideConfig, Rotator};
pub use run::run;
