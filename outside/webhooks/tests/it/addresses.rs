//! Which addresses may be connected to.

use std::net::IpAddr;

use webhook_sender::addresses::Addresses;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn what_is_not_of_the_public_internet_is_refused() {
    let refused = [
        ("0.0.0.0", "of this network"),
        ("0.255.255.255", "of this network"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "shared behind a provider (CGNAT)"),
        ("100.127.255.255", "shared behind a provider (CGNAT)"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "reserved for protocols"),
        ("192.0.2.1", "for documentation"),
        ("192.88.99.1", "a 6to4 relay"),
        ("192.168.255.1", "private"),
        ("198.18.0.1", "for benchmarks"),
        ("198.19.255.255", "for benchmarks"),
        ("198.51.100.7", "for documentation"),
        ("203.0.113.9", "for documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "no address"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "an IPv4 address in IPv6"),
        ("::ffff:8.8.8.8", "an IPv4 address in IPv6"),
        ("64:ff9b::7f00:1", "translated to IPv4 (NAT64)"),
        ("64:ff9b:1::a00:1", "translated to IPv4 (NAT64)"),
        ("100::1", "reserved"),
        ("2001::1", "reserved for protocols"),
        ("2001:db8::1", "for documentation"),
        ("2002:7f00:1::", "an IPv4 address in IPv6 (6to4)"),
        ("3fff::1", "for documentation"),
        ("5f00::1", "reserved"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ];
    for (text, what) in refused {
        let refused = Addresses::default().check(address(text)).expect_err(text);
        assert_eq!(refused.what, what, "{text}");
    }
}

#[test]
fn what_is_of_the_public_internet_may_be_connected_to_with_tls() {
    let allowed = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00:1450::1",
    ];
    for text in allowed {
        assert_eq!(Addresses::default().check(address(text)), Ok(()), "{text}");
        Addresses::default().check_without_tls(address(text)).expect_err(text);
    }
}

#[test]
fn what_a_setting_lists_may_be_connected_to() {
    let addresses: Addresses = "127.0.0.0/8, fd00::/8,10.1.2.3".parse().unwrap();
    for text in ["127.0.0.1", "fd00::1", "10.1.2.3"] {
        assert_eq!(addresses.check(address(text)), Ok(()), "{text}");
        assert_eq!(addresses.check_without_tls(address(text)), Ok(()), "{text}");
    }
    for text in ["10.1.2.4", "fc00::1", "::1", "::ffff:127.0.0.1"] {
        addresses.check(address(text)).expect_err(text);
    }
    assert_eq!(addresses.check(address("1.1.1.1")), Ok(()), "the public internet stays allowed");
    let everything: Addresses = "0.0.0.0/0,::/0".parse().unwrap();
    assert_eq!(everything.check(address("10.0.0.1")), Ok(()));
    assert_eq!(everything.check(address("::1")), Ok(()));
}

#[test]
fn a_list_that_cannot_be_read_is_an_error() {
    assert_eq!("".parse::<Addresses>(), Ok(Addresses::default()));
    for text in ["127.0.0.0/33", "::/129", "localhost", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/-1"] {
        text.parse::<Addresses>().expect_err(text);
    }
}
