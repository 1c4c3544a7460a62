//! Where a request came from, as a keyed hash: addresses are kept nowhere.

use std::net::{IpAddr, Ipv6Addr};

use uuid::Uuid;

use super::AuthService;

impl AuthService {
    /// Whom the messages of a sign-up or a reset are charged to. An address of this very machine is that of a proxy whose header
    /// is not trusted: it stands for everybody, so nobody in particular is charged. Of IPv6 the site (/48) is charged: one customer
    /// of a provider often has all of its networks.
    pub(super) fn origin(&self, from: IpAddr) -> Option<Uuid> {
        let tells = !from.is_loopback() && !from.is_unspecified();
        tells.then(|| Uuid::from_bytes(self.vault().names().throttle("origin", &site(from).to_string())))
    }
}

/// The site that an address belongs to.
pub(super) fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_many_networks() {
        let site_of = |text: &str| site(text.parse().expect("an address")).to_string();
        assert_eq!(site_of("2001:db8:1:2::"), "2001:db8:1::");
        assert_eq!(site_of("2001:db8:1:ffff::"), "2001:db8:1::");
        assert_eq!(site_of("2001:db8:2:2::"), "2001:db8:2::");
        assert_eq!(site_of("192.0.2.7"), "192.0.2.7");
    }
}
