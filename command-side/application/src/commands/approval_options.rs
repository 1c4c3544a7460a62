//! What waits for a second operator.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::Limits;
use events::recorded::{ApprovalAction, Event, TransferEvent, TransferPosted};
use kernel::{ApprovalKinds, AssetCode, Minor, Money};

/// What waits for a second operator, if an operator who logged in asks for it.
#[derive(Clone, Debug)]
pub struct ApprovalOptions {
    /// What.
    pub kinds: ApprovalKinds,
    /// For how long it can be approved.
    pub lives: TimeDelta,
    /// A reversal that moves no more than this waits for nobody. One that moves an asset that is not named always waits.
    pub reversals_above: Limits,
    /// A freeze of no more accounts than this waits for nobody.
    pub freezes_above: usize,
}

impl Default for ApprovalOptions {
    fn default() -> Self {
        Self {
            kinds: ApprovalKinds::all(),
            lives: TimeDelta::hours(24),
            reversals_above: Limits::NONE,
            freezes_above: 0,
        }
    }
}

impl ApprovalOptions {
    /// Whether what is asked for is too little to wait. `decided`: the events that it came to.
    pub(super) fn is_below_level<'a>(
        &self,
        action: &ApprovalAction,
        mut decided: impl Iterator<Item = &'a Event>,
    ) -> bool {
        match action {
            ApprovalAction::Reversal { .. } => decided.any(|event| match event {
                Event::Transfer(TransferEvent::Posted(posted)) => self.covers(posted),
                _ => false,
            }),
            ApprovalAction::FreezeMany { accounts, .. } => accounts.len() <= self.freezes_above,
            _ => false,
        }
    }

    /// Whether all that a transfer moves is within the level of its asset.
    fn covers(&self, posted: &TransferPosted) -> bool {
        let mut moved: BTreeMap<AssetCode, Minor> = BTreeMap::new();
        for leg in posted.legs.iter().filter(|leg| leg.amount.is_positive()) {
            let sum = moved.entry(leg.asset).or_insert(Minor::ZERO);
            // What cannot be added up is above every level.
            let Ok(more) = sum.plus(leg.amount) else { return false };
            *sum = more;
        }
        moved.into_iter().all(|(asset, amount)| self.reversals_above.covers(Money { asset, amount }))
    }
}
