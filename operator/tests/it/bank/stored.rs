//! Events of the synthetic bank as they stand in its log.

use events::recorded::{
    AccountEvent, Event, HoldEvent, Legs, TransferEvent, TransferFacts, TransferKind, TransferPosted,
};

/// Schema version and payload. What earlier builds could write stands there as they wrote it: a transfer of two legs, and freezes of
/// everything where nothing is held.
pub fn stored(event: &Event) -> (i16, String) {
    let mut payload: serde_json::Value = serde_json::from_str(&event.payload().expect("JSON")).expect("JSON");
    if payload["held"] == "0" && payload["scope"] != "debits" && payload["balance"].is_string() {
        let fields = payload.as_object_mut().expect("an object");
        fields.retain(|name, _| name != "held" && name != "scope");
        return (1, payload.to_string());
    }
    if let Event::Transfer(TransferEvent::Posted(posted)) = event
        && let Some(pair) = posted.legs.pair()
        && *posted == plain_of(posted)
    {
        let facts = TransferFacts {
            kind: posted.kind,
            source: Some(pair.source),
            destination: Some(pair.destination),
            asset: pair.money.asset,
            amount: pair.money.amount,
            memo: posted.memo.clone(),
            reference: posted.reference.clone(),
            reverses: posted.reverses,
        };
        return (1, serde_json::to_string(&facts).expect("JSON"));
    }
    let counts = payload.get("used").is_some() || payload.get("counted").is_some();
    let schema_version = match event {
        Event::Account(
            AccountEvent::Debited(_)
            | AccountEvent::Credited(_)
            | AccountEvent::FundsHeld(_)
            | AccountEvent::FundsReleased(_),
        )
        | Event::Hold(HoldEvent::Placed(_) | HoldEvent::Increased(_))
            if !counts =>
        {
            1
        }
        _ => event.event_type().schema_version,
    };
    (schema_version, event.payload().expect("JSON"))
}

/// A transfer with nothing but its kind and its legs.
pub fn posted(kind: TransferKind, legs: Legs) -> TransferPosted {
    TransferPosted {
        kind,
        legs,
        memo: None,
        reference: None,
        reverses: None,
        hold: None,
        despite_freeze: false,
        trade: None,
        order: None,
        asked_by: None,
        counted: Vec::new(),
    }
}

/// What version 1 can say of it.
fn plain_of(of: &TransferPosted) -> TransferPosted {
    let TransferPosted { kind, legs, memo, reference, reverses, .. } = of.clone();
    TransferPosted { memo, reference, reverses, ..posted(kind, legs) }
}
