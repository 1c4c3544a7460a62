//! Telling a member of a log-in from a device or network that is new.

use std::error::Error;

use kernel::{MemberId, NotificationKind};
use uuid::Uuid;
use vault::NewNotification;

use super::{AuthError, AuthService};
use crate::notifications::{WORTH_TELLING, mail_for};

impl AuthService {
    /// The member came in from this network: it is remembered, and if it is new, they are told in the same transaction. The session does not
    /// depend on it.
    pub(super) async fn note_log_in(&self, member: MemberId, network: Uuid) {
        if !self.members().shared.options.notifies {
            return self.remember(member, network).await;
        }
        if let Err(error) = self.try_to_note(member, network).await {
            tracing::warn!(error = &error as &dyn Error, "the network of a log-in cannot be remembered");
        }
    }

    async fn try_to_note(&self, member: MemberId, network: Uuid) -> Result<(), AuthError> {
        if !self.vault().is_new_network(member, network).await? {
            return Ok(self.vault().remember_network(member, network).await?);
        }
        let (kind, at) = (NotificationKind::NewDevice, self.0.parts.clock.now());
        let mail = match self.vault().wishes(&[member]).await?.first() {
            Some(wishes) => mail_for(self.members(), wishes, kind, at).await?,
            None => None,
        };
        let notification = NewNotification {
            id: self.0.parts.ids.fresh(),
            member,
            kind: kind.as_str(),
            about: String::new(),
            at,
            until: at + WORTH_TELLING,
            mail,
        };
        Ok(self.vault().note_log_in(member, network, &notification).await?)
    }
}
