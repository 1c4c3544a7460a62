//! Commands run with servers of their own.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::Args;
use harness::LocalProviders;
use testkit::{
    chaos::{Bank, BankPlan, Part, Post, beside_this_program},
    kit::{Databases, Identity, Keys, NatsRole, Options, Servers, Signal},
    mail::{Catcher, Plan as MailPlan},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::environment::{Environment, text};

/// Every process of a bank.
const PARTS: [Part; 7] =
    [Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Auditor, Part::Publisher, Part::Webhooks(0)];

/// A command and its arguments.
#[derive(Args)]
pub struct CommandLine {
    /// The command, after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs a command with a private Postgres and NATS; the databases that tests copy are made first.
pub async fn servers(line: CommandLine) -> Result<ExitCode> {
    let servers = Servers::throw_away("servers", Options::default()).await?;
    Databases::on(&servers.postgres.url("postgres"))?.ensure_templates().await?;
    let code = run(&line, &servers.test_env()).await;
    servers.stop()?;
    code
}

/// Runs a command with DATABASE_URL naming a private database that holds all tables.
pub async fn prepare_db(line: CommandLine) -> Result<ExitCode> {
    let servers = Servers::throw_away("prepare", Options::default()).await?;
    let url = Databases::on(&servers.postgres.url("postgres"))?.everything("prepare").await?;
    let env = [("DATABASE_URL".to_owned(), url), ("SQLX_OFFLINE".to_owned(), "false".to_owned())];
    let code = run(&line, &env).await;
    servers.stop()?;
    code
}

/// Runs a command with a bank of its own: every process, on a private Postgres and NATS, its messages caught. The
/// command finds it by the variables that clients use.
pub async fn bank(line: CommandLine) -> Result<ExitCode> {
    let servers = Servers::throw_away("bank", Options::default()).await?;
    let keys = Arc::new(Keys::open(&servers.folder().join("keys"))?);
    let catcher = Catcher::start(MailPlan::local().await?)?;
    let providers = LocalProviders::local().await?;
    let plan = BankPlan {
        binaries: beside_this_program()?,
        logs: servers.folder().join("log"),
        databases: Databases::on(&servers.postgres.url("postgres"))?.fresh_pair().await?,
        nats_url: servers.nats.url(NatsRole::Tester),
        stream: "JANGBU_LOG".to_owned(),
        keys: keys.clone(),
        post: Some(Post::caught_by(&catcher)),
        settings: providers
            .settings()
            .map(|(name, url)| (name.to_owned(), url))
            .into_iter()
            .chain([("JANGBU_WEBHOOK_ALLOW".to_owned(), "127.0.0.0/8,::1/128".to_owned())])
            .collect(),
    };
    let mut bank = Bank::new(plan)?;
    bank.start(&PARTS).await?;
    let mut environment = Environment::default();
    environment.set_databases(&bank.plan().databases.clone())?;
    environment.set_keys(&keys);
    environment.set_nats(|role| servers.nats.url(role));
    environment.set("JANGBU_POSTGRES_DIR", text(&servers.folder().join("postgres")));
    environment.set("JANGBU_NATS_DIR", text(servers.nats.store_dir()));
    environment.set("JANGBU_LOG_DIR", text(&bank.plan().logs));
    environment.set("JANGBU_PUBLIC_STREAM", bank.plan().public_stream());
    environment.set("JANGBU_MAIL_URL", catcher.url());
    environment.set("JANGBU_PROVIDERS_URL", providers.url());
    for (name, part) in [
        ("JANGBU_RELAY_ADDR", Part::Relay),
        ("JANGBU_PROJECTOR_ADDR", Part::Projector),
        ("JANGBU_AUDITOR_ADDR", Part::Auditor),
        ("JANGBU_PUBLISHER_ADDR", Part::Publisher),
        ("JANGBU_WEBHOOKS_ADDR", Part::Webhooks(0)),
    ] {
        environment.set(name, bank.address(part)?.to_string());
    }
    for (name, part) in [
        ("JANGBU_COMMAND_URL", Part::Command(0)),
        ("JANGBU_QUERY_URL", Part::Query),
        ("JANGBU_PROJECTOR_URL", Part::Projector),
    ] {
        environment.set(name, format!("http://{}", bank.address(part)?));
    }
    let code = run(&line, &environment.pairs()).await;
    bank.check()?;
    bank.end_all().await?;
    servers.stop()?;
    code
}

/// Runs it to its end. Ctrl-C reaches it from the terminal; a TERM is passed on; the servers go only afterwards.
async fn run(line: &CommandLine, env: &[(String, String)]) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let (program, args) = line.command.split_first().context("no command was given")?;
    let mut child = tokio::process::Command::new(program)
        .args(args)
        .envs(env.iter().map(|(key, value)| (key, value)))
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.context("the command was lost")?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                if let Some(identity) = child.id().and_then(Identity::of) {
                    identity.signal(Signal::TERM)?;
                }
            }
        }
    };
    // 128 + signal is what a shell would say; 1 stands in for a code that does not fit.
    let code =
        status.code().unwrap_or_else(|| 128 + std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0));
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
