//! The process `partners`: what the log says of partners is told to the servers, through the vault.
//!
//! Whoever revokes a key or sets quotas tells the vault at once; this makes sure of it when that server ended in between, and when the
//! vault came back from a backup. The effects may come again: a revocation is one, and an older quota changes nothing.

use async_trait::async_trait;
use events::recorded::{Event, PartnerEvent, PartnerKeyEvent, PartnerKeyRevoked, PartnerQuotasSet};
use kernel::{PartnerId, PartnerKeyId};
use log::ProcessInstance;
use vault::{NewMessage, PartnerQuota};

use super::process::{Change, Followed, Next, Process, ProcessError};
use crate::commands::Members;

/// It has no instances.
pub struct TellPartners {
    members: Members,
}

#[async_trait]
impl Process for TellPartners {
    fn name(&self) -> &'static str {
        "partners"
    }

    fn events(&self) -> &'static [&'static str] {
        &[PartnerQuotasSet::NAME, PartnerKeyRevoked::NAME]
    }

    fn on(&self, _: &Followed) -> Vec<Change> {
        Vec::new()
    }

    async fn effects(&self, followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        let (vault, stream) = (&self.members.shared.vault, followed.picked.event.stream.uuid());
        let told = match &followed.event {
            Event::Partner(PartnerEvent::QuotasSet(set)) => {
                let quota = PartnerQuota { requests_per_second: set.requests_per_second, burst: set.burst };
                vault.keep_quota(PartnerId::new(stream), quota, followed.picked.position).await
            }
            Event::PartnerKey(PartnerKeyEvent::Revoked(_)) => vault.revoke_key(PartnerKeyId::new(stream)).await,
            _ => Ok(()),
        };
        told.map_err(ProcessError::Vault)?;
        Ok(Vec::new())
    }

    async fn step(&self, _: &ProcessInstance) -> Result<Next, ProcessError> {
        Ok(Next::Done)
    }
}

impl TellPartners {
    pub fn new(members: Members) -> Self {
        Self { members }
    }
}
