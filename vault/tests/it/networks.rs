//! From where members log in.

use vault::{Credentials, Erasures, KnownNetworks};

use crate::fixture::{VaultFixture, id, later, now};

#[tokio::test]
async fn a_network_is_known_to_its_member_until_it_was_not_used_for_long_or_they_are_erased() {
    let fixture = VaultFixture::new().await;
    let ((one, login), (two, other)) = (fixture.joined().await, fixture.joined().await);
    let (home, elsewhere) = (id(), id());
    for _ in 0..3 {
        fixture.vault.remember_network(one, home).await.unwrap();
    }
    fixture.vault.remember_network(two, elsewhere).await.unwrap();
    fixture.vault.remember_network(crate::fixture::member(), home).await.unwrap();
    assert_eq!(fixture.count("known_networks").await, 2, "nobody has none");
    assert!(fixture.vault.knows_network(login, home).await.unwrap());
    assert!(!fixture.vault.knows_network(login, elsewhere).await.unwrap());
    assert!(!fixture.vault.knows_network(other, home).await.unwrap());
    assert!(!fixture.vault.knows_network(kernel::StreamId::new(id()), home).await.unwrap());
    fixture.execute("update vault.known_networks set seen_at = seen_at - interval '170 days'").await;
    fixture.vault.remember_network(two, elsewhere).await.unwrap();
    fixture.execute("update vault.known_networks set seen_at = seen_at - interval '20 days'").await;
    fixture.vault.sweep(later(-3600)).await.unwrap();
    assert!(!fixture.vault.knows_network(login, home).await.unwrap());
    assert!(fixture.vault.knows_network(other, elsewhere).await.unwrap());
    fixture.vault.erase(id(), two, "member:x", now(), now()).await.unwrap();
    assert_eq!(fixture.count("known_networks").await, 0);
    fixture.end().await;
}
