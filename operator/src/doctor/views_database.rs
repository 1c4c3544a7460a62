//! The views' database.

use database::migrations;

use super::{DoctorArgs, clock, durability::Settings, finding::Finding, log_database::Looked};
use crate::{config::Config, db::Database};

/// Looks at it; the views themselves are looked at by [`super::motion`].
pub async fn look(args: &DoctorArgs, config: &Config) -> Looked {
    let mut looked = Looked::default();
    let mut connection = match Database::Views.connect(config).await {
        Ok(connection) => connection,
        Err(failure) => {
            looked.findings.push(Finding::failed("views database", &failure));
            return looked;
        }
    };
    let at = config.views_database().map(ToString::to_string).unwrap_or_default();
    looked.findings.push(Finding::ok("views database", format!("answers at {at}")));
    looked.look_at_schema("views database", migrations::Database::Views, &mut connection, config).await;
    match Settings::read(&mut connection).await {
        Ok(settings) => {
            looked.findings.extend(settings.of_views(Database::Views));
            let local = config.views_database().is_ok_and(|address| address.is_local());
            looked.data_folder = settings.data_folder().filter(|_| local);
        }
        Err(failure) => looked.findings.push(Finding::failed("settings of the views database", &failure)),
    }
    looked.take("clock of the views database", clock::skew(&mut connection, Database::Views, args.max_skew_ms).await);
    looked
}
