//! Which columns of each view are proved. The catalog is held against this list, so that a column that is added to a view
//! and not proved here is reported.

use super::View;

impl View {
    /// Every table with every column that is held against the log.
    pub fn columns(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Accounts => &[("accounts", ACCOUNTS)],
            Self::Transactions => &[("entries", ENTRIES), ("ticks", &["recorded_at", "position"])],
            Self::Transfers => &[("transfers", TRANSFERS)],
            Self::Overview => &[
                ("asset_totals", ASSET_TOTALS),
                ("activity", ACTIVITY),
                ("account_states", &["account_id", "asset", "status", "system"]),
            ],
            Self::Members => &[("members", MEMBERS), ("member_counts", &["status", "members"])],
            Self::TopMovers => &[("movers", &["asset", "day", "account_id", "transfers", "volume"])],
        }
    }
}

const ACCOUNTS: &[&str] = &[
    "account_id",
    "kind",
    "owner",
    "account_number",
    "name",
    "asset",
    "status",
    "balance",
    "version",
    "position",
    "opened_at",
];

const ENTRIES: &[&str] = &[
    "account_id",
    "position",
    "version",
    "recorded_at",
    "transfer_id",
    "counterparty",
    "amount",
    "balance_after",
    "kind",
    "memo",
    "reference",
    "reverses",
];

const TRANSFERS: &[&str] = &[
    "transfer_id",
    "status",
    "kind",
    "source",
    "destination",
    "asset",
    "amount",
    "memo",
    "reference",
    "reverses",
    "reversed_by",
    "code",
    "available",
    "source_version",
    "source_balance_after",
    "destination_version",
    "destination_balance_after",
    "postings",
    "position",
    "recorded_at",
];

const ASSET_TOTALS: &[&str] =
    &["asset", "member_sum", "system_sum", "members_open", "members_frozen", "members_closed", "system_accounts"];

const ACTIVITY: &[&str] =
    &["bucket", "bucket_start", "asset", "kind", "posted_count", "rejected_count", "posted_volume"];

const MEMBERS: &[&str] = &[
    "member_id",
    "status",
    "joined_at",
    "erased_at",
    "channel",
    "login_id",
    "login_id_version",
    "contact",
    "contact_version",
    "real_name",
    "real_name_version",
    "position",
];
