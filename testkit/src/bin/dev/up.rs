//! `dev up`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use testkit::kit::{Identity, Keys, Life, Place, Program, Signal, tail};

use crate::{
    browser, doctor,
    environment::{Environment, Existing, text},
    operators, outside, post,
    processes::{MAIL, PROCESSES, Process, Ready, readiness},
    record::{Record, fingerprint},
    say, servers,
};

/// How long a server that does without something is asked again: what it opens in its first moment is there by then.
const SETTLING: Duration = Duration::from_secs(5);

/// Where everything listens; what exists already.
#[derive(Args)]
pub struct UpArgs {
    /// Leave the demonstration out
    #[arg(long)]
    no_demo: bool,
    /// The private Postgres's port; a free one is taken if it is not
    #[arg(long, env = "JANGBU_POSTGRES_PORT", default_value_t = 7432)]
    postgres_port: u16,
    /// The private Postgres's buffers
    #[arg(long, env = "JANGBU_POSTGRES_BUFFERS", default_value = "512MB")]
    postgres_buffers: String,
    /// The private NATS server's port; a free one is taken if it is not
    #[arg(long, env = "JANGBU_NATS_PORT", default_value_t = 7422)]
    nats_port: u16,
    /// Where the command server listens
    #[arg(long, env = "JANGBU_COMMAND_ADDR")]
    command_addr: Option<SocketAddr>,
    /// Where the query server listens
    #[arg(long, env = "JANGBU_QUERY_ADDR")]
    query_addr: Option<SocketAddr>,
    /// Where the relay answers probes
    #[arg(long, env = "JANGBU_RELAY_ADDR")]
    relay_addr: Option<SocketAddr>,
    /// Where the projector answers probes
    #[arg(long, env = "JANGBU_PROJECTOR_ADDR")]
    projector_addr: Option<SocketAddr>,
    /// Where the auditor answers probes
    #[arg(long, env = "JANGBU_AUDITOR_ADDR")]
    auditor_addr: Option<SocketAddr>,
    /// Where the publisher of public events answers probes
    #[arg(long, env = "JANGBU_PUBLISHER_ADDR")]
    publisher_addr: Option<SocketAddr>,
    /// Where the webhook sender answers probes
    #[arg(long, env = "JANGBU_WEBHOOKS_ADDR")]
    webhooks_addr: Option<SocketAddr>,
    /// Where the operators' screens are
    #[arg(long, env = "JANGBU_CONSOLE_ADDR")]
    console_addr: Option<SocketAddr>,
    /// Where the local providers listen: a payment provider, a bank, an issuer of gift cards
    #[arg(long, env = "JANGBU_PROVIDERS_ADDR")]
    providers_addr: Option<SocketAddr>,
    /// Where the catcher shows messages, and takes text messages
    #[arg(long, env = "JANGBU_MAIL_ADDR")]
    mail_addr: Option<SocketAddr>,
    /// Where the catcher takes mail
    #[arg(long, env = "JANGBU_MAIL_SMTP_ADDR", default_value = "127.0.0.1:7425")]
    mail_smtp_addr: SocketAddr,
    #[command(flatten)]
    existing: Existing,
}

impl UpArgs {
    fn asked(&self, process: &Process) -> SocketAddr {
        let given = match process.address_variable {
            "JANGBU_COMMAND_ADDR" => self.command_addr,
            "JANGBU_QUERY_ADDR" => self.query_addr,
            "JANGBU_RELAY_ADDR" => self.relay_addr,
            "JANGBU_MAIL_ADDR" => self.mail_addr,
            "JANGBU_PROVIDERS_ADDR" => self.providers_addr,
            "JANGBU_AUDITOR_ADDR" => self.auditor_addr,
            "JANGBU_PUBLISHER_ADDR" => self.publisher_addr,
            "JANGBU_WEBHOOKS_ADDR" => self.webhooks_addr,
            "JANGBU_CONSOLE_ADDR" => self.console_addr,
            _ => self.projector_addr,
        };
        given.unwrap_or(SocketAddr::from(([127, 0, 0, 1], process.port)))
    }
}

/// Brings everything up and shows it at work.
pub async fn up(args: UpArgs) -> Result<ExitCode> {
    let place = Place::open()?;
    let _alone = place.lock()?;
    let binaries = std::env::current_exe().context("this program cannot be found")?;
    let binaries = binaries.parent().context("the path of this program has no folder")?.to_owned();
    let mut environment = Environment::default();

    say::heading("Servers");
    let in_force = Environment::read(&place);
    match args.existing.databases(&in_force)? {
        Some(databases) => {
            databases.into_iter().for_each(|(name, url)| environment.set(&name, url));
            say::step("postgres", "yours, from JANGBU_*_URL");
        }
        None => servers::postgres(&place, args.postgres_port, &args.postgres_buffers, &mut environment).await?,
    }
    match args.existing.nats(&in_force) {
        Some(theirs) => {
            say::step("nats", "yours, from JANGBU_NATS_URL");
            theirs.into_iter().for_each(|(name, url)| environment.set(name, url));
        }
        None => servers::nats(&place, args.nats_port, &mut environment).await?,
    }
    environment.set_keys(&Keys::open(&place.state.join("keys"))?);
    match args.existing.kek(&in_force) {
        Some(kek) => environment.set("JANGBU_KEK", kek),
        None => environment.own(["JANGBU_KEK"].into_iter()),
    }
    match args.existing.slice_keys(&in_force) {
        Some(file) => environment.set("JANGBU_SLICE_KEY_FILE", file),
        None => environment.own(["JANGBU_SLICE_KEY_FILE"].into_iter()),
    }
    match args.existing.internal_keys(&in_force) {
        Some(file) => environment.set("JANGBU_INTERNAL_KEY_FILE", file),
        None => environment.own(["JANGBU_INTERNAL_KEY_FILE"].into_iter()),
    }
    environment.set("JANGBU_LOG_DIR", text(&place.log_dir()));
    environment.set("JANGBU_AUDITOR_DIR", text(&place.state.join("auditor")));
    environment.set("JANGBU_CONSOLE_DOCTOR_REPORT", text(&doctor::report(&place)));
    // A receiver of one's own, on this machine.
    environment.inherit_one("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8,::1/128".to_owned());
    trust_the_console(&args, &mut environment);
    outside::choose(&place, &mut environment);
    let catches =
        post::choose(&place, args.existing.smtp(&in_force), args.mail_smtp_addr, &in_force, &mut environment)?;
    let processes: Vec<&Process> = PROCESSES.iter().filter(|process| catches || process.name != MAIL).collect();
    let addresses = choose_addresses(&place, &args, &processes, &mut environment)?;
    if catches {
        post::name(args.existing.sms(&in_force), args.existing.push(&in_force), &mut environment);
    }
    outside::name(&args.existing, &in_force, &mut environment);
    environment.inherit();
    environment.write(&place)?;

    say::heading("Processes");
    migrate(&binaries, &environment)?;
    convert(&binaries, &environment)?;
    upgrade(&binaries, &environment)?;
    for (process, address) in processes.into_iter().zip(addresses) {
        start(&place, &binaries, process, args.asked(process), address, &environment).await?;
    }
    operators::add(&place, &binaries, &environment)?;
    let code = if args.no_demo { ExitCode::SUCCESS } else { demonstrate(&place, &binaries, &environment)? };
    doctor::start(&place, &binaries, &environment).await?;
    browser::show(&place, &environment);
    Ok(code)
}

/// The console says where the browser is, and the servers believe it where nobody but programs of this machine reaches them. With the
/// address of the console for everybody, one who guesses passwords would slow down all others.
fn trust_the_console(args: &UpArgs, environment: &mut Environment) {
    let is_within = |given: Option<SocketAddr>| given.is_none_or(|address| address.ip().is_loopback());
    if is_within(args.command_addr) && is_within(args.projector_addr) {
        environment.inherit_one("JANGBU_TRUST_FORWARDED_FOR", "true".to_owned());
    }
}

/// Where each process listens: where it does already, else where it was asked to, else at a free port.
fn choose_addresses(
    place: &Place,
    args: &UpArgs,
    processes: &[&Process],
    environment: &mut Environment,
) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    for process in processes {
        let asked = args.asked(process);
        // A shell that has read `.jangbu/env` asks for the address that was chosen the last time.
        let running = Record::running(place, process.name).filter(|r| r.asked == asked || r.address == asked);
        let address = match running {
            Some(record) => record.address,
            None => {
                let own = Record::running(place, process.name).is_some_and(|r| r.address.port() == asked.port());
                let port = if own { asked.port() } else { servers::choose_port(process.name, asked.port())? };
                SocketAddr::new(asked.ip(), port)
            }
        };
        environment.set(process.address_variable, address.to_string());
        if let Some(variable) = process.url_variable {
            environment.set(variable, format!("http://{address}"));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

fn migrate(binaries: &Path, environment: &Environment) -> Result<()> {
    let output = Command::new(binaries.join("jangbu"))
        .args(["migrate", "up"])
        .envs(environment.pairs())
        .output()
        .context("cannot run jangbu; ./justw up builds it")?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "`jangbu migrate up` failed:\n{out}{err}");
    say::step("migrations", "up to date");
    Ok(())
}

/// The log of an older build is brought into the tables of this one. Nobody writes to it here but what is started next.
fn convert(binaries: &Path, environment: &Environment) -> Result<()> {
    let output = Command::new(binaries.join("jangbu"))
        .args(["log", "convert", "--yes"])
        .envs(environment.pairs())
        .output()
        .context("cannot run jangbu; ./justw up builds it")?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if err.contains("converted already") {
        return Ok(());
    }
    ensure!(output.status.success(), "`jangbu log convert` failed:\n{out}{err}");
    say::step("log", "converted");
    Ok(())
}

/// Views that an older build made are rebuilt. An older projector and query server that still run go on until they are
/// started again: to readers nothing happens.
fn upgrade(binaries: &Path, environment: &Environment) -> Result<()> {
    let output = Command::new(binaries.join("jangbu"))
        .args(["views", "upgrade", "--reason", "./justw up", "--json"])
        .envs(environment.pairs())
        .output()
        .context("cannot run jangbu; ./justw up builds it")?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(
        output.status.success(),
        "the views could not be brought to the version of this build:\n{out}{err}  Next: docs/runbooks/change-view.md"
    );
    let made: Vec<serde_json::Value> = serde_json::from_str(&out).context("reading what became of the views")?;
    let names: Vec<&str> = made.iter().filter_map(|view| view["view"].as_str()).collect();
    let became = if names.is_empty() { "of this version".to_owned() } else { format!("rebuilt: {}", names.join(", ")) };
    say::step("views", &became);
    Ok(())
}

/// Leaves a healthy process with the same binary and settings alone; starts it in any other case.
async fn start(
    place: &Place,
    binaries: &Path,
    process: &Process,
    asked: SocketAddr,
    address: SocketAddr,
    environment: &Environment,
) -> Result<()> {
    let binary = binaries.join(process.name);
    let fingerprint = fingerprint(&binary, &environment.pairs())?;
    let client = reqwest::Client::new();
    if let Some(record) = Record::running(place, process.name) {
        let same = record.fingerprint == fingerprint && record.address == address;
        if same && let Ok(ready) = readiness(&client, address).await {
            let state = ready.text();
            say::step(process.name, &format!("http://{address}, runs already (pid {}), {state}", record.identity.pid));
            return Ok(());
        }
        say::step(process.name, if same { "is not healthy: started again" } else { "has changed: started again" });
        record.identity.stop(Signal::TERM, Duration::from_secs(30)).await?;
    }
    let since = Instant::now();
    let identity = spawn(place, binary, process.name, environment)?;
    Record { identity, address, asked, fingerprint }.save(place, process.name)?;
    let ready = wait_until_ready(place, &client, process.name, identity, address).await?;
    let after = since.elapsed().as_secs_f32();
    say::step(process.name, &format!("http://{address}, {} after {after:.1} s", ready.text()));
    Ok(())
}

fn spawn(place: &Place, binary: PathBuf, name: &str, environment: &Environment) -> Result<Identity> {
    let program = Program {
        path: binary,
        args: vec![],
        env: environment.pairs(),
        dir: place.checkout.clone(),
        log: place.log_file(name),
        user: None,
        life: Life::Detached,
        end: Signal::TERM,
    };
    program.start()?.identity().with_context(|| with_end_of_log(place, name, "ended at once"))
}

async fn wait_until_ready(
    place: &Place,
    client: &reqwest::Client,
    name: &str,
    identity: Identity,
    address: SocketAddr,
) -> Result<Ready> {
    let since = Instant::now();
    loop {
        let why = match readiness(client, address).await {
            Ok(ready) if ready == Ready::Wholly || since.elapsed() > SETTLING => return Ok(ready),
            Ok(ready) => ready.text(),
            Err(why) => why,
        };
        if !identity.alive() {
            bail!(with_end_of_log(place, name, "ended"));
        }
        if since.elapsed() > Duration::from_secs(60) {
            bail!(with_end_of_log(place, name, &format!("{why} (waited 60 s)")));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn with_end_of_log(place: &Place, name: &str, what: &str) -> String {
    let log = place.log_file(name);
    format!(
        "{name} {what}. The end of {}:\n{}  Next: `./justw logs {name}` shows more; `target/release/jangbu doctor` \
         looks for the cause; then `./justw up --no-demo`.",
        log.display(),
        tail(&log, 15)
    )
}

/// Where Postgres and the key-encryption key are our own, the demonstration looks through the files of the one and destroys the other.
fn demonstrate(place: &Place, binaries: &Path, environment: &Environment) -> Result<ExitCode> {
    let mut demo = Command::new(binaries.join("demo"));
    demo.envs(environment.pairs());
    if environment.owns("JANGBU_VAULT_DATABASE_URL") {
        demo.arg("--postgres-dir").arg(servers::postgres_dir(place));
    }
    if environment.owns("JANGBU_KEK") {
        demo.arg("--destroy-keys");
    }
    let status = demo.status().context("cannot run the demonstration; ./justw up builds it")?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    say::note("the demonstration failed, and the bank runs; `./justw up --no-demo` brings it up without one");
    Ok(ExitCode::FAILURE)
}
