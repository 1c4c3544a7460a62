//! The log's database.

use database::migrations;
use sqlx::PgConnection;

use super::{
    DoctorArgs, audit, clock, durability::Settings, finding::Finding, leader, log_form, processes, rights, schema,
};
use crate::{config::Config, db::Database, failure::Failure, schema::Compared};

/// What was found about a database, and what others need of it.
#[derive(Default)]
pub struct Looked {
    pub findings: Vec<Finding>,
    /// Where it keeps its data, if it is on this machine and the server says so.
    pub data_folder: Option<String>,
}

impl Looked {
    /// Takes a finding, or why there is none.
    pub fn take(&mut self, what: &str, found: Result<Finding, Failure>) {
        self.findings.push(found.unwrap_or_else(|failure| Finding::failed(what, &failure)));
    }

    /// Looks at migrations, schema and grants of a database; `name` is its name for people.
    pub async fn look_at_schema(
        &mut self,
        name: &str,
        database: migrations::Database,
        connection: &mut PgConnection,
        config: &Config,
    ) {
        let migrations = schema::migrations(database, config).await;
        match Compared::read(database, connection).await {
            Ok(compared) => {
                let differences = schema::differences(name, &migrations, &compared);
                self.findings.push(migrations);
                self.findings.extend(differences);
                self.findings.extend(rights::look(name, &compared));
            }
            Err(failure) => {
                self.findings.push(migrations);
                self.findings.push(Finding::failed(format!("schema of the {name}"), &failure));
            }
        }
    }
}

/// Looks at it.
pub async fn look(args: &DoctorArgs, config: &Config) -> Looked {
    let mut looked = Looked::default();
    let mut connection = match Database::Log.connect(config).await {
        Ok(connection) => connection,
        Err(failure) => {
            looked.findings.push(Finding::failed("log database", &failure));
            return looked;
        }
    };
    let at = config.log_database().map(ToString::to_string).unwrap_or_default();
    looked.findings.push(Finding::ok("log database", format!("answers at {at}")));
    looked.look_at_schema("log database", migrations::Database::Log, &mut connection, config).await;
    looked.take("guards of the log", schema::guards(&mut connection).await);
    looked.findings.extend(log_form::look(config, &mut connection).await);
    looked.take("leader", leader::look(&mut connection).await);
    looked.take("processes", processes::look(&mut connection).await);
    looked.take("audit", audit::look(config).await);
    match Settings::read(&mut connection).await {
        Ok(settings) => {
            looked.findings.extend(settings.of_log());
            let local = config.log_database().is_ok_and(|address| address.is_local());
            looked.data_folder = settings.data_folder().filter(|_| local);
        }
        Err(failure) => looked.findings.push(Finding::failed("settings of the log database", &failure)),
    }
    looked.take("clock of the log database", clock::skew(&mut connection, Database::Log, args.max_skew_ms).await);
    looked.take("clock of the log (recorded_at)", clock::log_clock(&mut connection, args.max_skew_ms).await);
    looked
}
