//! The ports to the outside: what a payment provider, a bank and an issuer of gift cards can be asked.
//!
//! Each call has a key that derives from the process and the step, so that a call that is made twice is carried out once. A
//! provider keeps its keys for ever. What it answered is a [`Reply`]; that nothing is known of a call, or that it certainly
//! was not carried out, is a [`CallError`]. Nobody takes the one for the other: a lost answer is never a success and never a
//! failure, it is asked for with `find`.

use std::{borrow::Cow, fmt, sync::Arc};

use async_trait::async_trait;
use kernel::Money;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The key of a call: the same whenever the call is made again.
pub type CallKey = Uuid;

/// What a provider says of a call, now or when it is asked later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<T> {
    /// It is carried out.
    Done(T),
    /// It is not carried out and never will be under this key: refused, or taken back by the other side.
    Refused(RefusalCode),
    /// It is accepted and not decided yet: ask again with `find`.
    Pending,
    /// The provider has never heard of the key (or of the payment). Only `find` and `cancel` and `void` get this answer.
    NotFound,
}

/// Why a provider refused, as a code: `[a-z0-9-]`, 1 to 40 bytes. It is recorded and shown, so it never holds what a provider
/// says in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalCode(String);

impl RefusalCode {
    /// What is recorded for a code of another form.
    pub const OTHER: &'static str = "provider-refused";
    const LONGEST: usize = 40;

    /// The code; [`Self::OTHER`] if it has another form.
    pub fn new(code: &str) -> Self {
        let is_legal = (1..=Self::LONGEST).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        Self(if is_legal { code } else { Self::OTHER }.to_owned())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why there is no answer. The reason is logged: it never holds an address of a person, a key or a provider's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The call was certainly not carried out: no connection, or refused before it was looked at (401, 403, 429, 503 with a
    /// documented meaning). It may be made again.
    #[error("not carried out: {reason}")]
    NotDone {
        /// What happened.
        reason: Cow<'static, str>,
    },
    /// The call may have been carried out: time ran out, the connection was closed, 500, or an answer that cannot be read.
    #[error("it is not known whether it was carried out: {reason}")]
    Unknown {
        /// What happened.
        reason: Cow<'static, str>,
    },
    /// The answer contradicts the request: another key, another amount, a state that is not documented.
    #[error("the answer contradicts the request: {reason}")]
    Contradiction {
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
}

impl CallError {
    /// Certainly not carried out.
    pub fn not_done(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotDone { reason: reason.into() }
    }

    /// Perhaps carried out.
    pub fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    /// An answer that cannot be right.
    pub fn contradiction(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Contradiction { reason: reason.into() }
    }
}

/// What an outside call came to.
pub type CallResult<T> = Result<Reply<T>, CallError>;

/// A payment that the provider has confirmed: it owes the bank this money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedPayment {
    /// The key that it was confirmed under. A payment that was confirmed under another key is not the caller's.
    pub key: CallKey,
    /// How much.
    pub money: Money,
}

/// Takes payments by card. (API.md calls it `provider`; the local one is `toss`.)
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Confirms a payment that the member made at the provider. The provider refuses if the payment is of another amount, or
    /// was confirmed under another key. `Pending` if it is not decided yet.
    async fn confirm(&self, key: CallKey, payment_key: &SecretString, money: Money) -> CallResult<ConfirmedPayment>;

    /// What became of the confirmation with this key. `Refused` also if it was cancelled since (code `cancelled`).
    async fn find(&self, key: CallKey, payment_key: &SecretString) -> CallResult<ConfirmedPayment>;

    /// Cancels the whole confirmation that was made under `confirmed`: the payer has the money back. `Done` also if it was
    /// cancelled before. `NotFound` if there is no confirmation under that key, and from then on there can be none: a
    /// confirmation under that key that arrives later is refused (code `cancelled`).
    async fn cancel(
        &self,
        key: CallKey,
        payment_key: &SecretString,
        confirmed: CallKey,
        money: Money,
    ) -> CallResult<()>;
}

/// An account at another bank.
#[derive(Clone)]
pub struct BankAccount {
    /// Which bank, by its code: 2 to 16 of `[A-Za-z0-9]`.
    pub bank: String,
    /// The account's number there: 4 to 34 of `[0-9A-Za-z-]`.
    pub number: SecretString,
    /// Whose account it is.
    pub holder: SecretString,
}

/// A bank account as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    bank: Cow<'a, str>,
    number: Cow<'a, str>,
    holder: Cow<'a, str>,
}

impl BankAccount {
    /// The account as a text, to be sealed.
    ///
    /// # Errors
    ///
    /// None that can happen: it is three texts.
    pub fn to_text(&self) -> Result<SecretString, serde_json::Error> {
        let (bank, number) = (Cow::from(self.bank.as_str()), self.number.expose_secret().into());
        let sealed = Sealed { bank, number, holder: self.holder.expose_secret().into() };
        serde_json::to_string(&sealed).map(SecretString::from)
    }

    /// The account that such a text says.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn from_text(text: &SecretString) -> Result<Self, serde_json::Error> {
        let Sealed { bank, number, holder } = serde_json::from_str(text.expose_secret())?;
        let secret = |text: Cow<'_, str>| SecretString::from(text.into_owned());
        Ok(Self { bank: bank.into_owned(), number: secret(number), holder: secret(holder) })
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankAccount({}, ..)", self.bank)
    }
}

/// Pays money into accounts at other banks.
#[async_trait]
pub trait BankProvider: Send + Sync {
    /// Orders a payment. `Pending`: accepted, and settles or is returned later. `Done`: settled, the money is there.
    async fn submit(&self, key: CallKey, account: &BankAccount, money: Money) -> CallResult<()>;

    /// What became of the payment with this key. `Refused` also if it was returned (code `returned`): the money came back.
    async fn find(&self, key: CallKey, money: Money) -> CallResult<()>;

    /// Gives up the payment with this key, if it has not settled. `Done`: it never settles any more, whether the bank knew of
    /// it or not (a `submit` under that key that arrives later is refused, code `cancelled`). `Refused`: it has settled.
    /// `Pending`: the bank is still about it.
    async fn cancel(&self, key: CallKey) -> CallResult<()>;
}

/// The code of a gift card, 1 to 128 bytes of visible ASCII: who has it has the money.
pub type GiftCode = SecretString;

/// Sells gift cards.
#[async_trait]
pub trait GiftCardIssuer: Send + Sync {
    /// Buys a card of this worth. `Pending` if the code is not there yet.
    async fn issue(&self, key: CallKey, product: &str, money: Money) -> Result<Reply<GiftCode>, CallError>;

    /// What became of the card with this key. `Refused` also if it was made void (code `void`).
    async fn find(&self, key: CallKey, money: Money) -> Result<Reply<GiftCode>, CallError>;

    /// Makes the card with this key void. `Done`: it is worth nothing and costs nothing, whether the issuer knew of it or not
    /// (an `issue` under that key that arrives later is refused, code `void`). `Refused`: it was used, and has to be paid.
    async fn void(&self, key: CallKey) -> CallResult<()>;
}

/// Who this server can ask. What is not there is refused when a process would begin, and waited for when one runs.
#[derive(Clone, Default)]
pub struct Providers {
    /// By the name that members give, such as `toss`.
    pub payments: Vec<(String, Arc<dyn PaymentProvider>)>,
    /// The bank for payouts.
    pub bank: Option<Arc<dyn BankProvider>>,
    /// The issuer of gift cards.
    pub gift_cards: Option<Arc<dyn GiftCardIssuer>>,
}

impl Providers {
    /// The payment provider of this name.
    pub fn payment(&self, name: &str) -> Option<&Arc<dyn PaymentProvider>> {
        self.payments.iter().find(|(known, _)| known == name).map(|(_, provider)| provider)
    }
}
