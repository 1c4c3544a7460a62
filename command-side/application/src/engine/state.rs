//! What the events of a stream add up to, by the kind of the stream: the list of the aggregates.

use domain::{
    Account, Approval, BankLimits, EvolveError, Hold, Item, Offer, Operator, OperatorList, Order, OutsideProcess,
    Owner, Partner, PartnerKey, PaymentCode, PayoutRun, Transfer, Webhook, WebhookList,
    exchange::{ExchangeRate, Quote},
    member::{PasswordReset, Reservation},
};
use events::recorded::{
    self, AccountNumberEvent, KeyUseEvent, MemberEvent, OperatorActEvent, PasswordResetEvent, PayoutRow,
    PayoutRowsEvent, ReferenceEvent, SignUpEvent, StreamKind,
};
use kernel::{AccountId, TransferId};

/// What a stream of one kind adds up to.
pub trait Aggregate: Sized {
    /// It, if the stream is of its kind.
    fn of(state: &State) -> Option<&Self>;
}

// For each kind of stream: what its events add up to, and the state after an event (none before the first). `kept`: another
// batch is likely to need it, so it stays in memory.
macro_rules! aggregates {
    ($($(#[$doc:meta])* $kind:ident($state:ty), $evolve:expr $(, $kept:ident)?;)*) => {
        /// What the events of a stream add up to.
        #[derive(Clone, Debug)]
        pub enum State {
            /// No events.
            Empty,
            $($(#[$doc])* $kind($state),)*
        }

        impl State {
            /// The kind of the stream; none before its first event.
            pub fn kind(&self) -> Option<StreamKind> {
                match self {
                    Self::Empty => None,
                    $(Self::$kind(_) => Some(StreamKind::$kind),)*
                }
            }

            /// Whether another batch is likely to need it.
            pub fn is_worth_keeping(&self) -> bool {
                match self {
                    Self::Empty => false,
                    $(Self::$kind(_) => is_kept!($($kept)?),)*
                }
            }

            /// The state after an event of the same kind.
            pub fn after(self, event: &recorded::Event) -> Result<Self, EvolveError> {
                Ok(match event {
                    $(recorded::Event::$kind(event) => {
                        let before = if let Self::$kind(state) = self { Some(state) } else { None };
                        Self::$kind($evolve(before, event)?)
                    })*
                })
            }
        }

        $(impl Aggregate for $state {
            fn of(state: &State) -> Option<&Self> {
                if let State::$kind(state) = state { Some(state) } else { None }
            }
        })*
    };
}

macro_rules! is_kept {
    () => {
        false
    };
    (kept) => {
        true
    };
}

aggregates! {
    /// An account.
    Account(Account), Account::evolve, kept;
    /// The account that bears an account number.
    AccountNumber(AccountId), number, kept;
    /// A hold.
    Hold(Hold), Hold::evolve, kept;
    /// The rate between two assets.
    Rate(ExchangeRate), ExchangeRate::evolve, kept;
    /// A quote of the exchange.
    Quote(Quote), Quote::evolve, kept;
    /// All limits of the bank.
    Limits(BankLimits), BankLimits::evolve, kept;
    /// A standing order.
    StandingOrder(Order), Order::evolve, kept;
    /// A payment code.
    PaymentCode(PaymentCode), PaymentCode::evolve, kept;
    /// A payout run.
    PayoutRun(PayoutRun), PayoutRun::evolve, kept;
    /// The rows of a chunk of a payout run. They are many, and each is needed once.
    PayoutRows(Vec<PayoutRow>), payout_rows;
    /// A webhook.
    Webhook(Webhook), Webhook::evolve;
    /// The webhooks of one principal.
    WebhookList(WebhookList), WebhookList::evolve;
    /// An item.
    Item(Item), Item::evolve, kept;
    /// An offer of an item.
    Offer(Offer), Offer::evolve, kept;
    /// A process with the outside world.
    Process(OutsideProcess), OutsideProcess::evolve, kept;
    /// The transfer that a reference was used for.
    Reference(TransferId), reference;
    /// A transfer.
    Transfer(Transfer), Transfer::evolve;
    /// An owner of accounts.
    Owner(Owner), owner, kept;
    /// A partner.
    Partner(Partner), Partner::evolve, kept;
    /// A key of a partner.
    PartnerKey(PartnerKey), PartnerKey::evolve;
    /// With which key a command was sent: nothing is decided on it.
    KeyUse(KeyUsed), key_used;
    /// An operator with an account.
    Operator(Operator), Operator::evolve, kept;
    /// The names of all operators.
    OperatorList(OperatorList), OperatorList::evolve;
    /// Which operator sent a command: nothing is decided on it.
    OperatorAct(Acted), acted;
    /// What an operator asked for that a second one has to approve.
    Approval(Approval), Approval::evolve;
    /// A sign-up, as its events: what is sealed in them is needed again. The first has version 1.
    SignUp(Vec<SignUpEvent>), history;
    /// A password reset.
    PasswordReset(PasswordReset), password_reset;
    /// A name.
    Reservation(Reservation), name;
    /// A member, as their events: what is sealed in them is needed again. The first has version 1.
    Member(Vec<MemberEvent>), history;
    /// A command that was refused: nothing is decided on it.
    RefusedCommand(Refused), refused;
}

/// That a command was refused.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// That a command was sent with a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyUsed;

/// That an operator sent a command.
#[derive(Clone, Copy, Debug)]
pub struct Acted;

type Evolved<T> = Result<T, EvolveError>;

fn number(_: Option<AccountId>, event: &AccountNumberEvent) -> Evolved<AccountId> {
    let AccountNumberEvent::Assigned(assigned) = event;
    Ok(assigned.account)
}

fn payout_rows(_: Option<Vec<PayoutRow>>, event: &PayoutRowsEvent) -> Evolved<Vec<PayoutRow>> {
    let PayoutRowsEvent::Added(added) = event;
    Ok(added.rows.clone())
}

fn reference(_: Option<TransferId>, event: &ReferenceEvent) -> Evolved<TransferId> {
    let ReferenceEvent::Used(used) = event;
    Ok(used.transfer)
}

fn owner(owner: Option<Owner>, event: &recorded::OwnerEvent) -> Evolved<Owner> {
    owner.unwrap_or_default().evolve(event)
}

fn name(name: Option<Reservation>, event: &recorded::ReservationEvent) -> Evolved<Reservation> {
    Ok(name.unwrap_or_default().evolve(event))
}

fn password_reset(reset: Option<PasswordReset>, event: &PasswordResetEvent) -> Evolved<PasswordReset> {
    PasswordReset::evolve(reset, event).ok_or(EvolveError::NotOpened)
}

fn history<E: Clone>(events: Option<Vec<E>>, event: &E) -> Evolved<Vec<E>> {
    let mut events = events.unwrap_or_default();
    events.push(event.clone());
    Ok(events)
}

fn key_used(_: Option<KeyUsed>, _: &KeyUseEvent) -> Evolved<KeyUsed> {
    Ok(KeyUsed)
}

fn acted(_: Option<Acted>, _: &OperatorActEvent) -> Evolved<Acted> {
    Ok(Acted)
}

fn refused(_: Option<Refused>, _: &recorded::RefusedCommandEvent) -> Evolved<Refused> {
    Ok(Refused)
}
