//! `jangbu repair grants`.

use database::migrations::{Database, State};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    config::Config,
    db::failed,
    failure::Failure,
    migrate::{self, DatabaseArgs},
    output::Output,
    schema::Compared,
};

/// What is repaired.
#[derive(Debug, clap::Args)]
pub struct GrantsArgs {
    #[command(flatten)]
    databases: DatabaseArgs,

    /// Also take away what this build does not expect. Without it that is only listed
    #[arg(long)]
    revoke: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// One statement, and what became of it.
#[derive(Debug, Serialize)]
struct Line {
    database: String,
    /// `done`, `to do` after a dry run, `left` for what is too much and was not to be revoked, `missing` for roles.
    outcome: &'static str,
    statement: String,
}

/// Repairs; answers whether nothing is left that is wrong.
pub async fn run(args: &GrantsArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let mut lines = Vec::new();
    for database in args.databases.databases() {
        require_migrated(database, config).await?;
        let mut connection = migrate::db(database).0.connect(config).await?;
        repair(args, database, &mut connection, &mut lines).await?;
    }
    output.show(&lines, |lines| text(lines))?;
    Ok(lines.iter().all(|line| line.outcome == "done"))
}

/// What is expected is that of the schema of this build: a newer or an older one has other rights.
async fn require_migrated(database: Database, config: &Config) -> Result<(), Failure> {
    match migrate::entries(database, config).await?.iter().find(|entry| entry.state != State::Applied) {
        None => Ok(()),
        Some(entry) => Err(Failure::Usage(format!(
            "the {database} database does not have the schema of this build (migration {} is {:?}): see `jangbu migrate status`",
            entry.version, entry.state
        ))),
    }
}

async fn repair(
    args: &GrantsArgs,
    database: Database,
    connection: &mut PgConnection,
    lines: &mut Vec<Line>,
) -> Result<(), Failure> {
    let compared = Compared::read(database, connection).await?;
    let line = |outcome, statement| Line { database: database.to_string(), outcome, statement };
    let missing = compared.roles.missing.iter();
    lines.extend(missing.map(|role| line("missing", format!("create role {role} login password '...'"))));
    let mut statements: Vec<String> = compared.foreign.iter().map(|foreign| foreign.remedy()).collect();
    statements.extend(compared.roles.not_joined.iter().map(|role| format!("grant {role} to jangbu_owner")));
    statements.extend(compared.missing_grants().iter().map(|grant| grant.grant(&compared.name)));
    let surplus = compared.surplus_grants(true).into_iter().chain(compared.surplus_grants(false));
    let revokes: Vec<String> = surplus.map(|grant| grant.revoke(&compared.name)).collect();
    let (revoked, left) = if args.revoke { (revokes, Vec::new()) } else { (Vec::new(), revokes) };
    statements.extend(revoked);
    if !args.dry_run {
        execute(connection, &statements).await?;
    }
    let outcome = if args.dry_run { "to do" } else { "done" };
    lines.extend(statements.into_iter().map(|statement| line(outcome, statement)));
    lines.extend(left.into_iter().map(|statement| line("left", statement)));
    Ok(())
}

/// All of them or none.
async fn execute(connection: &mut PgConnection, statements: &[String]) -> Result<(), Failure> {
    let granting = || failed("granting");
    let mut tx = connection.begin().await.map_err(granting())?;
    for statement in statements {
        // Made of names that the database itself has quoted, and of words of the program's own.
        sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *tx).await.map_err(granting())?;
    }
    tx.commit().await.map_err(granting())
}

fn text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "all roles have what they need, and nothing else".into();
    }
    let mut text: Vec<String> =
        lines.iter().map(|line| format!("{}: {}: {};", line.database, line.outcome, line.statement)).collect();
    if lines.iter().any(|line| line.outcome == "left") {
        text.push("left: this build does not expect it; --revoke takes it away".into());
    }
    if lines.iter().any(|line| line.outcome == "missing") {
        text.push("missing: make these roles, then run this again".into());
    }
    text.join("\n")
}
