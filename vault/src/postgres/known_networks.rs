//! The networks from which members log in.

use async_trait::async_trait;
use kernel::{MemberId, StreamId};
use uuid::Uuid;

use super::{PostgresVault, classify::failed};
use crate::{KnownNetworks, VaultError};

#[async_trait]
impl KnownNetworks for PostgresVault {
    async fn knows_network(&self, login: StreamId, network: Uuid) -> Result<bool, VaultError> {
        sqlx::query_scalar!(
            r#"select exists (
                   select from vault.credentials c join vault.known_networks k on k.member_id = c.member_id
                   where c.login = $1 and k.network = $2
               ) as "known!""#,
            login.uuid(),
            network
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)
    }

    async fn remember_network(&self, member: MemberId, network: Uuid) -> Result<(), VaultError> {
        // Once a day is enough: the row says whether the network is still in use. Without a data key there is no member.
        sqlx::query!(
            "insert into vault.known_networks (member_id, network)
             select member_id, $2 from vault.data_keys where member_id = $1 for key share
             on conflict (member_id, network) do update set seen_at = excluded.seen_at
                 where known_networks.seen_at < clock_timestamp() - interval '1 day'",
            member.uuid(),
            network
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }
}
