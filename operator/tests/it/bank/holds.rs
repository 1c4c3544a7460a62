//! The holds of the synthetic bank.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountFundsHeld, AccountFundsReleased, Event, HoldAmounts, HoldCaptured, HoldExpired, HoldIncreased, HoldPlaced,
    HoldReleased,
};
use kernel::{AccountId, Actor, HoldId, MemberId, Minor, Role, TransferId};
use uuid::Uuid;

use super::ids::{account, hold, member, transfer, units};

/// What a hold has come to.
struct Hold {
    source: u128,
    amounts: HoldAmounts,
}

/// All holds, and what is held of each account.
#[derive(Default)]
pub struct Holds {
    held: HashMap<Uuid, i128>,
    all: HashMap<u128, Hold>,
}

/// Events with the streams that they are on.
type Events = Vec<(Uuid, Event)>;

impl Holds {
    /// What is held of an account.
    pub fn held(&self, n: u128) -> Minor {
        units(self.held.get(&account(n)).copied().unwrap_or_default())
    }

    /// The event of the account whose funds are held: more, or below zero, less.
    fn changed(&mut self, n: u128, change: i128) -> (Uuid, Event) {
        let source = self.source(n);
        *self.held.entry(account(source)).or_default() += change;
        let (hold, amount, held) = (HoldId::new(hold(n)), units(change.abs()), self.held(source));
        let event = match change < 0 {
            true => AccountFundsReleased { hold, amount, held, used: Vec::new() }.into(),
            false => AccountFundsHeld { hold, amount, held, used: Vec::new() }.into(),
        };
        (account(source), event)
    }

    /// What a hold comes to when so much more is held, paid and given back.
    fn left(&mut self, n: u128, more: i128, paid: i128, back: i128) -> HoldAmounts {
        let amounts = &mut self.all.get_mut(&n).expect("a hold").amounts;
        let sum = |a: Minor, b: i128| units(a.units() + b);
        amounts.amount = sum(amounts.amount, more);
        amounts.captured = sum(amounts.captured, paid);
        amounts.released = sum(amounts.released, back);
        *amounts
    }

    /// Places a hold of a number, on a source, perhaps for a destination.
    pub fn place(
        &mut self,
        (n, source, destination): (u128, u128, Option<u128>),
        amount: i128,
        expires_at: DateTime<Utc>,
    ) -> Events {
        let amounts = HoldAmounts { amount: units(amount), captured: Minor::ZERO, released: Minor::ZERO };
        self.all.insert(n, Hold { source, amounts });
        let placed = HoldPlaced {
            source: AccountId::new(account(source)),
            destination: destination.map(|n| AccountId::new(account(n))),
            asset: "KRW".parse().expect("an asset"),
            amount: units(amount),
            expires_at,
            memo: n.is_multiple_of(2).then(|| format!("hold {n}")),
            reference: (!n.is_multiple_of(2)).then(|| format!("hold-{n}")),
            placed_by: Actor { id: MemberId::new(member(source)), role: Role::Member },
            counted: Vec::new(),
        };
        vec![(hold(n), placed.into()), self.changed(n, amount)]
    }

    pub fn increase(&mut self, n: u128, by: i128) -> Events {
        let increased = HoldIncreased { by: units(by), left: self.left(n, by, 0, 0), counted: Vec::new() };
        vec![(hold(n), increased.into()), self.changed(n, by)]
    }

    pub fn release(&mut self, n: u128, amount: i128) -> Events {
        let left = self.left(n, 0, 0, amount);
        let released = HoldReleased { given_back: units(amount), reason: Some("not needed".into()), left };
        vec![(hold(n), released.into()), self.changed(n, -amount)]
    }

    pub fn expire(&mut self, n: u128) -> Events {
        let rest = self.rest(n);
        let expired = HoldExpired { given_back: units(rest), left: self.left(n, 0, 0, rest) };
        vec![(hold(n), expired.into()), self.changed(n, -rest)]
    }

    /// What comes before the transfer of this number, which pays a part of a hold.
    pub fn capture(&mut self, n: u128, of: u128, paid: i128, is_final: bool) -> Events {
        let back = if is_final { self.rest(of) - paid } else { 0 };
        let left = self.left(of, 0, paid, back);
        let captured = HoldCaptured { transfer: TransferId::new(transfer(n)), paid: units(paid), is_final, left };
        vec![self.changed(of, -paid - back), (hold(of), captured.into())]
    }

    /// The account whose funds are held.
    pub fn source(&self, n: u128) -> u128 {
        self.all[&n].source
    }

    /// What remains of a hold.
    fn rest(&self, n: u128) -> i128 {
        let HoldAmounts { amount, captured, released } = self.all[&n].amounts;
        amount.units() - captured.units() - released.units()
    }
}
