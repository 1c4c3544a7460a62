//! Events on the streams of password resets.
//!
//! Whether a login id has a member is not recorded before the code was right: a reset of a login id that nobody has looks the same.

use chrono::{DateTime, Utc};
use kernel::{MemberId, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event_type::event_types;

event_types! {
    /// An event of a password reset.
    PasswordReset(PasswordResetEvent) {
        /// Somebody asked for another password for a login id. First on the reset's stream.
        Started(PasswordResetStarted) = 1, opens;
        /// A wrong code was given for a reset.
        CodeRefused(PasswordResetCodeRefused) = 1, on;
        /// The code was right: the member has another password. Last on the reset's stream.
        Completed(PasswordResetCompleted) = 1, on;
    }
}

/// Somebody asked for another password for a login id. The code goes to the contact of the member who has it, if one does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordResetStarted {
    /// The reservation of the login id, whether or not a member has it.
    pub login_key: StreamId,
    /// When the code, and the reset with it, ends.
    pub expires_at: DateTime<Utc>,
}

/// A wrong code was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordResetCodeRefused {
    /// How many wrong ones are still allowed.
    pub tries_left: u32,
}

/// The code was right. The event [`super::PasswordChanged`] of the member stands in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordResetCompleted {
    /// Whose password it is.
    pub member: MemberId,
    /// Under which id the vault keeps the hash of the new password until it is in force.
    pub password: Uuid,
}
