//! All ports of the vault as one.

use crate::{
    Credentials, Devices, Erasures, Keys, KnownNetworks, Messages, Notifications, Operators, Partners, PasswordResets,
    Revocations, Sessions, Webhooks,
};

/// All of it.
pub trait Vault:
    Keys
    + Credentials
    + PasswordResets
    + Sessions
    + KnownNetworks
    + Devices
    + Notifications
    + Revocations
    + Messages
    + Erasures
    + Webhooks
    + Partners
    + Operators
{
}

impl<T> Vault for T where
    T: Keys
        + Credentials
        + PasswordResets
        + Sessions
        + KnownNetworks
        + Devices
        + Notifications
        + Revocations
        + Messages
        + Erasures
        + Webhooks
        + Partners
        + Operators
{
}
