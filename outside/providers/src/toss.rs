//! `toss`, as docs/provider-toss.md describes it.

use application::{CallError, CallKey, CallResult, ConfirmedPayment, PaymentProvider, Reply};
use async_trait::async_trait;
use kernel::{AssetCode, Minor, Money};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::{
    answer::{Answer, Asked, States},
    caller::Caller,
    refusal::confirmed,
};

const PAYMENTS: &str = "/payments";
const STATES: States = States { pending: "pending", done: "confirmed", refused: &["refused", "cancelled"] };

/// The adapter.
pub struct Toss {
    caller: Caller,
}

#[derive(Serialize)]
struct Confirm<'a> {
    payment_key: &'a str,
    asset: AssetCode,
    amount: Minor,
}

#[derive(Serialize)]
struct Cancel<'a> {
    /// The key that it was confirmed under.
    key: CallKey,
    payment_key: &'a str,
    asset: AssetCode,
    amount: Minor,
}

impl Toss {
    /// Through this caller.
    pub fn new(caller: Caller) -> Self {
        Self { caller }
    }

    /// What became of a confirmation.
    async fn record(
        &self,
        key: CallKey,
        payment_key: &SecretString,
        expected: Option<Money>,
    ) -> CallResult<ConfirmedPayment> {
        let answer = self.caller.find(PAYMENTS, key).await?;
        judge(&answer, key, payment_key, expected)
    }
}

fn judge(
    answer: &Answer,
    key: CallKey,
    payment_key: &SecretString,
    expected: Option<Money>,
) -> CallResult<ConfirmedPayment> {
    let is_ours = answer.record.payment_key.as_deref() == Some(payment_key.expose_secret());
    match answer.judge(&STATES, expected)? {
        Reply::Done(_) | Reply::Pending if !is_ours => Err(CallError::contradiction("it is about another payment")),
        Reply::Done(money) => Ok(Reply::Done(ConfirmedPayment { key, money })),
        Reply::Pending => Ok(Reply::Pending),
        Reply::Refused(code) => Ok(Reply::Refused(code)),
        Reply::NotFound => Ok(Reply::NotFound),
    }
}

#[async_trait]
impl PaymentProvider for Toss {
    async fn confirm(&self, key: CallKey, payment_key: &SecretString, money: Money) -> CallResult<ConfirmedPayment> {
        let body = Confirm { payment_key: payment_key.expose_secret(), asset: money.asset, amount: money.amount };
        let answer = self.caller.post(Asked::Order, "/payments/confirm", key, key, &body).await?;
        let reply = judge(&answer, key, payment_key, Some(money));
        confirmed(reply, self.record(key, payment_key, Some(money))).await
    }

    async fn find(&self, key: CallKey, payment_key: &SecretString) -> CallResult<ConfirmedPayment> {
        self.record(key, payment_key, None).await
    }

    async fn cancel(
        &self,
        key: CallKey,
        payment_key: &SecretString,
        confirmed: CallKey,
        money: Money,
    ) -> CallResult<()> {
        let (asset, amount) = (money.asset, money.amount);
        let body = Cancel { key: confirmed, payment_key: payment_key.expose_secret(), asset, amount };
        let answer = self.caller.post(Asked::Undo, "/payments/cancel", key, confirmed, &body).await?;
        let reply = answer.judge_undo(&["cancelled"], STATES.pending, STATES.done)?;
        if reply != Reply::NotFound {
            return Ok(reply);
        }
        // Nothing is given back because of it, so the record has to agree.
        match self.record(confirmed, payment_key, None).await? {
            Reply::NotFound | Reply::Refused(_) => Ok(Reply::NotFound),
            Reply::Done(_) | Reply::Pending => {
                Err(CallError::contradiction("it knows no confirmation, and its record says otherwise"))
            }
        }
    }
}
