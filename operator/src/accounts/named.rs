//! How operators name an account: by its id, or by the number that people know.

use kernel::AccountNumber;
use sqlx::PgConnection;
use uuid::Uuid;

use events::recorded::{self, AccountNumberEvent};

use crate::{config::Config, db::Database, failure::Failure, log_tables::state_events};

/// An account as it was named. Spaces and dashes may stand in a number.
#[derive(Clone, Copy, Debug)]
pub enum NamedAccount {
    Id(Uuid),
    Number(AccountNumber),
}

impl std::str::FromStr for NamedAccount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.trim().parse() {
            return Ok(Self::Id(id));
        }
        text.parse().map(Self::Number).map_err(|error| format!("not a UUID, and {error}"))
    }
}

impl NamedAccount {
    /// Its id. A number is looked up in the log.
    pub async fn id(self, config: &Config) -> Result<Uuid, Failure> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Number(_) => self.id_in(config, &mut Database::Log.connect(config).await?).await,
        }
    }

    /// Its id, from this log.
    pub async fn id_in(self, config: &Config, log: &mut PgConnection) -> Result<Uuid, Failure> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Number(number) => account_with_number(config, log, number).await,
        }
    }
}

/// The account that has a number.
async fn account_with_number(config: &Config, log: &mut PgConnection, number: AccountNumber) -> Result<Uuid, Failure> {
    let events = state_events(config, log, number.stream().uuid()).await?;
    events
        .into_iter()
        .find_map(|state_event| match state_event.event {
            recorded::Event::AccountNumber(AccountNumberEvent::Assigned(assigned)) => Some(assigned.account.uuid()),
            _ => None,
        })
        .ok_or_else(|| Failure::Absent(format!("no account has the number {number}")))
}
