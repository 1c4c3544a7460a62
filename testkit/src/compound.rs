//! A transfer of any legs, written into the log by the domain's decision. No command asks for one whose legs are no payments.

use domain::{Account, Freeze, Limits, Movement};
use events::recorded::{self, Leg, Legs, TransferKind, TransferPosted};
use kernel::{Actor, CommandId, CorrelationId, Ids, RandomIds, StreamId, TransferId, Version};
use log::{Append, Fingerprint, FromVersion, NewCommit, NewEvent, ReadStreams};
use uuid::Uuid;

/// Whose command it is said to be.
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// The id that it is written under.
    pub command_id: CommandId,
    /// The fingerprint of the request.
    pub fingerprint: Fingerprint,
}

/// Posts the transfer, which must be possible.
pub async fn post(log: &(impl Append + ReadStreams), request: Request, legs: Vec<Leg>) -> TransferId {
    let transfer = TransferId::new(RandomIds.fresh());
    let legs = Legs::new(legs).expect("they sum to zero");
    let streams: Vec<_> = legs.iter().map(|leg| (leg.account.into(), FromVersion::After(Version::ZERO))).collect();
    let read = log.read_streams(&streams).await.expect("the log");
    let mut versions: Vec<_> = read.iter().map(|read| Version::new(read.events.len() as i64)).collect();
    let accounts: Vec<Account> = read.into_iter().map(|read| fold(&read.events)).collect();
    let sides: Vec<_> = accounts.iter().map(Some).collect();
    let (freeze, limited, undone) = (Freeze::Stops, None, &[][..]);
    let movement = Movement { transfer, legs: &legs, accounts: &sides, freeze, limited, undone };
    let happened = movement.decide(&Limits::NONE).expect("it may be posted").events;

    let posted = TransferPosted {
        kind: TransferKind::Transfer,
        legs: legs.clone(),
        memo: Some("together".into()),
        reference: None,
        reverses: None,
        hold: None,
        despite_freeze: false,
        trade: None,
        order: None,
        asked_by: None,
        counted: Vec::new(),
    };
    let mut events = vec![new_event(transfer.into(), Version::new(1), posted.into())];
    for (index, event) in happened.into_iter().enumerate() {
        let account = legs[index].account;
        // An account with several legs has gone on since it was read.
        let version = versions[index].next();
        legs.iter().zip(&mut versions).filter(|(leg, _)| leg.account == account).for_each(|(_, of)| *of = version);
        events.push(new_event(account.into(), version, event.into()));
    }
    let Request { actor, command_id, fingerprint } = request;
    let commit = NewCommit { command_id, fingerprint, actor, correlation: CorrelationId::new(Uuid::nil()), events };
    log.append(&[commit]).await.expect("appended");
    transfer
}

fn new_event(stream: StreamId, version: Version, recorded: recorded::Event) -> NewEvent {
    let recorded::EventType { name: event_type, schema_version, kind, opens_stream } = recorded.event_type();
    let payload = recorded.payload().expect("JSON");
    NewEvent { stream, version, event_type, schema_version, payload, kind: kind.as_str(), opens_stream, owner: None }
}

fn fold(events: &[log::Event]) -> Account {
    let event = |event: &log::Event| {
        let decoded = recorded::Event::decode(&event.event_type, event.schema_version, &event.payload);
        match decoded.expect("an event") {
            recorded::Event::Account(event) => event,
            other => panic!("not in these tests: {other:?}"),
        }
    };
    let account = events.iter().map(event).try_fold(None, |account, event| Account::evolve(account, &event).map(Some));
    account.expect("a valid stream").expect("an account")
}
