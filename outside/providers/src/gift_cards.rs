//! An issuer of gift cards, as docs/provider-gift-cards.md describes it.

use application::{CallError, CallKey, CallResult, GiftCardIssuer, GiftCode, Reply};
use async_trait::async_trait;
use kernel::{AssetCode, Minor, Money};
use serde::Serialize;

use crate::{
    answer::{Answer, Asked, States},
    caller::Caller,
    refusal::confirmed,
};

const CARDS: &str = "/cards";
const STATES: States = States { pending: "pending", done: "issued", refused: &["refused", "void"] };
const LONGEST_CODE: usize = 128;

/// The adapter.
pub struct GiftCards {
    caller: Caller,
}

#[derive(Serialize)]
struct Issue<'a> {
    product: &'a str,
    asset: AssetCode,
    amount: Minor,
}

#[derive(Serialize)]
struct Void {
    key: CallKey,
}

impl GiftCards {
    /// Through this caller.
    pub fn new(caller: Caller) -> Self {
        Self { caller }
    }
}

/// A card is there only with its code.
fn judge(answer: &Answer, money: Money) -> CallResult<GiftCode> {
    match answer.judge(&STATES, Some(money))? {
        Reply::Done(_) => {
            let code = answer.record.code.as_deref().unwrap_or_default();
            let is_code = (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_code {
                return Err(CallError::contradiction("the card has no code"));
            }
            Ok(Reply::Done(code.into()))
        }
        Reply::Refused(code) => Ok(Reply::Refused(code)),
        Reply::Pending => Ok(Reply::Pending),
        Reply::NotFound => Ok(Reply::NotFound),
    }
}

#[async_trait]
impl GiftCardIssuer for GiftCards {
    async fn issue(&self, key: CallKey, product: &str, money: Money) -> CallResult<GiftCode> {
        let body = Issue { product, asset: money.asset, amount: money.amount };
        let answer = self.caller.post(Asked::Order, CARDS, key, key, &body).await?;
        confirmed(judge(&answer, money), self.find(key, money)).await
    }

    async fn find(&self, key: CallKey, money: Money) -> CallResult<GiftCode> {
        judge(&self.caller.find(CARDS, key).await?, money)
    }

    async fn void(&self, key: CallKey) -> CallResult<()> {
        let answer = self.caller.post(Asked::Undo, "/cards/void", key, key, &Void { key }).await?;
        answer.judge_undo(STATES.refused, STATES.pending, STATES.done)
    }
}
