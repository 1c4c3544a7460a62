//! What a run of commits adds to the totals.

use std::collections::HashMap;

use events::recorded::{
    AccountClosed, AccountEvent, AccountFrozen, AccountOpened, AccountUnfrozen, Event, Holder, TransferEvent,
    TransferPosted, TransferRejected,
};
use kernel::{AccountId, AssetCode};
use projection_engine::Commit;

use super::{activity::Activity, states::States};
use crate::wide::Wide;

/// The types whose events change something here.
pub(super) const USED: &[&str] = &[
    AccountOpened::NAME,
    AccountFrozen::NAME,
    AccountUnfrozen::NAME,
    AccountClosed::NAME,
    TransferPosted::NAME,
    TransferRejected::NAME,
];

/// What is to be added.
#[derive(Debug, Default)]
pub(super) struct Additions {
    /// By how much each account's balance changed. Whether it is a member's is looked up when it is written.
    pub(super) moved: HashMap<AccountId, (AssetCode, Wide)>,
    pub(super) states: States,
    pub(super) activity: Activity,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Additions {
    let mut additions = Additions::default();
    commits.iter().for_each(|commit| additions.commit(commit));
    additions
}

impl Additions {
    pub(super) fn commit(&mut self, commit: &Commit<Event>) {
        for event in &commit.events {
            if let Some(body) = &event.body {
                self.event(commit, AccountId::new(event.stream.uuid()), body);
            }
        }
    }

    fn event(&mut self, commit: &Commit<Event>, stream: AccountId, body: &Event) {
        match body {
            Event::Account(AccountEvent::Opened(opened)) => {
                let system = matches!(opened.holder, Holder::System { .. });
                self.states.opened(stream, opened.asset, system);
            }
            Event::Account(AccountEvent::Frozen(_)) => self.states.became(stream, "frozen"),
            Event::Account(AccountEvent::Unfrozen(_)) => self.states.became(stream, "open"),
            Event::Account(AccountEvent::Closed(_)) => self.states.became(stream, "closed"),
            Event::Transfer(TransferEvent::Posted(posted)) => {
                for leg in posted.legs.iter() {
                    self.moved.entry(leg.account).or_insert((leg.asset, Wide::default())).1.add(leg.amount);
                }
                self.activity.posted(posted, commit.recorded_at);
            }
            Event::Transfer(TransferEvent::Rejected(rejected)) => {
                self.activity.rejected(&rejected.facts, commit.recorded_at)
            }
            _ => {}
        }
    }
}
