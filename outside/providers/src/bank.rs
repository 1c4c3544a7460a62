//! A bank that pays into accounts elsewhere, as docs/provider-bank.md describes it.

use application::{BankAccount, BankProvider, CallKey, CallResult, Reply};
use async_trait::async_trait;
use kernel::{AssetCode, Minor, Money};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::{
    answer::{Asked, States},
    caller::Caller,
    refusal::confirmed,
};

const PAYOUTS: &str = "/payouts";
const STATES: States = States { pending: "accepted", done: "settled", refused: &["refused", "returned", "cancelled"] };

/// The adapter.
pub struct Bank {
    caller: Caller,
}

#[derive(Serialize)]
struct Submit<'a> {
    bank: &'a str,
    number: &'a str,
    holder: &'a str,
    asset: AssetCode,
    amount: Minor,
}

#[derive(Serialize)]
struct Cancel {
    key: CallKey,
}

impl Bank {
    /// Through this caller.
    pub fn new(caller: Caller) -> Self {
        Self { caller }
    }
}

#[async_trait]
impl BankProvider for Bank {
    async fn submit(&self, key: CallKey, account: &BankAccount, money: Money) -> CallResult<()> {
        let body = Submit {
            bank: &account.bank,
            number: account.number.expose_secret(),
            holder: account.holder.expose_secret(),
            asset: money.asset,
            amount: money.amount,
        };
        let answer = self.caller.post(Asked::Order, PAYOUTS, key, key, &body).await?;
        let reply = answer.judge(&STATES, Some(money)).map(without_money);
        confirmed(reply, self.find(key, money)).await
    }

    async fn find(&self, key: CallKey, money: Money) -> CallResult<()> {
        let answer = self.caller.find(PAYOUTS, key).await?;
        answer.judge(&STATES, Some(money)).map(without_money)
    }

    async fn cancel(&self, key: CallKey) -> CallResult<()> {
        let answer = self.caller.post(Asked::Undo, "/payouts/cancel", key, key, &Cancel { key }).await?;
        answer.judge_undo(STATES.refused, STATES.pending, STATES.done)
    }
}

fn without_money(reply: Reply<Money>) -> Reply<()> {
    match reply {
        Reply::Done(_) => Reply::Done(()),
        Reply::Refused(code) => Reply::Refused(code),
        Reply::Pending => Reply::Pending,
        Reply::NotFound => Reply::NotFound,
    }
}
