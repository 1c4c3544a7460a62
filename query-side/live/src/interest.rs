//! Which events are for a client.

use std::collections::HashSet;

use kernel::{AccountId, MemberId};
use public_events::EventType;

use crate::event::{Event, Types};

/// Whose events they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's: for those who may hear of everything.
    All,
    /// Those of some accounts.
    Accounts(HashSet<AccountId>),
    /// Those of a member or a partner, and of every account that is theirs, also of one that is opened later.
    Owner {
        /// Who.
        owner: MemberId,
        /// The accounts that are theirs.
        accounts: HashSet<AccountId>,
    },
}

/// Which events are for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Whose.
    pub scope: Scope,
    /// Of which types.
    pub types: Types,
}

impl Interest {
    /// Whether an event is for this client. Events must be shown in their order: the opening of an account tells whose its later events are.
    pub fn takes(&mut self, event: &Event) -> bool {
        let concerned = match &mut self.scope {
            Scope::All => true,
            Scope::Accounts(accounts) => event.account.is_some_and(|account| accounts.contains(&account)),
            Scope::Owner { owner, accounts } => {
                let theirs = event.owner == Some(*owner);
                if let (true, EventType::AccountOpened, Some(account)) = (theirs, event.event_type, event.account) {
                    accounts.insert(account);
                }
                theirs || event.account.is_some_and(|account| accounts.contains(&account))
            }
        };
        concerned && self.types.contains(event.event_type)
    }

    /// The accounts whose events it asks for.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        let accounts = match &self.scope {
            Scope::All => None,
            Scope::Accounts(accounts) | Scope::Owner { accounts, .. } => Some(accounts),
        };
        accounts.into_iter().flatten().copied()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::event::tests::{account, member, posted};

    /// Somebody who owns these accounts.
    pub(crate) fn owner(number: u128, accounts: &[u128]) -> Interest {
        let accounts = accounts.iter().map(|number| account(*number)).collect();
        Interest { scope: Scope::Owner { owner: member(number), accounts }, types: Types::ALL }
    }

    /// The opening of an account.
    pub(crate) fn opened(position: i64, of: u128, by: u128) -> Event {
        Event { event_type: EventType::AccountOpened, owner: Some(member(by)), ..posted(position, 0, of) }
    }

    #[test]
    fn a_member_hears_of_own_accounts_and_of_those_that_are_opened() {
        let mut alice = owner(1, &[10]);
        assert!(alice.takes(&posted(1, 0, 10)));
        assert!(!alice.takes(&posted(2, 0, 11)), "it is not known whose it is");
        assert!(!alice.takes(&opened(3, 12, 2)), "somebody else's");
        assert!(!alice.takes(&posted(4, 0, 12)));
        assert!(alice.takes(&opened(5, 11, 1)));
        assert!(alice.takes(&posted(6, 0, 11)));
        let joined =
            Event { event_type: EventType::MemberJoined, account: None, owner: Some(member(1)), ..posted(7, 0, 10) };
        assert!(alice.takes(&joined));
        assert!(!alice.takes(&Event { owner: None, ..joined }), "it is for operators");
    }

    #[test]
    fn an_account_whose_opening_was_not_asked_for_is_theirs_all_the_same() {
        let mut alice = Interest { types: Types::from_iter([EventType::TransferPosted]), ..owner(1, &[]) };
        assert!(!alice.takes(&opened(1, 10, 1)));
        assert!(alice.takes(&posted(2, 0, 10)));
    }

    #[test]
    fn named_accounts_are_all() {
        let mut some = Interest { scope: Scope::Accounts(HashSet::from([account(10)])), types: Types::ALL };
        assert!(some.takes(&posted(1, 0, 10)) && !some.takes(&posted(2, 0, 11)));
        let mut all = Interest { scope: Scope::All, types: Types::from_iter([EventType::HoldPlaced]) };
        assert!(!all.takes(&posted(1, 0, 10)));
    }
}
