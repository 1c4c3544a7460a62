//! The areas of the console, in the order of its menu.

/// One entry of the menu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    /// Its address; all addresses below belong to it.
    pub(crate) path: &'static str,
    /// The key of its name.
    pub(crate) key: &'static str,
}

/// A screen that is added has a line here.
pub(crate) const AREAS: &[Area] = &[
    Area { path: "/", key: "nav-overview" },
    Area { path: "/find", key: "nav-find" },
    Area { path: "/accounts", key: "nav-accounts" },
    Area { path: "/transfers", key: "nav-transfers" },
    Area { path: "/members", key: "nav-members" },
    Area { path: "/payout-runs", key: "nav-payout-runs" },
    Area { path: "/processes", key: "nav-processes" },
    Area { path: "/approvals", key: "nav-approvals" },
    Area { path: "/views", key: "nav-views" },
    Area { path: "/log", key: "nav-log" },
    Area { path: "/audit", key: "nav-audit" },
    Area { path: "/webhooks", key: "nav-webhooks" },
    Area { path: "/partners", key: "nav-partners" },
    Area { path: "/limits", key: "nav-limits" },
    Area { path: "/rates", key: "nav-rates" },
    Area { path: "/operators", key: "nav-operators" },
    Area { path: "/health", key: "nav-health" },
];

/// The same in the wallet.
pub(crate) const WALLET_AREAS: &[Area] = &[
    Area { path: "/wallet", key: "wallet-home" },
    Area { path: "/wallet/pay", key: "wallet-pay" },
    Area { path: "/wallet/code", key: "wallet-code" },
    Area { path: "/wallet/holds", key: "wallet-holds" },
    Area { path: "/wallet/orders", key: "wallet-orders" },
    Area { path: "/wallet/items", key: "wallet-items" },
    Area { path: "/wallet/outside", key: "wallet-outside" },
    Area { path: "/wallet/exchange", key: "wallet-exchange" },
    Area { path: "/wallet/profile", key: "wallet-profile" },
];

impl Area {
    /// Whether a path is of this area.
    pub(crate) fn holds(self, path: &str) -> bool {
        path == self.path
            || (!matches!(self.path, "/" | "/wallet")
                && path.strip_prefix(self.path).is_some_and(|rest| rest.starts_with('/')))
    }
}
