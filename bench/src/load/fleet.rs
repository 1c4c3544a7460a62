//! The accounts a load runs on: opened and funded through the API, as anybody's would be.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use kernel::{AccountId, Ids, MemberId, RandomIds};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Connection, Credentials, Request,
    template::{IdText, Template},
};

/// How many accounts, whose, and with how much.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    /// How many members own them.
    pub members: usize,
    /// How many accounts each owns.
    pub accounts_per_member: usize,
    /// The asset of all of them.
    pub asset: String,
    /// What each is funded with, in minor units.
    pub funds: i64,
    /// How many requests at once while opening and funding.
    pub connections: usize,
}

impl Default for FleetPlan {
    /// Ten accounts for each of a thousand members, rich enough that no transfer of the load is refused.
    fn default() -> Self {
        let (members, accounts_per_member, asset) = (1000, 10, "KRW".to_owned());
        Self { members, accounts_per_member, asset, funds: 10_i64.pow(12), connections: 128 }
    }
}

/// One account of the fleet.
#[derive(Clone, Debug)]
pub struct FundedAccount {
    /// Which.
    pub id: AccountId,
    /// The place of its owner among the members.
    pub owner: usize,
    pub(crate) text: IdText,
}

impl FundedAccount {
    /// Of the member at this place.
    pub fn new(id: AccountId, owner: usize) -> Self {
        let mut text = [0; 36];
        id.uuid().hyphenated().encode_lower(&mut text);
        Self { id, owner, text }
    }
}

/// Accounts, their owners and the owners' requests.
#[derive(Debug)]
pub struct Fleet {
    /// The accounts.
    pub accounts: Vec<FundedAccount>,
    /// The owners, each with a token.
    pub members: Vec<(MemberId, String)>,
    /// What each account was funded with.
    pub funds: i64,
    pub(crate) templates: Vec<Template>,
}

#[derive(Deserialize)]
struct Opened {
    account_id: AccountId,
}

impl Fleet {
    /// Opens and funds the accounts of a plan. Member ids come from `seed`, so that two fleets on one log differ.
    pub async fn set_up(
        plan: &FleetPlan,
        command: SocketAddr,
        credentials: &dyn Credentials,
        seed: u32,
    ) -> anyhow::Result<Arc<Self>> {
        let members: Vec<_> = (0..plan.members)
            .map(|i| MemberId::new(Uuid::from_u128(u128::from(seed) << 64 | (i as u128 + 1))))
            .map(|id| (id, credentials.member(id)))
            .collect();
        let count = plan.members * plan.accounts_per_member;
        let open = |i: usize| Job {
            path: "/v1/accounts",
            token: members[i % plan.members].1.clone(),
            key: RandomIds.fresh().to_string(),
            body: format!(r#"{{"asset":"{}"}}"#, plan.asset),
        };
        let opened = all(count, plan.connections, command, open).await.context("opening the accounts")?;
        let mut accounts = Vec::with_capacity(count);
        for (i, body) in opened.iter().enumerate() {
            let Opened { account_id: id } = serde_json::from_slice(body).context("reading an opened account")?;
            accounts.push(FundedAccount::new(id, i % plan.members));
        }
        let service = credentials.service();
        let fund = |i: usize| Job {
            path: "/v1/deposits",
            token: service.clone(),
            key: RandomIds.fresh().to_string(),
            body: format!(
                r#"{{"account_id":"{}","money":{{"asset":"{}","amount":"{}"}},"reference":"load"}}"#,
                accounts[i].id, plan.asset, plan.funds
            ),
        };
        if plan.funds > 0 {
            all(count, plan.connections, command, fund).await.context("funding the accounts")?;
        }
        Ok(Arc::new(Self::new(accounts, members, &plan.asset, plan.funds)))
    }

    /// Accounts that are there already.
    pub fn of(
        accounts: Vec<FundedAccount>,
        members: impl Iterator<Item = MemberId>,
        (asset, funds): (&str, i64),
        credentials: &dyn Credentials,
    ) -> Arc<Self> {
        let members = members.map(|id| (id, credentials.member(id))).collect();
        Arc::new(Self::new(accounts, members, asset, funds))
    }

    fn new(accounts: Vec<FundedAccount>, members: Vec<(MemberId, String)>, asset: &str, funds: i64) -> Self {
        let templates = members.iter().map(|(_, token)| Template::new(token, asset)).collect();
        Self { accounts, members, funds, templates }
    }

    /// The request for a transfer between two of the accounts, whose key is made of these numbers and the time.
    pub fn request(&self, key: (u32, u64), payer: usize, payee: usize, amount: u16) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        let (payer, payee) = (&self.accounts[payer], &self.accounts[payee]);
        self.templates[payer.owner].write(&mut bytes, key, &payer.text, &payee.text, amount);
        bytes
    }

    /// The token of an account's owner.
    pub fn owner_token(&self, account: usize) -> &str {
        &self.members[self.accounts[account].owner].1
    }
}

struct Job {
    path: &'static str,
    token: String,
    key: String,
    body: String,
}

/// Posts so many jobs over so many connections, each until it is answered 201; the bodies, in order.
async fn all(
    count: usize,
    connections: usize,
    address: SocketAddr,
    job: impl Fn(usize) -> Job + Sync,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let next = &AtomicUsize::new(0);
    let job = &job;
    let workers = (0..connections.min(count)).map(|_| async move {
        let mut connection = Connection::to(address);
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return anyhow::Ok(done);
            }
            done.push((i, post(&mut connection, &job(i)).await?));
        }
    });
    let mut bodies = vec![Vec::new(); count];
    for (i, body) in futures::future::try_join_all(workers).await?.into_iter().flatten() {
        bodies[i] = body;
    }
    Ok(bodies)
}

/// One command under one key, again while the server says "not now" or the connection breaks.
async fn post(connection: &mut Connection, job: &Job) -> anyhow::Result<Vec<u8>> {
    let mut last = String::new();
    for attempt in 0..50 {
        let headers = [("idempotency-key", job.key.as_str())];
        let request = Request {
            method: "POST",
            path: job.path,
            token: &job.token,
            headers: &headers,
            body: &job.body,
            content_type: "",
        };
        match connection.send(&request).await {
            Ok(reply) if reply.status == 201 => return Ok(reply.body.to_vec()),
            Ok(reply) => {
                last = format!("{} {}", reply.status, String::from_utf8_lossy(reply.body));
                if !matches!(reply.status, 409 | 429 | 503) {
                    break;
                }
            }
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(20 * (attempt + 1))).await;
    }
    bail!("POST {} was answered {last}", job.path)
}
