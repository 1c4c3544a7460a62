//! The bank of the demonstration, and who uses it.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use kernel::{Actor, MemberId, Role};
use testkit::{
    client::{Bank, Caller},
    kit::Keys,
};
use uuid::Uuid;

/// Where the bank answers.
pub struct Addresses<'a> {
    pub command_url: &'a str,
    pub query_url: &'a str,
}

/// The names of the demonstration's people and keys: the same in every run, so that a run again is a replay.
pub const PEOPLE: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f64_656d_6f00_0000_0001);

/// What every step needs.
pub struct DemoBank {
    pub api: Bank,
    /// Books deposits and withdrawals.
    pub clerk: Caller,
    /// Reads everything.
    pub operator: Caller,
    /// Which file this is: part of every name and key.
    pub data_set: String,
    pub connections: usize,
}

impl DemoBank {
    /// A bank at these addresses, with the key that its tokens are signed with.
    pub fn open(at: Addresses<'_>, signing_key: &Path, data_set: String, connections: usize) -> Result<Self> {
        let dir = signing_key.parent().context("the path of the signing key has no folder")?;
        let api = Bank::new(at.command_url, at.query_url, Arc::new(Keys::open(dir)?))?;
        let caller = |role, name: &str| api.caller(Actor { role, id: someone(name) });
        let (clerk, operator) = (caller(Role::Service, "clerk"), caller(Role::Operator, "operator"));
        Ok(Self { clerk, operator, api, data_set, connections: connections.max(1) })
    }

    /// The owner of an account of the file.
    pub fn owner(&self, account: &str) -> Caller {
        let id = someone(&format!("{}/owner/{account}", self.data_set));
        self.api.caller(Actor { role: Role::Member, id })
    }

    /// The key of one thing to be done.
    pub fn key(&self, what: &str) -> String {
        format!("{}/{what}", self.data_set)
    }
}

fn someone(name: &str) -> MemberId {
    MemberId::new(Uuid::new_v5(&PEOPLE, name.as_bytes()))
}
