//! How command servers of one bank find and trust each other.

use std::{net::SocketAddr, path::PathBuf};

/// How command servers of one bank find and trust each other.
#[derive(Clone, Debug, clap::Args)]
pub struct InternalConfig {
    /// Where commands of the other command servers are taken, in a private network; with port 0, at any free port
    #[arg(long, env = "JANGBU_INTERNAL_ADDR", default_value = "127.0.0.1:0")]
    pub internal_addr: SocketAddr,
    /// Where the other command servers reach that address, as HOST:PORT; without it, the address itself
    #[arg(long, env = "JANGBU_INTERNAL_ADVERTISE")]
    pub internal_advertise: Option<String>,
    /// The key that all command servers of the bank share; without it, a server executes commands only while it leads
    #[arg(long, env = "JANGBU_INTERNAL_KEY_FILE")]
    pub internal_key_file: Option<PathBuf>,
}
