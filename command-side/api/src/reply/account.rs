//! An account, as a command left it.

use application::AccountAnswer;
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Version};
use serde::Serialize;
use utoipa::ToSchema;

/// An account, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountDto {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// What people type to pay to it.
    #[schema(value_type = String, pattern = "^[0-9]{12}$", examples("123456789092"))]
    account_number: AccountNumber,
    /// The one asset it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: AssetCode,
    /// The member it belongs to.
    #[schema(value_type = uuid::Uuid)]
    owner: MemberId,
    /// Whether money can move.
    #[schema(pattern = "^(open|frozen|closed)$", examples("open"))]
    status: &'static str,
    /// Minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("12500"))]
    balance: Minor,
    /// How many events it has; goes up by one with each.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
}

impl From<&AccountAnswer> for AccountDto {
    fn from(account: &AccountAnswer) -> Self {
        Self {
            account_id: account.account_id,
            account_number: account.account_number,
            asset: account.asset,
            owner: account.owner,
            status: account.status,
            balance: account.balance,
            version: account.version,
        }
    }
}
