//! Where messages to people go: to the catcher, unless there is a mail server of yours.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;
use testkit::{
    chaos::{MAIL_FROM, PUSH_PATH},
    kit::Place,
    mail::Message,
};

use crate::{environment::Environment, processes::MAIL, record::Record, say, servers};

/// Sets where mail goes. Whether a catcher takes it.
pub fn choose(
    place: &Place,
    existing: Option<String>,
    asked: SocketAddr,
    in_force: &Environment,
    environment: &mut Environment,
) -> Result<bool> {
    if let Some(url) = existing {
        environment.set("JANGBU_SMTP_URL", url);
        say::step(MAIL, "yours, from JANGBU_SMTP_URL");
        return Ok(false);
    }
    // The one that runs keeps its port.
    let running = Record::running(place, MAIL).and_then(|_| in_force.get("JANGBU_MAIL_SMTP_ADDR")?.parse().ok());
    let address = match running {
        Some(address) => address,
        None => SocketAddr::new(asked.ip(), servers::choose_port("mail (SMTP)", asked.port())?),
    };
    environment.set("JANGBU_MAIL_SMTP_ADDR", address.to_string());
    environment.set("JANGBU_SMTP_URL", format!("smtp://{address}"));
    environment.own(["JANGBU_SMTP_URL"].into_iter());
    Ok(true)
}

/// Sets whom mail is from and where text messages and pushes go, now that the catcher has an address.
pub fn name(existing_sms: Option<String>, existing_push: Option<String>, environment: &mut Environment) {
    environment.inherit_one("JANGBU_MAIL_FROM", MAIL_FROM.to_owned());
    for (name, existing, path) in
        [("JANGBU_SMS_URL", existing_sms, "/sms"), ("JANGBU_PUSH_URL", existing_push, PUSH_PATH)]
    {
        match (existing, environment.get("JANGBU_MAIL_URL").map(|url| format!("{url}{path}"))) {
            (Some(url), _) => environment.set(name, url),
            (None, Some(url)) => {
                environment.set(name, url);
                environment.own([name].into_iter());
            }
            (None, None) => {}
        }
    }
}

/// Whose messages.
#[derive(Args)]
pub struct MailArgs {
    /// Only those to this address or number
    #[arg(long)]
    to: Option<String>,
    /// How many at most
    #[arg(short = 'n', long, default_value_t = 20)]
    limit: usize,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Message>,
}

/// Prints caught messages, the newest last, as a person reads them.
pub async fn mail(args: MailArgs) -> Result<ExitCode> {
    let place = Place::open()?;
    let environment = Environment::read(&place);
    let Some(url) = environment.get("JANGBU_MAIL_URL") else {
        bail!("no catcher runs here; ./justw up starts one, unless JANGBU_SMTP_URL names a mail server of yours")
    };
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.to.map(|to| ("to", to)));
    let asked = reqwest::Client::new().get(format!("{url}/messages")).query(&query).send().await;
    let answer = asked.context("the catcher does not answer; ./justw up starts it")?;
    let page: Page = answer.json().await.context("the catcher gave an unexpected answer")?;
    if page.items.is_empty() {
        say::note("nothing was caught");
    }
    for message in page.items.iter().rev() {
        let time = message.received_at.format("%Y-%m-%d %H:%M:%S UTC");
        println!("{time}  to {}  {}", message.to, message.subject);
        message.text.trim().lines().for_each(|line| println!("{}", format!("    {line}").trim_end()));
        println!();
    }
    Ok(ExitCode::SUCCESS)
}
