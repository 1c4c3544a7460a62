//! Ports of this machine.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// Below the ports that the kernel gives to connections (`net.ipv4.ip_local_port_range`, from 32768), and above those with a name.
const PORTS: std::ops::Range<u16> = 10_240..32_000;
const TRIES: usize = 100;

/// A port nobody listens on now. The program that it is for takes it a moment later: a port that the kernel may give to any connection
/// meanwhile would be taken now and then.
pub fn free_port() -> Result<u16> {
    let drawn = || PORTS.start + rand::random::<u16>() % (PORTS.end - PORTS.start);
    (0..TRIES).map(|_| drawn()).find(|port| port_is_free(*port)).context("no free port")
}

/// Whether nobody listens on this port.
pub fn port_is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
