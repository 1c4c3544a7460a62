//! The webhooks.

use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{Actor, MemberId, WebhookId};
use sqlx::types::Json;
use uuid::Uuid;

use super::base::{Store, StoreError};
use crate::{
    endpoint::{Endpoint, SecretInForce, Wanted},
    health::{Health, StopReason},
};

struct Row {
    webhook_id: Uuid,
    owner_role: String,
    owner_id: Uuid,
    url: String,
    filter: Vec<String>,
    secrets: Json<Vec<SecretInForce>>,
    wanted: String,
    failing_since: Option<DateTime<Utc>>,
    paused_until: Option<DateTime<Utc>>,
    stopped_at: Option<DateTime<Utc>>,
    stopped_because: Option<String>,
}

impl Row {
    fn into_endpoint(self) -> Option<Endpoint> {
        let reason = match self.stopped_because {
            Some(reason) => Some(StopReason::named(&reason)?),
            None => None,
        };
        Some(Endpoint {
            id: WebhookId::new(self.webhook_id),
            owner: Actor { role: self.owner_role.parse().ok()?, id: MemberId::new(self.owner_id) },
            url: self.url,
            filter: self.filter,
            secrets: self.secrets.0,
            wanted: Wanted::named(&self.wanted)?,
            health: Health {
                failing_since: self.failing_since,
                paused_until: self.paused_until,
                stopped: self.stopped_at.zip(reason),
            },
        })
    }
}

impl Store {
    /// All webhooks that were not deleted.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select webhook_id, owner_role, owner_id, url, filter, secrets as "secrets: Json<Vec<SecretInForce>>", wanted,
                   failing_since, paused_until, stopped_at, stopped_because
               from webhooks.endpoints where wanted <> 'deleted'"#
        )
        .fetch_all(&self.pool)
        .await?;
        let endpoints = rows.into_iter().map(Row::into_endpoint);
        endpoints.collect::<Option<_>>().ok_or(StoreError::Unknown("endpoints"))
    }
}

pub(super) async fn keep(transaction: &mut Transaction<'static>, endpoint: &Endpoint) -> Result<(), StoreError> {
    let Health { failing_since, paused_until, stopped } = endpoint.health;
    sqlx::query!(
        "insert into webhooks.endpoints (webhook_id, owner_role, owner_id, url, filter, secrets, wanted, failing_since,
            paused_until, stopped_at, stopped_because)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (webhook_id) do update set url = excluded.url, filter = excluded.filter, secrets = excluded.secrets,
            wanted = excluded.wanted, failing_since = excluded.failing_since, paused_until = excluded.paused_until,
            stopped_at = excluded.stopped_at, stopped_because = excluded.stopped_because",
        endpoint.id.uuid(),
        endpoint.owner.role.as_str(),
        endpoint.owner.id.uuid(),
        endpoint.url,
        &endpoint.filter,
        Json(&endpoint.secrets) as _,
        endpoint.wanted.as_str(),
        failing_since,
        paused_until,
        stopped.map(|(at, _)| at),
        stopped.map(|(_, reason)| reason.as_str())
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
