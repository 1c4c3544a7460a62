//! Which addresses may be connected to: those of the public internet, and those that a setting names.
//!
//! An address that a partner names must not lead into the bank's own network. Whether it does is only known when its name has been
//! resolved, so it is the address that is checked, when it is connected to.
//! Source of the ranges: the IANA registries of special-purpose addresses (RFC 6890 and its updates).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Addresses with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Net {
    address: IpAddr,
    length: u8,
}

impl Net {
    const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), length }
    }

    const fn v6(a: u16, b: u16, c: u16, length: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), length }
    }

    fn contains(self, address: IpAddr) -> bool {
        let (ours, width) = bits(self.address);
        let (theirs, their_width) = bits(address);
        let shift = u32::from(width.saturating_sub(self.length));
        width == their_width && (ours ^ theirs).checked_shr(shift).unwrap_or_default() == 0
    }
}

fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

/// What an IPv4 address must not be.
const NOT_V4: [(Net, &str); 16] = [
    (Net::v4(0, 0, 0, 0, 8), "of this network"),
    (Net::v4(10, 0, 0, 0, 8), "private"),
    (Net::v4(100, 64, 0, 0, 10), "shared behind a provider (CGNAT)"),
    (Net::v4(127, 0, 0, 0, 8), "loopback"),
    (Net::v4(169, 254, 0, 0, 16), "link-local"),
    (Net::v4(172, 16, 0, 0, 12), "private"),
    (Net::v4(192, 0, 0, 0, 24), "reserved for protocols"),
    (Net::v4(192, 0, 2, 0, 24), "for documentation"),
    (Net::v4(192, 88, 99, 0, 24), "a 6to4 relay"),
    (Net::v4(192, 168, 0, 0, 16), "private"),
    (Net::v4(198, 18, 0, 0, 15), "for benchmarks"),
    (Net::v4(198, 51, 100, 0, 24), "for documentation"),
    (Net::v4(203, 0, 113, 0, 24), "for documentation"),
    (Net::v4(224, 0, 0, 0, 4), "multicast"),
    (Net::v4(255, 255, 255, 255, 32), "broadcast"),
    (Net::v4(240, 0, 0, 0, 4), "reserved"),
];

/// What an IPv6 address must not be. What leads to an IPv4 address is refused whole: there is a way to that address without it.
const NOT_V6: [(Net, &str); 11] = [
    (Net { address: IpAddr::V6(Ipv6Addr::LOCALHOST), length: 128 }, "loopback"),
    (Net { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), length: 128 }, "no address"),
    (Net { address: IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0)), length: 96 }, "an IPv4 address in IPv6"),
    (Net::v6(0x64, 0xff9b, 0, 32), "translated to IPv4 (NAT64)"),
    (Net::v6(0x2001, 0xdb8, 0, 32), "for documentation"),
    (Net::v6(0x2001, 0, 0, 23), "reserved for protocols"),
    (Net::v6(0x2002, 0, 0, 16), "an IPv4 address in IPv6 (6to4)"),
    (Net::v6(0x3fff, 0, 0, 20), "for documentation"),
    (Net::v6(0xfc00, 0, 0, 7), "private"),
    (Net::v6(0xfe80, 0, 0, 10), "link-local"),
    (Net::v6(0xff00, 0, 0, 8), "multicast"),
];

/// Where the public internet is, in IPv6.
const GLOBAL_V6: Net = Net::v6(0x2000, 0, 0, 3);

/// An address that webhooks are not sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("webhooks are not sent to {address}: it is {what}")]
pub struct Refused {
    /// The address.
    pub address: IpAddr,
    /// What it is.
    pub what: &'static str,
}

/// Which addresses may be connected to. By default those of the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    listed: Vec<Net>,
}

impl Addresses {
    /// Whether it may be connected to with TLS.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        if self.lists(address) {
            return Ok(());
        }
        let (table, otherwise) = match address {
            IpAddr::V4(_) => (NOT_V4.as_slice(), None),
            IpAddr::V6(_) => (NOT_V6.as_slice(), (!GLOBAL_V6.contains(address)).then_some("reserved")),
        };
        let found = table.iter().find(|(net, _)| net.contains(address)).map(|(_, what)| *what).or(otherwise);
        found.map_or(Ok(()), |what| Err(Refused { address, what }))
    }

    /// Whether it may be connected to without TLS: only if a setting names it.
    pub fn check_without_tls(&self, address: IpAddr) -> Result<(), Refused> {
        let what = "not listed in JANGBU_WEBHOOK_ALLOW, and the URL is not https";
        if self.lists(address) { Ok(()) } else { Err(Refused { address, what }) }
    }

    fn lists(&self, address: IpAddr) -> bool {
        self.listed.iter().any(|net| net.contains(address))
    }
}

/// Not a list of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address with the length of its prefix, such as 127.0.0.0/8 or fd00::/8")]
pub struct AddressesError(String);

impl FromStr for Addresses {
    type Err = AddressesError;

    /// Networks separated by commas; an address alone is a network of one.
    fn from_str(text: &str) -> Result<Self, AddressesError> {
        let nets = text.split(',').map(str::trim).filter(|net| !net.is_empty());
        let listed = nets.map(|net| parse(net).ok_or_else(|| AddressesError(net.to_owned())));
        Ok(Self { listed: listed.collect::<Result<_, _>>()? })
    }
}

fn parse(text: &str) -> Option<Net> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let (_, width) = bits(address);
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= width)?,
        None => width,
    };
    Some(Net { address, length })
}
