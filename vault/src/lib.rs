//! The vault: data keys, passwords, sessions, credentials of operators, devices, waiting messages and erasure certificates, in a database of its own.
//!
//! What it seals opens only with a member's data key, only at its place; destroying the key erases the member from every
//! event, view, archive and backup at once (crypto-shredding). Knows nothing of HTTP, of the log or of money.

mod data_key;
mod devices;
mod error;
mod kek;
mod key_epochs;
mod known_networks;
mod names;
mod notifications;
mod operators;
mod partners;
mod password;
mod password_resets;
mod port;
mod postgres;
mod totp;
mod webhook_secrets;
mod whole;

pub use data_key::{DataKey, OpenError};
pub use devices::{DeviceCommand, DeviceOutcome, Devices, KeptDevice, KeptPreferences, NewDevice};
pub use error::{KekFault, VaultError};
pub use kek::{AddressError, FileKek, Kek, KekAddress, KekError, KeyFile, Purpose, TransitKek, Wrapped};
pub use key_epochs::{Copies, KeyEpoch, KeySchedule};
pub use known_networks::KnownNetworks;
pub use names::Names;
pub use notifications::{DuePush, NewNotification, NotificationCursor, Notifications, QUIET_HOURS, Wishes};
pub use operators::{NewOperatorSession, OperatorCredentials, OperatorProof, OperatorSession, Operators, SessionPlace};
pub use partners::{PartnerQuota, Partners};
pub use password::{Busy, PasswordParams, PasswordParamsError, Passwords, Verified};
pub use password_resets::PasswordResets;
pub use port::{
    Certificate, Charge, Credentials, DueMessage, Erasures, KeptSession, Keys, MessageBudget, Messages, NewMessage,
    Notice, PasswordHash, Pending, Queued, RefreshRetry, Revocation, Revocations, Rotation, SentCode, Sessions,
    TokenDigest, WaitingMessages,
};
pub use postgres::WebhookKeyReader;
pub use postgres::{KekWatch, KeyCount, Keyring, PostgresVault, RevocationReader, Rewrapped, Rotated, VaultReader};
pub use totp::TotpSecret;
pub use webhook_secrets::{WebhookSecret, WebhookSecrets, Webhooks};
pub use whole::Vault;
