//! The vault's database.

use database::migrations;

use super::{DoctorArgs, clock, durability::Settings, finding::Finding, key_epochs, log_database::Looked, messages};
use crate::{config::Config, db::Database};

/// Looks at it.
pub async fn look(args: &DoctorArgs, config: &Config) -> Looked {
    let mut looked = Looked::default();
    let mut connection = match Database::Vault.connect(config).await {
        Ok(connection) => connection,
        Err(failure) => {
            looked.findings.push(Finding::failed("vault database", &failure));
            return looked;
        }
    };
    let at = config.vault_database().map(ToString::to_string).unwrap_or_default();
    looked.findings.push(Finding::ok("vault database", format!("answers at {at}")));
    looked.look_at_schema("vault database", migrations::Database::Vault, &mut connection, config).await;
    looked.take("key-encryption keys", key_epochs::look(&mut connection, config).await);
    match messages::look(&mut connection).await {
        Ok(findings) => looked.findings.extend(findings),
        Err(failure) => looked.findings.push(Finding::failed("messages", &failure)),
    }
    match Settings::read(&mut connection).await {
        Ok(settings) => {
            looked.findings.extend(settings.of_vault());
            let local = config.vault_database().is_ok_and(|address| address.is_local());
            looked.data_folder = settings.data_folder().filter(|_| local);
        }
        Err(failure) => looked.findings.push(Finding::failed("settings of the vault database", &failure)),
    }
    looked.take("clock of the vault database", clock::skew(&mut connection, Database::Vault, args.max_skew_ms).await);
    looked
}
