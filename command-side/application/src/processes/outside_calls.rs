//! What the outside is asked in a step, and what its answers come to.

use std::{future::Future, pin::Pin};

use domain::OutsideProcess;
use events::recorded::{ProcessFailure, ProcessPurpose, ProcessStep};
use kernel::{Place, ProcessId, StreamId, Version};
use secrecy::SecretString;
use vault::DataKey;

use super::{
    outside::{BankAccount, CallError, CallResult, ConfirmedPayment, Providers, RefusalCode, Reply},
    process::ProcessError,
};
use crate::commands::open_sealed;

/// A process as it was read.
pub struct Seen {
    pub id: ProcessId,
    /// How many events it has.
    pub version: Version,
    pub process: OutsideProcess,
}

/// How the outside is asked for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To do it.
    Do,
    /// What became of it.
    Find,
}

/// What came of asking.
#[derive(Debug)]
pub enum Came {
    /// It is done; with the code of a gift card.
    Done(Option<SecretString>),
    /// It is refused for good.
    Refused(RefusalCode),
    /// It is not decided yet.
    Pending,
    /// Nothing is known of it there.
    NotFound,
    /// There is no answer, or none that can be right.
    Failed(ProcessFailure, &'static str),
}

/// A call under way.
pub type Asking = Pin<Box<dyn Future<Output = Came> + Send>>;

impl Came {
    /// As a label of a metric.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(_) => "refused",
            Self::Pending => "pending",
            Self::NotFound => "not-found",
            Self::Failed(_, code) => code,
        }
    }

    fn of<T>(result: CallResult<T>, done: impl FnOnce(T) -> Self, step: ProcessStep) -> Self {
        match result {
            Ok(Reply::Done(answer)) => done(answer),
            Ok(Reply::Refused(code)) => Self::Refused(code),
            Ok(Reply::Pending) => Self::Pending,
            Ok(Reply::NotFound) => Self::NotFound,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    step = step.as_str(),
                    "a provider gave no answer"
                );
                match error {
                    CallError::NotDone { .. } => Self::Failed(ProcessFailure::NotDone, "not-carried-out"),
                    CallError::Unknown { .. } => Self::Failed(ProcessFailure::Unknown, "outcome-unknown"),
                    CallError::Contradiction { .. } => Self::Failed(ProcessFailure::Contradiction, "contradiction"),
                }
            }
        }
    }

    fn nothing(result: CallResult<()>, step: ProcessStep) -> Self {
        Self::of(result, |()| Self::Done(None), step)
    }
}

/// The call for the step at hand; none if this server is not set for the provider. `key`: that of the owner.
pub fn asking(
    providers: &Providers,
    key: &DataKey,
    seen: &Seen,
    step: ProcessStep,
    ask: Ask,
) -> Result<Option<Asking>, ProcessError> {
    let (started, call_key) = (&seen.process.started, seen.id.call_key(step.as_str()));
    let money = started.money;
    let of = |step: ProcessStep| seen.id.call_key(step.as_str());
    let place = |field| Place { stream: StreamId::from(seen.id), version: Version::ZERO.next(), field };
    let asking: Asking = match &started.purpose {
        ProcessPurpose::TopUp { provider, payment_key } => {
            let Some(provider) = providers.payment(provider).cloned() else { return Ok(None) };
            let payment_key = open_sealed(key, place("payment_key"), payment_key).map_err(ProcessError::Step)?;
            match (step, ask) {
                (ProcessStep::Cancel, _) => {
                    let confirmed = of(ProcessStep::Confirm);
                    Box::pin(async move {
                        Came::nothing(provider.cancel(call_key, &payment_key, confirmed, money).await, step)
                    })
                }
                _ => Box::pin(async move {
                    let result = match ask {
                        Ask::Do => provider.confirm(call_key, &payment_key, money).await,
                        Ask::Find => provider.find(call_key, &payment_key).await,
                    };
                    let expected = ConfirmedPayment { key: call_key, money };
                    let other = Came::Failed(ProcessFailure::Contradiction, "contradiction");
                    // Only the whole amount, under this key, is the money of this process.
                    Came::of(result, |found| if found == expected { Came::Done(None) } else { other }, step)
                }),
            }
        }
        ProcessPurpose::BankPayout { bank_account } => {
            let Some(bank) = providers.bank.clone() else { return Ok(None) };
            let submitted = of(ProcessStep::Submit);
            match (step, ask) {
                (ProcessStep::Cancel, _) => Box::pin(async move { Came::nothing(bank.cancel(submitted).await, step) }),
                (ProcessStep::Submit, Ask::Do) => {
                    let text = open_sealed(key, place("bank_account"), bank_account).map_err(ProcessError::Step)?;
                    let account = BankAccount::from_text(&text).map_err(ProcessError::Data)?;
                    Box::pin(async move {
                        // Accepted is done: the next step asks whether it settles.
                        accepted(Came::nothing(bank.submit(submitted, &account, money).await, step))
                    })
                }
                (ProcessStep::Submit, Ask::Find) => {
                    Box::pin(async move { accepted(Came::nothing(bank.find(submitted, money).await, step)) })
                }
                _ => Box::pin(async move { Came::nothing(bank.find(submitted, money).await, step) }),
            }
        }
        ProcessPurpose::GiftCard { product } => {
            let Some(issuer) = providers.gift_cards.clone() else { return Ok(None) };
            let (issued, product) = (of(ProcessStep::Issue), product.clone());
            match step {
                ProcessStep::Cancel => Box::pin(async move { Came::nothing(issuer.void(issued).await, step) }),
                _ => Box::pin(async move {
                    let result = match ask {
                        Ask::Do => issuer.issue(issued, &product, money).await,
                        Ask::Find => issuer.find(issued, money).await,
                    };
                    Came::of(result, |code| Came::Done(Some(code)), step)
                }),
            }
        }
    };
    Ok(Some(asking))
}

fn accepted(came: Came) -> Came {
    match came {
        Came::Pending => Came::Done(None),
        other => other,
    }
}
