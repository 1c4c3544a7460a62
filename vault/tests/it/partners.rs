//! Keys of partners that were revoked, and quotas.

use kernel::{PartnerId, PartnerKeyId, Position};
use vault::{PartnerQuota, Partners, Revocations};

use crate::fixture::{VaultFixture, id};

#[tokio::test]
async fn a_revoked_key_is_among_the_revocations_once() {
    let fixture = VaultFixture::new().await;
    let key = PartnerKeyId::new(id());
    for _ in 0..2 {
        fixture.vault.revoke_key(key).await.unwrap();
    }
    let revoked = fixture.vault.revoked_after(0).await.unwrap();
    assert_eq!(revoked.iter().map(|revocation| revocation.subject).collect::<Vec<_>>(), [key.uuid()]);
    fixture.end().await;
}

/// The processes follow the log again after a crash, or after the vault was restored: an older quota comes after a newer one.
#[tokio::test]
async fn the_newest_quota_counts_in_whatever_order_they_come() {
    let fixture = VaultFixture::new().await;
    let (partner, other) = (PartnerId::new(id()), PartnerId::new(id()));
    let quota = |number| PartnerQuota { requests_per_second: Some(number), burst: None };
    let none = PartnerQuota { requests_per_second: None, burst: None };
    fixture.vault.keep_quota(partner, quota(5), Position::new(10)).await.unwrap();
    fixture.vault.keep_quota(partner, quota(7), Position::new(20)).await.unwrap();
    fixture.vault.keep_quota(partner, quota(5), Position::new(10)).await.unwrap();
    fixture.vault.keep_quota(other, none, Position::new(30)).await.unwrap();
    let mut kept = fixture.reader().quotas().await.unwrap();
    kept.sort_by_key(|(partner, _)| partner.uuid() == other.uuid());
    assert_eq!(kept, [(partner, quota(7)), (other, none)]);
    fixture.end().await;
}
