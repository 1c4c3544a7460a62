//! `jangbu log show`.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{found_by, text};
use crate::{
    accounts::NamedAccount,
    config::Config,
    db::Database,
    failure::Failure,
    log_tables::{self, CommitView},
    output::Output,
};

/// What is to be shown.
#[derive(Debug, clap::Args)]
#[command(override_usage = "jangbu log show [OPTIONS] [POSITION|NUMBER|STREAM]")]
pub struct ShowArgs {
    #[command(flatten)]
    by: By,

    /// How many: of the newest events of a stream, or of the newest commits that are found
    #[arg(short = 'n', long = "events", value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..=10_000))]
    count: i64,
}

/// By what it is found.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct By {
    /// A position, the number of an account, or the id of a stream: an account, a transfer, a hold, an item, an offer or a standing order
    #[arg(value_name = "POSITION|NUMBER|STREAM")]
    subject: Option<Subject>,

    /// What this command wrote
    #[arg(long, value_name = "UUID")]
    command: Option<Uuid>,

    /// What happened to this transfer
    #[arg(long, value_name = "UUID")]
    transfer: Option<Uuid>,

    /// The deposits and withdrawals with this reference, as far as the view `transfers` has got
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,

    /// What was written under this `X-Correlation-Id`
    #[arg(long, value_name = "UUID")]
    correlation: Option<Uuid>,

    /// What was written for the answer with this `X-Request-Id`, or for the `request_id` of a problem
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
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
#[derive(Default, Serialize)]
struct Shown {
    commits: Vec<CommitView>,
    positions: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Shows commits with everything that is known of them.
pub async fn show(args: &ShowArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let shown = found(args, config, &mut connection).await?;
    if shown.commits.is_empty() {
        return Err(Failure::Absent(format!("the log holds nothing of {}", named(&args.by))));
    }
    output.show(&shown, |shown| {
        let texts: Vec<String> = shown.commits.iter().map(|c| text::full(c, &shown.positions)).collect();
        texts.join("\n") + shown.note.as_deref().unwrap_or_default()
    })
}

async fn found(args: &ShowArgs, config: &Config, log: &mut PgConnection) -> Result<Shown, Failure> {
    let ShowArgs { by, count } = args;
    Ok(match by {
        By { subject: Some(Subject::Position(position)), .. } => {
            let commits = log_tables::covering(config, log, &[*position]).await?;
            Shown { commits, positions: vec![*position], note: None }
        }
        By { subject: Some(Subject::Account(account)), .. } => {
            let stream = account.id_in(config, log).await?;
            of_stream(config, stream, *count, log).await?
        }
        By { subject: Some(Subject::Stream(stream)), .. } | By { transfer: Some(stream), .. } => {
            of_stream(config, *stream, *count, log).await?
        }
        By { command: Some(command), .. } => {
            Shown { commits: log_tables::of_command(config, log, *command).await?, ..Shown::default() }
        }
        By { reference: Some(reference), .. } => {
            let mut positions = found_by::reference(config, reference, count + 1).await?;
            let note = cut(&mut positions, *count);
            Shown { commits: log_tables::covering(config, log, &positions).await?, positions, note }
        }
        By { correlation: Some(id), .. } => {
            of_positions(config, log_tables::by_correlation(config, log, *id, count + 1).await?, *count, log).await?
        }
        By { request_id: Some(id), .. } => {
            of_positions(config, found_by::request(config, log, *id, count + 1).await?, *count, log).await?
        }
        _ => return Err(Failure::Usage("name what to show".into())),
    })
}

async fn of_stream(config: &Config, stream: Uuid, count: i64, log: &mut PgConnection) -> Result<Shown, Failure> {
    let (positions, length) = log_tables::stream(config, log, stream, count).await?;
    let commits = log_tables::covering(config, log, &positions).await?;
    let all = positions.len() as i64 == length;
    let note = (!all).then(|| format!("the newest {} of {length} events; -n shows more", positions.len()));
    Ok(Shown { commits, positions, note })
}

/// The commits that begin at these positions, of which one more was read than is shown.
async fn of_positions(
    config: &Config,
    mut first: Vec<i64>,
    count: i64,
    log: &mut PgConnection,
) -> Result<Shown, Failure> {
    let note = cut(&mut first, count);
    Ok(Shown { commits: log_tables::covering(config, log, &first).await?, positions: Vec::new(), note })
}

/// Leaves as many as are shown, newest first, and says if there are more.
fn cut(positions: &mut Vec<i64>, count: i64) -> Option<String> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let more = positions.len() > most;
    positions.truncate(most);
    more.then(|| format!("the newest {most}; there are more, and -n shows them"))
}

fn named(by: &By) -> String {
    match by {
        By { subject: Some(Subject::Position(position)), .. } => format!("position {position}"),
        By { subject: Some(Subject::Stream(stream)), .. } => format!("stream {stream}"),
        By { subject: Some(Subject::Account(_)), .. } => "the account".to_owned(),
        By { command: Some(command), .. } => format!("command {command}"),
        By { transfer: Some(transfer), .. } => format!("transfer {transfer}"),
        By { reference: Some(reference), .. } => {
            format!("reference {reference:?}, as far as the view `transfers` has got")
        }
        By { correlation: Some(id), .. } => format!("correlation {id}"),
        By { request_id, .. } => format!("request {}", request_id.unwrap_or_default()),
    }
}
