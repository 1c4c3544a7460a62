//! What the events of a stream come to, by the rules of the bank themselves: what a decision would look at.

use domain::{
    Account, Approval, BankLimits, EvolveError, Hold, Item, Offer, Operator, OperatorList, Order, OutsideProcess,
    Owner, Partner, PartnerKey, PaymentCode, PayoutRun, Transfer, Webhook,
    exchange::{ExchangeRate, Quote},
    member::{Person, Reservation, Standing},
};
use events::recorded::{Event, LimitsEvent, MemberEvent, OwnerEvent, ReservationEvent};
use query_api::{Folded, Folder};
use reads::Recorded;
use serde_json::{Value, json, value::RawValue};

/// Folds streams as the command side does.
#[derive(Clone, Copy, Debug)]
pub struct DomainFold;

impl Folder for DomainFold {
    fn kind(&self, event_type: &str) -> Option<&'static str> {
        Event::TYPES.iter().find(|known| known.name == event_type).map(|known| known.kind.as_str())
    }

    fn fold(&self, events: &[Recorded]) -> Vec<Folded> {
        let mut state = State::Nothing;
        // What follows on an event that cannot be there has no state either.
        let mut broken: Option<String> = None;
        let folded = events.iter().map(|event| {
            if let Some(why) = &broken {
                return Err(why.clone());
            }
            let next = state.after(event).and_then(|next| Ok((shown(&next)?, next)));
            match next {
                Ok((shown, next)) => {
                    state = next;
                    Ok(shown)
                }
                Err(why) => {
                    broken = Some(format!("from version {} on: {why}", event.version));
                    Err(why)
                }
            }
        });
        folded.collect()
    }
}

/// The states of the kinds of streams that have one, and what is shown of each: what is public of it. A webhook's secret is the number of it.
macro_rules! states {
    ($($kind:ident($state:ty), $evolve:expr, $shown:expr;)*) => {
        /// What the events of a stream add up to.
        #[derive(Clone)]
        enum State {
            /// No events, or a kind of stream on which nothing is decided.
            Nothing,
            $($kind($state),)*
        }

        impl State {
            fn evolve(self, event: &Event) -> Result<Self, EvolveError> {
                Ok(match event {
                    $(Event::$kind(event) => {
                        let before = if let Self::$kind(state) = self { Some(state) } else { None };
                        Self::$kind($evolve(before, event)?)
                    })*
                    _ => Self::Nothing,
                })
            }

            fn shown(&self) -> Value {
                match self {
                    Self::Nothing => Value::Null,
                    $(Self::$kind(state) => {
                        let show: fn(&$state) -> Value = $shown;
                        show(state)
                    })*
                }
            }
        }
    };
}

states! {
    Account(Account), Account::evolve, |account| json!(account);
    Hold(Hold), Hold::evolve, |hold| json!({"placed": hold.placed, "amounts": hold.amounts, "status": hold.status});
    Rate(ExchangeRate), ExchangeRate::evolve, |rate| json!({"set": rate.set});
    Quote(Quote), Quote::evolve, |quote| json!({"made": quote.made, "used": quote.used});
    Limits(Limits), limits, |limits| json!({"names": limits.names});
    StandingOrder(Order), Order::evolve, |order| json!({
        "placed": order.placed, "status": order.status, "next_at": order.next_at, "runs": order.runs(),
    });
    PaymentCode(PaymentCode), PaymentCode::evolve, |code| json!({"issued": code.issued, "used_for": code.used_for});
    PayoutRun(PayoutRun), PayoutRun::evolve, |run| json!({
        "opened": run.opened, "status": run.status, "rows": run.rows, "total": run.total,
        "posted": run.progress.posted, "refused": run.progress.refused, "paid": run.progress.paid,
    });
    Webhook(Webhook), Webhook::evolve, |webhook| json!({
        "owner": webhook.owner, "description": webhook.description, "settings": webhook.settings, "secret": webhook.secret,
        "is_deleted": webhook.is_deleted(),
    });
    Item(Item), Item::evolve, |item| json!({"minted": item.minted, "owner": item.owner, "offer": item.offer});
    Offer(Offer), Offer::evolve, |offer| json!({"opened": offer.opened, "status": offer.status});
    Process(OutsideProcess), OutsideProcess::evolve, |process| json!({
        "started": process.started, "state": process.state, "step": process.step(), "tries": process.tries(),
    });
    Transfer(Transfer), Transfer::evolve, transfer;
    Owner(Owner), owner, |owner| json!({"has_left": owner.has_left(), "is_topping_up": owner.is_topping_up()});
    Partner(Partner), Partner::evolve, |partner| json!({
        "name": partner.name, "quotas": partner.quotas, "accounts": partner.accounts,
    });
    PartnerKey(PartnerKey), PartnerKey::evolve, |key| json!({"issued": key.issued, "is_revoked": key.is_revoked});
    Operator(Operator), Operator::evolve, |operator| json!({
        "name": operator.name, "role": operator.role, "is_enabled": operator.is_enabled, "credentials": operator.credentials,
    });
    OperatorList(OperatorList), OperatorList::evolve, |list| json!({"operators": list.operators().collect::<Vec<_>>()});
    Approval(Approval), Approval::evolve, |approval| json!({"requested": approval.requested, "status": approval.status});
    Reservation(Reservation), reservation, |name| json!({"owner": name.owner()});
    Member(Person), member, person;
}

impl State {
    fn after(&self, event: &Recorded) -> Result<Self, String> {
        let decoded = Event::decode(&event.event_type, event.schema_version, &event.data);
        let decoded = decoded.map_err(|error| error.to_string())?;
        self.clone().evolve(&decoded).map_err(|error| error.to_string())
    }
}

/// The state as JSON; none if there is none.
fn shown(state: &State) -> Result<Option<Box<RawValue>>, String> {
    match state.shown() {
        Value::Null => Ok(None),
        shown => serde_json::value::to_raw_value(&shown).map(Some).map_err(|error| error.to_string()),
    }
}

/// All limits of the bank; of those that are set, the names. The limits themselves stand in the events.
#[derive(Clone)]
struct Limits {
    limits: BankLimits,
    names: Vec<String>,
}

fn limits(state: Option<Limits>, event: &LimitsEvent) -> Result<Limits, EvolveError> {
    let (before, mut names) = state.map_or((None, Vec::new()), |state| (Some(state.limits), state.names));
    let limits = BankLimits::evolve(before, event)?;
    if let LimitsEvent::Set(set) = event {
        names.push(set.name.clone());
    }
    names.retain(|name| limits.get(name).is_some());
    names.sort();
    names.dedup();
    Ok(Limits { limits, names })
}

fn owner(state: Option<Owner>, event: &OwnerEvent) -> Result<Owner, EvolveError> {
    state.unwrap_or_default().evolve(event)
}

fn reservation(state: Option<Reservation>, event: &ReservationEvent) -> Result<Reservation, EvolveError> {
    Ok(state.unwrap_or_default().evolve(event))
}

fn member(state: Option<Person>, event: &MemberEvent) -> Result<Person, EvolveError> {
    Person::evolve(state, event).ok_or(EvolveError::NotOpened)
}

fn transfer(transfer: &Transfer) -> Value {
    match transfer {
        Transfer::Posted { legs, .. } => json!({"status": "posted", "legs": legs}),
        Transfer::Rejected => json!({"status": "rejected"}),
        Transfer::Reversed => json!({"status": "reversed"}),
    }
}

fn person(person: &Person) -> Value {
    let standing = match person.standing {
        Standing::Active => json!({"state": "active"}),
        Standing::Erasing { erasure } => json!({"state": "erasing", "erasure": erasure}),
        Standing::Erased { erasure } => json!({"state": "erased", "erasure": erasure}),
    };
    json!({"standing": standing, "is_changing_contact": person.change.is_some()})
}

#[cfg(test)]
mod tests {
    use kernel::Version;

    use super::*;

    fn recorded(version: i64, event_type: &str, schema_version: i16, data: Value) -> Recorded {
        let data = serde_json::value::to_raw_value(&data).expect("JSON");
        Recorded { version: Version::new(version), event_type: event_type.to_owned(), schema_version, data }
    }

    fn opened() -> Recorded {
        recorded(1, "AccountOpened", 1, json!({"holder": {"kind": "system", "name": "cash"}, "asset": "KRW"}))
    }

    #[test]
    fn each_event_has_the_state_after_it() {
        let frozen = recorded(2, "AccountFrozen", 2, json!({"balance": "0", "held": "0", "scope": "debits"}));
        let folded = DomainFold.fold(&[opened(), frozen]);
        let states: Vec<Value> = folded
            .into_iter()
            .map(|state| serde_json::from_str(state.expect("it follows").expect("a state").get()).expect("JSON"))
            .collect();
        assert_eq!((&states[0]["status"], &states[0]["balance"]), (&json!("open"), &json!("0")));
        assert_eq!((&states[1]["status"], &states[1]["scope"]), (&json!("frozen"), &json!("debits")));
        assert_eq!(DomainFold.kind("AccountFrozen"), Some("account"));
        assert_eq!(DomainFold.kind("Surprise"), None);
    }

    #[test]
    fn what_cannot_follow_is_named_and_so_is_all_that_comes_after() {
        let again = Recorded { version: Version::new(2), ..opened() };
        let unknown = recorded(3, "AccountFrozen", 2, json!({"balance": "0", "held": "0", "scope": "debits"}));
        let folded = DomainFold.fold(&[opened(), again, unknown]);
        assert!(folded[0].is_ok());
        let why = |place: usize| folded[place].as_ref().expect_err("it cannot follow").as_str();
        assert_eq!(why(1), "it is opened a second time");
        assert_eq!(why(2), "from version 2 on: it is opened a second time");
        let unknown = DomainFold.fold(&[recorded(1, "Surprise", 1, json!({}))]);
        assert!(unknown[0].as_ref().is_err_and(|why| why.contains("Surprise")));
    }

    #[test]
    fn a_stream_on_which_nothing_is_decided_has_no_state() {
        let used = recorded(1, "ReferenceUsed", 1, json!({"transfer": "01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e01"}));
        assert!(matches!(DomainFold.fold(&[used])[..], [Ok(None)]));
    }
}
