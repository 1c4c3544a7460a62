//! The views this room reads.

/// A view whose live generation is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// Accounts and their balances.
    Accounts,
    /// What happened on each account, and when.
    Transactions,
    /// Transfers, posted and rejected.
    Transfers,
    /// Totals for the dashboard.
    Overview,
    /// Members, with personal data sealed.
    Members,
    /// Who moves the most.
    TopMovers,
}

impl View {
    /// Every view read here.
    pub const ALL: [Self; 6] =
        [Self::Accounts, Self::Transactions, Self::Transfers, Self::Overview, Self::Members, Self::TopMovers];

    /// The name under which the registry knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Transactions => "transactions",
            Self::Transfers => "transfers",
            Self::Overview => "overview",
            Self::Members => "members",
            Self::TopMovers => "top_movers",
        }
    }

    /// The view of that name, if it is read here.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// Its place in [`View::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_stands_at_its_index_and_is_found_by_its_name() {
        for (index, view) in View::ALL.into_iter().enumerate() {
            assert_eq!(view.index(), index);
            assert_eq!(View::named(view.name()), Some(view));
        }
        assert_eq!(View::named("nobody"), None);
    }
}
