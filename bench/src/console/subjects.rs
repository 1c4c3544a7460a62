//! What the pages show: of the accounts and transfers that were filled some, and one of everything else that a bank has.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use super::setup::{ConsoleBench, Staff};
use crate::{caller::Caller, connection::connect, fill, load::Fleet};

/// How many of each kind the visits go through.
const MANY: usize = 200;
/// How long the webhook may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows of a payout run.
const ROWS: usize = 1000;
/// Approvals that are asked for.
const APPROVALS: usize = 20;
/// Transfers of the member whose wallet is shown, and holds.
const OWN: (usize, usize) = (200, 5);

/// Ids as they stand in addresses.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub accounts: Vec<String>,
    pub numbers: Vec<String>,
    /// Members with many accounts.
    pub owners: Vec<String>,
    /// The account with the longest statement.
    pub busy: String,
    pub transfers: Vec<String>,
    pub positions: Vec<i64>,
    pub references: Vec<String>,
    pub members: Vec<String>,
    pub holds: Vec<String>,
    pub payout_runs: Vec<String>,
    pub partners: Vec<String>,
    pub webhooks: Vec<String>,
    pub approvals: Vec<String>,
    pub operators: Vec<String>,
    /// Ids that nothing has.
    pub unknown: Vec<String>,
    pub own: Own,
}

/// What the member has whose wallet is shown.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub account: String,
    pub transfers: Vec<String>,
    pub holds: Vec<String>,
}

fn text(body: &Value, field: &str) -> Result<String> {
    Ok(body[field].as_str().with_context(|| format!("no {field} in {body}"))?.to_owned())
}

impl Subjects {
    /// Makes what there is none of, and chooses among the rest.
    pub async fn make(bench: &mut ConsoleBench, person: &(String, String)) -> Result<Self> {
        let mut subjects = Self::default();
        let fleet = bench.fleet.clone();
        subjects.chosen(bench, &fleet).await?;
        subjects.paid(bench, &fleet).await?;
        subjects.outside(bench, &fleet).await?;
        subjects.asked(bench).await?;
        subjects.own = Own::make(bench, &fleet, person).await?;
        Ok(subjects)
    }

    /// Of the accounts and transfers that were filled.
    async fn chosen(&mut self, bench: &ConsoleBench, fleet: &Fleet) -> Result<()> {
        let databases = &bench.bank.plan().databases;
        let count = bench.plan.accounts;
        let step = (count / MANY as i64).max(1);
        self.accounts = (0..MANY as i64).map(|n| fill::account(1 + n * step % count).id.to_string()).collect();
        self.owners = fleet.members.iter().take(MANY).map(|(id, _)| id.to_string()).collect();
        self.busy = fleet.accounts[0].id.to_string();
        self.unknown = (0..MANY).map(|_| RandomIds.fresh().to_string()).collect();
        let mut views = connect(&databases.views.superuser_url()).await?;
        let numbers = "select account_number from live.accounts where account_id::text = any($1)";
        self.numbers = sqlx::query_scalar(numbers).bind(&self.accounts).fetch_all(&mut views).await?;
        let members = "select member_id::text from live.members limit $1";
        self.members = sqlx::query_scalar(members).bind(MANY as i64).fetch_all(&mut views).await?;
        let mut log = connect(&databases.log.superuser_url()).await?;
        (self.transfers, self.positions) = transfers(&mut log, (5 * count, 3 * bench.plan.transfers)).await?;
        Ok(())
    }

    /// Deposits with a reference, and holds.
    async fn paid(&mut self, bench: &ConsoleBench, fleet: &Fleet) -> Result<()> {
        let (service, operator) = (bench.service(), &bench.operator);
        for number in 0..MANY / 4 {
            let reference = format!("till-{number}");
            let account = fleet.accounts[number].id;
            let money = json!({"asset": "KRW", "amount": "5"});
            let deposit = json!({"account_id": account, "money": money, "reference": reference});
            service.post("/v1/deposits", &deposit).await?;
            self.references.push(reference);
            let owner = operator.with(fleet.owner_token(number));
            let hold = owner.post("/v1/holds", &json!({"source": account, "money": money})).await?;
            self.holds.push(text(&hold, "hold_id")?);
        }
        Ok(())
    }

    /// A payout run, a partner with a key, a limit that counts for nobody, and a webhook.
    async fn outside(&mut self, bench: &mut ConsoleBench, fleet: &Fleet) -> Result<()> {
        let operator = bench.operator.clone();
        let run = operator.fill(fleet, ROWS).await?;
        operator.start(&run, ROWS).await?;
        operator.finished(&run, ROWS).await?;
        self.payout_runs = vec![run.trim_start_matches("/v1/payout-runs/").to_owned()];
        let partner = text(&operator.post("/v1/partners", &json!({"name": "Bench"})).await?, "partner_id")?;
        let key = json!({"scopes": ["accounts:read"]});
        operator.post(&format!("/v1/partners/{partner}/keys"), &key).await?;
        self.partners = vec![partner];
        let cap = json!({"amount": "99999999999999"});
        let limit = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_day": cap, "per_month": cap});
        operator.ask("PUT", "/v1/limits/bench", (&limit.to_string(), "")).await?;
        let hook = json!({"url": format!("{}/", bench.receiver.url()), "events": ["hold.placed"]});
        let webhook = text(&operator.post("/v1/webhooks", &hook).await?, "webhook_id")?;
        told(bench, fleet).await?;
        self.webhooks = vec![webhook];
        Ok(())
    }

    /// Reversals that an operator with an account asks for in the console: they wait for a second one.
    async fn asked(&mut self, bench: &mut ConsoleBench) -> Result<()> {
        let Staff { browser, .. } = &mut bench.staff[0];
        for transfer in self.transfers.iter().take(APPROVALS) {
            let (page, form) = (format!("/transfers/{transfer}"), format!("/transfers/{transfer}/reverse"));
            let status = browser.fill(&page, &form, &[("reason", "a benchmark")]).await?;
            ensure!(status == 303, "a reversal was answered {status}");
        }
        bench.level().await?;
        let approvals = bench.operator.get("/v1/approvals?limit=200").await?;
        let items = approvals["items"].as_array().context("no items")?;
        self.approvals = items.iter().map(|item| text(item, "approval_id")).collect::<Result<_>>()?;
        self.operators = bench.staff.iter().map(|staff| staff.id.clone()).collect();
        Ok(())
    }
}

/// Holds of which the webhook is told.
async fn told(bench: &mut ConsoleBench, fleet: &Fleet) -> Result<()> {
    let money = json!({"asset": "KRW", "amount": "1"});
    for number in 0..MANY {
        let owner = bench.operator.with(fleet.owner_token(number));
        owner.post("/v1/holds", &json!({"source": fleet.accounts[number].id, "money": money})).await?;
    }
    let since = Instant::now();
    while bench.receiver.requests() < MANY as u64 {
        ensure!(since.elapsed() < PATIENCE, "the webhook was told of {} holds only", bench.receiver.requests());
        sleep(Duration::from_millis(100)).await;
    }
    bench.bank.check()
}

/// Transfers and their positions, as far from each other as they can be: of those that were filled, which begin after so many events of other
/// kinds, and are so many events.
async fn transfers(log: &mut PgConnection, (before, events): (i64, i64)) -> Result<(Vec<String>, Vec<i64>)> {
    let step = (events / (MANY as i64 + 1)).max(1);
    // In a commit that posts a transfer, the transfer has the id of the command.
    let found: Vec<(String, i64)> = sqlx::query_as(
        "select commit.command_id::text, commit.first_position
         from generate_series(1, $1::bigint) as n
         cross join lateral (
             select command_id, first_position from log_commits
             where first_position > 0 and first_position >= $2 + n * $3 order by first_position limit 1) as commit",
    )
    .bind(MANY as i64)
    .bind(before)
    .bind(step)
    .fetch_all(log)
    .await
    .context("choosing transfers")?;
    Ok(found.into_iter().unzip())
}

impl Own {
    async fn make(bench: &mut ConsoleBench, fleet: &Fleet, (login_id, password): &(String, String)) -> Result<Self> {
        let body = json!({"login_id": login_id, "password": password});
        let tokens = bench.operator.with("").post("/v1/sessions", &body).await?;
        let own: Caller = bench.operator.with(text(&tokens, "access_token")?);
        let account = text(&own.post("/v1/accounts", &json!({"asset": "KRW"})).await?, "account_id")?;
        let money = |amount: &str| json!({"asset": "KRW", "amount": amount});
        let deposit = json!({"account_id": account, "money": money("1000000"), "reference": "bench"});
        bench.service().post("/v1/deposits", &deposit).await?;
        let (mut transfers, mut holds) = (Vec::new(), Vec::new());
        for number in 0..OWN.0 {
            let to = fleet.accounts[number].id;
            let transfer = json!({"source": account, "destination": to, "money": money("7")});
            transfers.push(text(&own.post("/v1/transfers", &transfer).await?, "transfer_id")?);
        }
        for _ in 0..OWN.1 {
            let hold = own.post("/v1/holds", &json!({"source": account, "money": money("3")})).await?;
            holds.push(text(&hold, "hold_id")?);
        }
        bench.level().await?;
        Ok(Self { account, transfers, holds })
    }
}
