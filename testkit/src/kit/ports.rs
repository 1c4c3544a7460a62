//! Ports of this machine.

use std::{
    net::{Ipv4Addr, TcpListener},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};

/// Below the ports that the kernel gives to connections (`net.ipv4.ip_local_port_range`, from 32768), and above those with a name.
const PORTS: std::ops::Range<u16> = 10_240..32_000;
const TRIES: usize = 100;

/// What marks the ports that this process has drawn, until it ends.
static MARKS: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port nobody listens on now, and that no other process draws while this one lives.
///
/// The program that it is for takes it a moment later, and may give it back and take it again. Among the tests of one run, two that drew
/// the same port would meet now and then.
pub fn free_port() -> Result<u16> {
    let drawn = || PORTS.start + rand::random::<u16>() % (PORTS.end - PORTS.start);
    (0..TRIES).map(|_| drawn()).find(|port| mark(*port) && port_is_free(*port)).context("no free port")
}

/// Whether nobody listens on this port.
pub fn port_is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether nobody has marked the port before. A mark is a socket with a name that is no file (unix(7), abstract): it belongs to the
/// same network namespace as the port, and it goes with the process, however that ends.
fn mark(port: u16) -> bool {
    let named = SocketAddr::from_abstract_name(format!("jangbu-port-{port}"));
    let Ok(mark) = named.and_then(|name| UnixListener::bind_addr(&name)) else { return false };
    MARKS.lock().unwrap_or_else(PoisonError::into_inner).push(mark);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_drawn_once() {
        let port = free_port().unwrap();
        assert!(port_is_free(port), "it was given to somebody");
        assert!(!mark(port), "it can be drawn again");
    }
}
