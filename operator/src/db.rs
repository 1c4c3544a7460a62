//! Connections to the databases.

use std::{str::FromStr, time::Duration};

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{
    config::{Address, Config},
    failure::Failure,
};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// The log.
    Log,
    /// The views.
    Views,
    /// The vault.
    Vault,
}

impl Database {
    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log database",
            Self::Views => "views database",
            Self::Vault => "vault database",
        }
    }

    /// The variable that says where it is.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Log => "JANGBU_LOG_DATABASE_URL",
            Self::Views => "JANGBU_VIEWS_DATABASE_URL",
            Self::Vault => "JANGBU_VAULT_DATABASE_URL",
        }
    }

    /// Where it is.
    pub fn address(self, config: &Config) -> Result<&Address, Failure> {
        match self {
            Self::Log => config.log_database(),
            Self::Views => config.views_database(),
            Self::Vault => config.vault_database(),
        }
    }

    /// How to connect to it; no query is ever too slow, for an operator is waiting and can interrupt. A transaction waits
    /// for a process that is suspended for minutes, not for ever; those that others wait for set a shorter limit.
    pub fn options(self, config: &Config) -> Result<PgConnectOptions, Failure> {
        let address = self.address(config)?;
        let options =
            PgConnectOptions::from_str(address.secret()).map_err(|source| self.unreachable(address, source))?;
        let timeouts = [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "10min")];
        Ok(options.application_name("jangbu").options(timeouts).disable_statement_logging())
    }

    /// Connects.
    pub async fn connect(self, config: &Config) -> Result<PgConnection, Failure> {
        let options = self.options(config)?;
        self.within(config, PgConnection::connect_with(&options)).await
    }

    /// Waits for a connection to it, in whatever form, and gives up in time.
    pub async fn within<T>(
        self,
        config: &Config,
        connecting: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Failure> {
        let address = self.address(config)?;
        match tokio::time::timeout(Duration::from_secs(5), connecting).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(source)) => Err(self.unreachable(address, source)),
            Err(_) => Err(self.unreachable(address, "no answer within 5 seconds")),
        }
    }

    fn unreachable(self, address: &Address, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        Failure::unreachable(self.name(), address, self.variable(), source)
    }
}

/// Names what a query was for, when it fails.
pub fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Failure {
    move |source| Failure::Query { doing, source }
}
