//! `jangbu log show`.

use serde::Serialize;
use uuid::Uuid;

use super::{CommitView, commits, text};
use crate::{accounts::NamedAccount, config::Config, db::Database, failure::Failure, output::Output};

/// What is to be shown.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// A position, the number of an account, or the id of a stream: an account or a transfer
    #[arg(value_name = "POSITION|NUMBER|STREAM", required_unless_present_any = ["command", "transfer"])]
    #[arg(conflicts_with_all = ["command", "transfer"])]
    subject: Option<Subject>,

    /// What this command wrote
    #[arg(long, value_name = "UUID", conflicts_with = "transfer")]
    command: Option<Uuid>,

    /// What happened to this transfer
    #[arg(long, value_name = "UUID")]
    transfer: Option<Uuid>,

    /// How many of the newest events of a stream
    #[arg(short = 'n', long = "events", value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    count: i64,
}

/// A position, an account by its number, or a stream.
#[derive(Clone, Copy, Debug)]
enum Subject {
    Position(i64),
    Account(NamedAccount),
    Stream(Uuid),
}

impl std::str::FromStr for Subject {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        // A number has twelve digits and check digits: no log is so long that one would be taken for its position.
        match (text.parse(), text.parse::<i64>(), text.parse::<Uuid>()) {
            (Ok(number @ NamedAccount::Number(_)), ..) => Ok(Self::Account(number)),
            (_, Ok(position), _) if position > 0 => Ok(Self::Position(position)),
            (.., Ok(stream)) => Ok(Self::Stream(stream)),
            _ => Err("neither a position (from 1), nor the number of an account, nor a UUID"),
        }
    }
}

/// What was found: whole commits, and which of their events were asked for.
#[derive(Serialize)]
struct Shown {
    commits: Vec<CommitView>,
    positions: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Shows commits with everything that is known of them.
pub async fn show(args: &ShowArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let subject = match args.subject {
        Some(Subject::Account(account)) => Some(Subject::Stream(account.id_in(&mut connection).await?)),
        subject => subject,
    };
    let shown = match (subject, args.command, args.transfer) {
        (Some(Subject::Position(position)), ..) => {
            let commits = commits::covering(&mut connection, &[position]).await?;
            Shown { commits, positions: vec![position], note: None }
        }
        (_, Some(command), _) => {
            let commits = commits::of_command(&mut connection, command).await?;
            Shown { commits, positions: Vec::new(), note: None }
        }
        (Some(Subject::Stream(stream)), ..) | (_, _, Some(stream)) => {
            let (positions, length) = commits::stream(&mut connection, stream, args.count).await?;
            let commits = commits::covering(&mut connection, &positions).await?;
            let all = positions.len() as i64 == length;
            let note = (!all).then(|| format!("the newest {} of {length} events; -n shows more", positions.len()));
            Shown { commits, positions, note }
        }
        (None | Some(Subject::Account(_)), None, None) => return Err(Failure::Usage("name what to show".into())),
    };
    if shown.commits.is_empty() {
        return Err(Failure::Absent(format!("the log holds nothing of {}", named(subject, args))));
    }
    output.show(&shown, |shown| {
        let texts: Vec<String> = shown.commits.iter().map(|c| text::full(c, &shown.positions)).collect();
        texts.join("\n") + shown.note.as_deref().unwrap_or_default()
    })
}

fn named(subject: Option<Subject>, args: &ShowArgs) -> String {
    match (subject, args.command, args.transfer) {
        (Some(Subject::Position(position)), ..) => format!("position {position}"),
        (Some(Subject::Stream(stream)), ..) => format!("stream {stream}"),
        (_, Some(command), _) => format!("command {command}"),
        (_, _, transfer) => format!("transfer {}", transfer.unwrap_or_default()),
    }
}
