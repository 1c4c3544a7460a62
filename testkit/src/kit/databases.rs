//! Databases: the three of a bank, their roles, the templates tests copy, and the one that holds everything.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use database::migrations;
use kernel::{Ids, RandomIds};
use sqlx::{Connection, PgConnection};
use url::Url;

use super::{
    connection::{connect, run},
    place::write_secret,
    schema,
    secrets::random_secret,
};

/// Whose login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Owns the databases and migrates them.
    Owner,
    /// The command server.
    Writer,
    /// The relay.
    Relay,
    /// The projector.
    Projector,
    /// The query server.
    Reader,
    /// The auditor.
    Auditor,
    /// The publisher of public events.
    Publisher,
    /// The query server, where it reads the log for operators.
    Inspector,
    /// The command server, in the vault.
    Vault,
    /// The query server, in the vault.
    VaultReader,
    /// The webhook sender, in every database.
    Webhooks,
}

impl Role {
    /// All of them, the owner first.
    pub const ALL: [Self; 11] = [
        Self::Owner,
        Self::Writer,
        Self::Relay,
        Self::Projector,
        Self::Reader,
        Self::Auditor,
        Self::Publisher,
        Self::Inspector,
        Self::Vault,
        Self::VaultReader,
        Self::Webhooks,
    ];

    /// The role's name in Postgres.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "jangbu_owner",
            Self::Writer => "jangbu_writer",
            Self::Relay => "jangbu_relay",
            Self::Projector => "jangbu_projector",
            Self::Reader => "jangbu_reader",
            Self::Auditor => "jangbu_auditor",
            Self::Publisher => "jangbu_publisher",
            Self::Inspector => "jangbu_inspector",
            Self::Vault => "jangbu_vault",
            Self::VaultReader => "jangbu_vault_reader",
            Self::Webhooks => "jangbu_webhooks",
        }
    }
}

/// The roles' passwords.
#[derive(Clone, Debug, Default)]
pub struct Passwords(BTreeMap<String, String>);

impl Passwords {
    /// The same for every role: for servers that are thrown away.
    pub fn same(password: &str) -> Self {
        Self(Role::ALL.iter().map(|role| (role.name().to_owned(), password.to_owned())).collect())
    }

    /// Those in a file; random ones, written there, for the roles that are not in it.
    pub fn open(file: &Path) -> Result<Self> {
        let mut passwords: BTreeMap<String, String> = match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))?,
            Err(_) => BTreeMap::new(),
        };
        let known = passwords.len();
        for role in Role::ALL {
            passwords.entry(role.name().to_owned()).or_insert_with(random_secret);
        }
        if passwords.len() > known {
            write_secret(file, &serde_json::to_string(&passwords).context("passwords that cannot be written")?)?;
        }
        Ok(Self(passwords))
    }

    fn of(&self, role: Role) -> &str {
        self.0.get(role.name()).map_or("", String::as_str)
    }
}

/// One database.
#[derive(Clone, Debug)]
pub struct Database {
    server: Url,
    passwords: Passwords,
    /// Its name.
    pub name: String,
}

impl Database {
    /// Its URL for a role.
    pub fn url(&self, role: Role) -> Result<String> {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        let refused = |()| anyhow::anyhow!("the server's URL takes no user");
        url.set_username(role.name()).map_err(refused)?;
        url.set_password(Some(self.passwords.of(role))).map_err(refused)?;
        Ok(url.into())
    }

    /// Its URL for the server's superuser: for tests that look behind the roles.
    pub fn superuser_url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }
}

/// The databases of a bank: the pair that everything flows through, and the vault beside it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The log's.
    pub log: Database,
    /// The views'.
    pub views: Database,
    /// The vault's.
    pub vault: Database,
}

impl Pair {
    /// All of them.
    fn all(&self) -> [&Database; 3] {
        [&self.log, &self.views, &self.vault]
    }
}

/// The databases on one server, through its superuser.
#[derive(Clone, Debug)]
pub struct Databases {
    server: Url,
    passwords: Passwords,
}

const LOG_TEMPLATE: &str = "jangbu_log_template";
const VIEWS_TEMPLATE: &str = "jangbu_views_template";
const VAULT_TEMPLATE: &str = "jangbu_vault_template";
const TEMPLATES: [&str; 3] = [LOG_TEMPLATE, VIEWS_TEMPLATE, VAULT_TEMPLATE];
/// Held while templates are made, so that test processes that start together make them once.
const TEMPLATES_LOCK: i64 = 0x6a61_6e67_6275;

impl Databases {
    /// Those on the server of this superuser's URL; the roles have the superuser's password.
    pub fn on(superuser_url: &str) -> Result<Self> {
        let server = Url::parse(superuser_url).context("the Postgres URL cannot be read")?;
        let passwords = Passwords::same(server.password().unwrap_or_default());
        Ok(Self { server, passwords })
    }

    /// Other passwords for the roles.
    pub fn with_passwords(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }

    /// The databases of the server that `./justw test` started for this run.
    pub fn of_this_test_run() -> Result<Self> {
        Self::on(&test_variable("JANGBU_TEST_POSTGRES_URL")?)
    }

    /// Makes the roles, and sets their passwords.
    pub async fn ensure_roles(&self) -> Result<()> {
        let mut server = self.connect("postgres").await?;
        for role in Role::ALL {
            let name = role.name();
            // The owner migrates, and migrations set the roles' timeouts: it has to be their administrator.
            let attributes = if role == Role::Owner { "createrole" } else { "admin jangbu_owner" };
            let create = format!(
                "do $$ begin if not exists (select from pg_roles where rolname = '{name}') then
                   create role {name} login {attributes}; end if; end $$"
            );
            run(&mut server, &create).await.with_context(|| format!("cannot make the role {name}"))?;
            let password = self.passwords.of(role).replace('\'', "''");
            run(&mut server, &format!("alter role {name} with password '{password}'"))
                .await
                .with_context(|| format!("cannot set the password of {name}"))?;
        }
        run(&mut server, "alter role jangbu_owner createrole").await?;
        server.close().await.context("cannot close the connection")
    }

    /// The databases `<name>_log`, `<name>_views` and `<name>_vault`, made empty if they are not there.
    pub async fn ensure_pair(&self, name: &str) -> Result<Pair> {
        let pair = self.pair(name);
        let mut server = self.connect("postgres").await?;
        for database in pair.all() {
            self.ensure_database(&mut server, &database.name).await?;
        }
        server.close().await.context("cannot close the connection")?;
        Ok(pair)
    }

    async fn ensure_database(&self, server: &mut PgConnection, name: &str) -> Result<()> {
        let known: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut *server)
            .await
            .context("cannot ask which databases there are")?;
        if !known {
            run(server, &format!("create database {name} owner jangbu_owner")).await?;
        }
        Ok(())
    }

    /// The databases that tests copy: migrated, with the first generation of every view.
    pub async fn ensure_templates(&self) -> Result<()> {
        let mut server = self.connect("postgres").await?;
        run(&mut server, &format!("select pg_advisory_lock({TEMPLATES_LOCK})")).await?;
        let known: i64 =
            sqlx::query_scalar("select count(*) from pg_database where datname = any($1) and datistemplate")
                .bind(TEMPLATES)
                .fetch_one(&mut server)
                .await
                .context("cannot ask which databases there are")?;
        if known < TEMPLATES.len() as i64 {
            self.make_templates(&mut server).await.context("cannot make the test databases")?;
        }
        server.close().await.context("cannot close the connection")
    }

    async fn make_templates(&self, server: &mut PgConnection) -> Result<()> {
        self.ensure_roles().await?;
        for name in TEMPLATES {
            run(server, &format!("drop database if exists {name} with (force)")).await?;
            self.ensure_database(server, name).await?;
        }
        schema::migrate(migrations::Database::Log, &self.database(LOG_TEMPLATE).url(Role::Owner)?).await?;
        let views = self.database(VIEWS_TEMPLATE);
        schema::migrate(migrations::Database::Views, &views.url(Role::Owner)?).await?;
        schema::first_generations(&views.url(Role::Projector)?).await?;
        schema::migrate(migrations::Database::Vault, &self.database(VAULT_TEMPLATE).url(Role::Owner)?).await?;
        for name in TEMPLATES {
            run(server, &format!("alter database {name} is_template true")).await?;
        }
        Ok(())
    }

    /// Fresh databases for one test, copied from the templates.
    pub async fn fresh_pair(&self) -> Result<Pair> {
        self.ensure_templates().await?;
        let pair = self.pair(&format!("t_{}", RandomIds.fresh().simple()));
        let mut server = self.connect("postgres").await?;
        for (database, template) in pair.all().into_iter().zip(TEMPLATES) {
            let name = &database.name;
            run(&mut server, &format!("create database {name} template {template} owner jangbu_owner")).await?;
            // Settings of roles in a database, such as timeouts, do not come with the template, nor who may connect.
            copy_settings(&mut server, template, name).await?;
            copy_rights(&mut server, template, name).await?;
        }
        new_log_id(&pair.log).await?;
        server.close().await.context("cannot close the connection")?;
        Ok(pair)
    }

    /// The databases of a bank that an earlier build wrote, from the dumps in this folder (see `testkit/data/banks/`).
    pub async fn restore_pair(&self, folder: &Path) -> Result<Pair> {
        self.ensure_templates().await?;
        let pair = self.ensure_pair(&format!("t_{}", RandomIds.fresh().simple())).await?;
        let mut server = self.connect("postgres").await?;
        for (database, dump) in pair.all().into_iter().zip(["log", "views", "vault"]) {
            let rights = folder.join(format!("{dump}.rights.sql"));
            let rights =
                std::fs::read_to_string(&rights).with_context(|| format!("cannot read {}", rights.display()))?;
            run(&mut server, &rights.replace("@DATABASE@", &database.name)).await?;
            restore(database, &folder.join(format!("{dump}.sql"))).await?;
        }
        server.close().await.context("cannot close the connection")?;
        Ok(pair)
    }

    /// Removes a bank's databases, even with clients connected.
    pub async fn drop_pair(&self, pair: &Pair) -> Result<()> {
        let mut server = self.connect("postgres").await?;
        for database in pair.all() {
            run(&mut server, &format!("drop database if exists {} with (force)", database.name)).await?;
        }
        server.close().await.context("cannot close the connection")
    }

    /// One database with every table there is, for the checking of queries; its URL.
    pub async fn everything(&self, name: &str) -> Result<String> {
        self.ensure_roles().await?;
        let mut server = self.connect("postgres").await?;
        self.ensure_database(&mut server, name).await?;
        let url = self.database(name).superuser_url();
        schema::everything(&url).await?;
        let path = schema::path_to_everything(&url).await?;
        run(&mut server, &format!("alter database {name} set search_path = {path}")).await?;
        server.close().await.context("cannot close the connection")?;
        Ok(url)
    }

    fn pair(&self, name: &str) -> Pair {
        let database = |of| self.database(&format!("{name}_{of}"));
        Pair { log: database("log"), views: database("views"), vault: database("vault") }
    }

    fn database(&self, name: &str) -> Database {
        Database { server: self.server.clone(), passwords: self.passwords.clone(), name: name.to_owned() }
    }

    async fn connect(&self, database: &str) -> Result<PgConnection> {
        connect(&self.database(database).superuser_url()).await
    }
}

/// Fills an empty database from a dump, with `psql`: a dump holds its rows in a form that only `psql` reads.
async fn restore(database: &Database, dump: &Path) -> Result<()> {
    let ended = tokio::process::Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"])
        .arg(dump)
        .arg(database.superuser_url())
        .output()
        .await
        .context("cannot run psql; it comes with the Postgres server's packages")?;
    let error = String::from_utf8_lossy(&ended.stderr);
    anyhow::ensure!(ended.status.success(), "psql refused {}: {}", dump.display(), error.trim());
    Ok(())
}

/// A copied log would have the template's identity; each test's log is a log of its own.
async fn new_log_id(log: &Database) -> Result<()> {
    let mut connection = connect(&log.superuser_url()).await?;
    sqlx::query("update log_head set log_id = $1")
        .bind(RandomIds.fresh())
        .execute(&mut connection)
        .await
        .context("cannot name the log")?;
    connection.close().await.context("cannot close the connection")
}

async fn copy_settings(server: &mut PgConnection, from: &str, to: &str) -> Result<()> {
    let settings: Vec<(String, String)> = sqlx::query_as(
        "select r.rolname::text, unnest(s.setconfig) from pg_db_role_setting s
         join pg_database d on d.oid = s.setdatabase join pg_roles r on r.oid = s.setrole where d.datname = $1",
    )
    .bind(from)
    .fetch_all(&mut *server)
    .await
    .context("cannot read the settings of the template")?;
    let statement = |(role, setting): (String, String)| {
        let (name, value) = setting.split_once('=').unwrap_or((&setting, ""));
        format!("alter role {role} in database {to} set {name} = '{}';", value.replace('\'', "''"))
    };
    run(server, &settings.into_iter().map(statement).collect::<String>()).await
}

/// Who may connect to a database, as it is with another.
async fn copy_rights(server: &mut PgConnection, from: &str, to: &str) -> Result<()> {
    let rights: Vec<(String, String)> = sqlx::query_as(
        "select r.rolname::text, a.privilege_type from pg_database d, aclexplode(d.datacl) a
         join pg_roles r on r.oid = a.grantee where d.datname = $1",
    )
    .bind(from)
    .fetch_all(&mut *server)
    .await
    .context("cannot read the rights of the template")?;
    if rights.is_empty() {
        return Ok(());
    }
    let grant = |(role, right): (String, String)| format!("grant {right} on database {to} to {role};");
    let grants: String = rights.into_iter().map(grant).collect();
    run(server, &format!("revoke all on database {to} from public; {grants}")).await
}

/// A variable that the test runner sets.
#[allow(clippy::disallowed_methods, reason = "a test has no command line")]
pub fn test_variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| {
        format!(
            "{name} is not set: run tests through `./justw test`, or `target/debug/dev servers -- cargo nextest run`"
        )
    })
}
