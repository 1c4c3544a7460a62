//! The site that an address belongs to.

use std::net::{IpAddr, Ipv6Addr};

/// Of IPv6 the /48 network, of IPv4 the address itself.
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
