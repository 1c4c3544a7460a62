//! What the clients know together, as one writer that keeps the accounts in memory does.

use std::sync::Mutex;

use rand::RngExt;
use uuid::Uuid;

/// The accounts, and where each was last changed.
pub struct Accounts(Mutex<Vec<Account>>);

struct Account {
    id: Uuid,
    /// Of its newest event.
    position: u64,
    version: u64,
    /// Whether a transfer of it is on its way.
    busy: bool,
}

/// One account of a transfer.
#[derive(Clone, Copy)]
pub struct Side {
    pub place: usize,
    pub id: Uuid,
    pub version: u64,
}

/// Two accounts that nobody else uses until they are given back.
#[derive(Clone, Copy)]
pub struct Pair {
    pub payer: Side,
    pub payee: Side,
    /// Nothing is known of either after this position.
    pub after: u64,
}

impl Accounts {
    pub fn opened(accounts: Vec<(Uuid, u64)>) -> Self {
        let account = |(id, position)| Account { id, position, version: 1, busy: false };
        Self(Mutex::new(accounts.into_iter().map(account).collect()))
    }

    /// Takes two that are free, each as probable as any other.
    pub fn take(&self) -> Pair {
        let mut accounts = self.0.lock().expect("nobody panics under it");
        let mut random = rand::rng();
        let mut free = |accounts: &mut Vec<Account>| loop {
            let place = random.random_range(0..accounts.len());
            let account = &mut accounts[place];
            if !account.busy {
                account.busy = true;
                return (Side { place, id: account.id, version: account.version }, account.position);
            }
        };
        let ((payer, at), (payee, and_at)) = (free(&mut accounts), free(&mut accounts));
        Pair { payer, payee, after: at.max(and_at) }
    }

    /// Gives them back; what was appended ends at this position: the credit, after the debit.
    pub fn give_back(&self, pair: Pair, last: Option<u64>) {
        let mut accounts = self.0.lock().expect("nobody panics under it");
        for (side, behind) in [(pair.payer, 1), (pair.payee, 0)] {
            let account = &mut accounts[side.place];
            account.busy = false;
            if let Some(last) = last {
                (account.position, account.version) = (last - behind, side.version + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_in_one_transfer_at_a_time_and_knows_where_it_was_last_changed() {
        let accounts = Accounts::opened((0..4).map(|n| (Uuid::from_u128(n), 1 + n as u64)).collect());
        let (one, two) = (accounts.take(), accounts.take());
        let mut places = [one.payer.place, one.payee.place, two.payer.place, two.payee.place];
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3]);
        accounts.give_back(one, Some(7));
        let again = accounts.take();
        assert_eq!(again.after, 7);
        assert_eq!((again.payer.version, again.payee.version), (2, 2));
        // What failed leaves no trace.
        accounts.give_back(two, None);
        assert!(accounts.take().after <= 4);
    }
}
