//! What an answer says, held against what was asked.

use application::{CallError, CallResult, RefusalCode, Reply};
use kernel::{AssetCode, Minor, Money};
use reqwest::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To carry something out.
    Order,
    /// What became of it.
    Find,
    /// To undo it.
    Undo,
}

/// The fields of an answer that count. Others may be there: a provider may add to its contract.
#[derive(Default, Deserialize)]
pub(crate) struct Record {
    pub(crate) key: Option<Uuid>,
    pub(crate) state: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) asset: Option<AssetCode>,
    pub(crate) amount: Option<Minor>,
    pub(crate) payment_key: Option<String>,
    /// The code of a gift card.
    pub(crate) code: Option<String>,
}

/// An answer about the key that was asked about.
pub(crate) struct Answer {
    pub(crate) asked: Asked,
    pub(crate) status: StatusCode,
    pub(crate) record: Record,
}

/// The states of a provider's contract.
pub(crate) struct States {
    pub(crate) pending: &'static str,
    pub(crate) done: &'static str,
    /// Not carried out, and never will be.
    pub(crate) refused: &'static [&'static str],
}

impl Answer {
    /// What it says of an order, and of how much money. A state, a status or an amount that does not fit is a contradiction;
    /// without `expected` any amount fits.
    pub(crate) fn judge(&self, states: &States, expected: Option<Money>) -> CallResult<Money> {
        let reply = match self.state() {
            _ if self.status == StatusCode::NOT_FOUND => return Ok(Reply::NotFound),
            state if state == states.done => Reply::Done(()),
            state if state == states.pending => Reply::Pending,
            state if states.refused.contains(&state) => Reply::Refused(self.refusal()),
            _ => return Err(CallError::contradiction("it has a state that the contract does not know")),
        };
        let fits = match (&reply, self.asked) {
            (_, Asked::Find) => self.status == StatusCode::OK,
            (Reply::Done(()), _) => matches!(self.status, StatusCode::OK | StatusCode::CREATED),
            (Reply::Pending, _) => self.status == StatusCode::ACCEPTED,
            (Reply::Refused(_) | Reply::NotFound, _) => self.status == StatusCode::UNPROCESSABLE_ENTITY,
        };
        if !fits {
            return Err(CallError::contradiction("its status and its state are at odds"));
        }
        let recorded = self.record.asset.zip(self.record.amount).map(|(asset, amount)| Money { asset, amount });
        if recorded.is_some_and(|recorded| expected.is_some_and(|expected| expected != recorded)) {
            return Err(CallError::contradiction("it is about another amount"));
        }
        match (reply, recorded) {
            (Reply::Done(()), Some(money)) => Ok(Reply::Done(money)),
            (Reply::Pending, Some(_)) => Ok(Reply::Pending),
            (Reply::Refused(code), _) => Ok(Reply::Refused(code)),
            (Reply::NotFound, _) => Ok(Reply::NotFound),
            (Reply::Done(()) | Reply::Pending, None) => Err(CallError::contradiction("it says no amount")),
        }
    }

    /// What it says of something that was to be undone: the states of what is undone, of what is not decided, and of what cannot
    /// be undone any more.
    pub(crate) fn judge_undo(&self, undone: &[&str], pending: &str, standing: &str) -> CallResult<()> {
        match (self.status, self.state()) {
            (StatusCode::NOT_FOUND, _) => Ok(Reply::NotFound),
            (StatusCode::OK, state) if undone.contains(&state) => Ok(Reply::Done(())),
            (StatusCode::ACCEPTED, state) if state == pending => Ok(Reply::Pending),
            (StatusCode::UNPROCESSABLE_ENTITY, state) if state == standing => Ok(Reply::Refused(self.refusal())),
            _ => Err(CallError::contradiction("its status and its state are at odds")),
        }
    }

    fn state(&self) -> &str {
        self.record.state.as_deref().unwrap_or_default()
    }

    /// A state of its own says more than a reason: what was cancelled or came back is refused with that word.
    fn refusal(&self) -> RefusalCode {
        match self.state() {
            state @ ("cancelled" | "void" | "returned") => RefusalCode::new(state),
            _ => RefusalCode::new(self.record.reason.as_deref().unwrap_or(RefusalCode::OTHER)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: States = States { pending: "accepted", done: "settled", refused: &["refused", "returned"] };

    fn answer(asked: Asked, status: u16, state: &str, amount: Option<&str>) -> Answer {
        let record = Record {
            state: Some(state.to_owned()),
            asset: amount.map(|_| "KRW".parse().expect("an asset")),
            amount: amount.map(|amount| amount.parse().expect("an amount")),
            ..Record::default()
        };
        Answer { asked, status: StatusCode::from_u16(status).expect("a status"), record }
    }

    fn money() -> Money {
        Money { asset: "KRW".parse().expect("an asset"), amount: "5000".parse().expect("an amount") }
    }

    #[test]
    fn an_answer_that_fits_is_an_outcome() {
        let judged = |asked, status, state| answer(asked, status, state, Some("5000")).judge(&STATES, Some(money()));
        assert_eq!(judged(Asked::Order, 200, "settled"), Ok(Reply::Done(money())));
        assert_eq!(judged(Asked::Order, 202, "accepted"), Ok(Reply::Pending));
        assert_eq!(judged(Asked::Order, 422, "refused"), Ok(Reply::Refused(RefusalCode::new("provider-refused"))));
        assert_eq!(judged(Asked::Find, 200, "returned"), Ok(Reply::Refused(RefusalCode::new("returned"))));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_none() {
        let judged = |asked, status, state, amount| answer(asked, status, state, amount).judge(&STATES, Some(money()));
        for answer in [
            judged(Asked::Order, 200, "settled", Some("5001")),
            judged(Asked::Order, 200, "settled", None),
            judged(Asked::Order, 422, "settled", Some("5000")),
            judged(Asked::Order, 200, "refused", Some("5000")),
            judged(Asked::Order, 200, "perhaps", Some("5000")),
            judged(Asked::Find, 200, "", Some("5000")),
        ] {
            assert!(matches!(answer, Err(CallError::Contradiction { .. })), "{answer:?}");
        }
    }
}
