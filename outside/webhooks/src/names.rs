//! Names become addresses in one place, which keeps back those that may not be connected to.
//!
//! The client connects to what it is given here and asks nobody again, so a name whose address changes between the check and the
//! connection gains nothing.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::addresses::{Addresses, Refused};

/// What knows the addresses of names.
pub trait Names: Send + Sync {
    /// All addresses of a name.
    fn look_up(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tls,
    Plain,
}

impl Transport {
    pub(crate) fn check(self, addresses: &Addresses, address: IpAddr) -> Result<(), Refused> {
        match self {
            Self::Tls => addresses.check(address),
            Self::Plain => addresses.check_without_tls(address),
        }
    }
}

/// The resolver of a client: it gives only addresses that may be connected to.
pub(crate) struct CheckedNames {
    pub names: Arc<dyn Names>,
    pub addresses: Addresses,
    pub transport: Transport,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.names.look_up(name.as_str().to_owned());
        let (addresses, transport) = (self.addresses.clone(), self.transport);
        Box::pin(async move {
            let (mut allowed, mut refused) = (Vec::new(), None);
            for address in found.await? {
                match transport.check(&addresses, address) {
                    Ok(()) => allowed.push(SocketAddr::new(address, 0)),
                    Err(why) => refused = Some(why),
                }
            }
            match refused {
                Some(why) if allowed.is_empty() => Err(why.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
