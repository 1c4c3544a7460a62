//! Where a request came from: for counting how often somebody tries, never for deciding who somebody is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderMap, HeaderName, request::Parts},
};

use crate::problem::Problem;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether a proxy in front of this server sends the client's address in `X-Forwarded-For`. Without one, anybody could
/// write there what they like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustForwarded(pub bool);

/// The address a request came from. Of an IPv6 address only the network is kept: one subscriber has all the addresses
/// in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(pub IpAddr);

impl Origin {
    fn of(peer: IpAddr, headers: &HeaderMap, trust: TrustForwarded) -> Self {
        let forwarded_address = if trust.0 { forwarded(headers) } else { None };
        Self(network(forwarded_address.unwrap_or(peer)))
    }
}

impl<S> FromRequestParts<S> for Origin
where
    S: Send + Sync,
    TrustForwarded: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        // A router that is called without a socket, as in a test, has no peer.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self::of(peer, &parts.headers, TrustForwarded::from_ref(state)))
    }
}

/// The last entry is the one our own proxy wrote; those before it are the client's tale.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let entry = last.rsplit(',').next()?.trim();
    entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The address as it is counted: of IPv6 the network.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(lines: &[&str], trust: bool) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().expect("a value"));
        }
        Origin::of(IpAddr::from([10, 0, 0, 1]), &headers, TrustForwarded(trust)).0.to_string()
    }

    #[test]
    fn only_what_our_own_proxy_wrote_is_believed() {
        assert_eq!(origin(&["6.6.6.6"], false), "10.0.0.1");
        assert_eq!(origin(&["6.6.6.6, 192.0.2.7"], true), "192.0.2.7");
        assert_eq!(origin(&["6.6.6.6", "5.5.5.5,192.0.2.7:4711"], true), "192.0.2.7");
        for nonsense in [&[][..], &[""], &["192.0.2.7, unknown"], &["192.0.2.7,"], &["_secret"]] {
            assert_eq!(origin(nonsense, true), "10.0.0.1", "{nonsense:?}");
        }
    }

    #[test]
    fn a_subscriber_is_a_network() {
        assert_eq!(origin(&["2001:db8:1:2:3:4:5:6"], true), "2001:db8:1:2::");
        assert_eq!(origin(&["[2001:db8:1:2::9]:443"], true), "2001:db8:1:2::");
        assert_eq!(origin(&["::ffff:192.0.2.7"], true), "192.0.2.7");
    }
}
