//! The private Postgres and NATS that `up` leaves running.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, Result};
use testkit::kit::{
    Databases, Identity, Life, Nats, NatsAccess, NatsOptions, Passwords, Place, Postgres, PostgresOptions, free_port,
    make_dir, port_is_free,
};

use crate::{
    environment::{Environment, text},
    record::Record,
    say,
};

/// Where our Postgres keeps its data.
pub fn postgres_dir(place: &Place) -> PathBuf {
    place.data.join("postgres")
}

/// Makes sure that Postgres runs, with roles and databases, and sets the variables that name them.
pub async fn postgres(place: &Place, port: u16, shared_buffers: &str, environment: &mut Environment) -> Result<()> {
    let dir = postgres_dir(place);
    let url = if let Some((identity, url)) = Postgres::running_on(&dir) {
        say::step("postgres", &format!("runs already (pid {})", identity.pid));
        url
    } else {
        let port = choose_port("postgres", port)?;
        let options = PostgresOptions {
            dir: dir.clone(),
            port,
            log: place.log_file("postgres"),
            life: Life::Detached,
            shared_buffers: shared_buffers.to_owned(),
        };
        let postgres = Postgres::start(options).await?;
        say::step("postgres", &format!("127.0.0.1:{port}, data in {}", dir.display()));
        postgres.url("postgres")
    };
    let databases = Databases::on(&url)?.with_passwords(Passwords::open(&dir.join("passwords"))?);
    databases.ensure_roles().await?;
    let pair = databases.ensure_pair("jangbu").await?;
    environment.set_databases(&pair)
}

/// Makes sure that NATS runs, with a login for each role, and sets the variables that name it. One that a build before has
/// started is open, or has other logins: it takes the new ones while it runs.
pub async fn nats(place: &Place, port: u16, environment: &mut Environment) -> Result<()> {
    let dir = place.state.join("nats");
    make_dir(&dir, 0o755)?;
    environment.inherit_one("JANGBU_NATS_STREAM", "JANGBU_LOG".to_owned());
    environment.inherit_one("JANGBU_PUBLIC_STREAM", "JANGBU_PUBLIC".to_owned());
    let stream = |name| environment.get(name).unwrap_or_default();
    let streams = (stream("JANGBU_NATS_STREAM"), stream("JANGBU_PUBLIC_STREAM"));
    let access = NatsAccess::open(&dir.join("passwords"), streams.0, streams.1)?;
    let log = place.log_file("nats");
    let options =
        |port| NatsOptions { dir: dir.clone(), port, log: log.clone(), life: Life::Detached, access: access.clone() };
    let port = if let Some(record) = Record::running(place, "nats") {
        let changed = Nats::reconfigure(&options(record.address.port()), record.identity).await?;
        let how = if changed { "has other logins now" } else { "runs already" };
        say::step("nats", &format!("{how} (pid {})", record.identity.pid));
        record.address.port()
    } else {
        let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let port = choose_port("nats", port)?;
        let nats = Nats::start(options(port)).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Record { identity: nats.identity(), address, asked, fingerprint: String::new() }.save(place, "nats")?;
        say::step("nats", &format!("{address}, JetStream in {}", nats.store_dir().display()));
        port
    };
    environment.set("JANGBU_NATS_DIR", text(&dir.join("store")));
    environment.set_nats(|role| access.url(port, role));
    Ok(())
}

/// The port asked for, or a free one if a stranger has it.
pub fn choose_port(name: &str, asked: u16) -> Result<u16> {
    if port_is_free(asked) {
        return Ok(asked);
    }
    let other = free_port()?;
    say::note(&format!("port {asked} is taken by something that is not ours: {name} takes {other}"));
    Ok(other)
}

/// The process of our Postgres, if it runs.
pub fn running_postgres(place: &Place) -> Option<Identity> {
    Postgres::running_on(&postgres_dir(place)).map(|(identity, _)| identity)
}

/// The address in a URL of a server of ours.
pub fn address_of(url: &str) -> Result<String> {
    let url = url::Url::parse(url).context("not a URL")?;
    Ok(format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or_default()))
}
