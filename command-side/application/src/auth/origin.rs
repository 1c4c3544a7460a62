//! Where a request came from, as a keyed hash: addresses are kept nowhere.

use std::net::IpAddr;

use uuid::Uuid;

use super::{AuthService, site::site};

impl AuthService {
    /// Whom the messages of a sign-up or a reset are charged to. An address of this very machine is that of a proxy whose header
    /// is not trusted: it stands for everybody, so nobody in particular is charged. Of IPv6 the site (/48) is charged: one customer
    /// of a provider often has all of its networks.
    pub(super) fn origin(&self, from: IpAddr) -> Option<Uuid> {
        let tells = !from.is_loopback() && !from.is_unspecified();
        tells.then(|| Uuid::from_bytes(self.vault().names().throttle("origin", &site(from).to_string())))
    }
}
