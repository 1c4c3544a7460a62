//! A connection of a server that forwards, from its first command to its end.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use application::{CommandPort, ExecuteError};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{mpsc, watch},
    time::{Instant, sleep, timeout},
};

use super::{
    frame::{Tagger, read_frame, write_frame},
    handshake::Tags,
    message::{FRAME_GOAL, FRAME_LIMIT, Forwarded, Numbered, Reply},
    outgoing::{Ended, HEARTBEAT, SILENCE},
};

/// How many commands of one connection may be executed at once; more are turned away.
const PENDING: usize = 16_384;
/// No command waits longer, whatever its sender says.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How many answers are taken at once.
const TAKEN: usize = 512;

type Answers = mpsc::UnboundedSender<(u64, Reply)>;

/// Executes what comes and answers each as it is ready, until the connection ends; or until `closing`, and all is answered.
pub(crate) async fn run(
    stream: TcpStream,
    tags: Tags,
    local: Arc<dyn CommandPort>,
    closing: watch::Receiver<bool>,
) -> Ended {
    let (reader, writer) = stream.into_split();
    let (answers, ready) = mpsc::unbounded_channel();
    let pending = Arc::new(AtomicUsize::new(0));
    tokio::select! {
        ended = receive(reader, tags.incoming, local, answers, pending.clone()) => ended,
        ended = answer(writer, tags.outgoing, ready, pending, closing) => ended,
    }
}

async fn receive(
    mut reader: impl AsyncRead + Unpin,
    mut tagger: Tagger,
    local: Arc<dyn CommandPort>,
    answers: Answers,
    pending: Arc<AtomicUsize>,
) -> Ended {
    loop {
        let payload = match timeout(SILENCE, read_frame(&mut reader, &mut tagger, FRAME_LIMIT)).await {
            Ok(Ok(payload)) => payload,
            Ok(Err(error)) => return error.into(),
            Err(_) => return Ended::Silent,
        };
        let Ok(commands) = serde_json::from_slice::<Vec<Numbered<'_>>>(&payload) else { return Ended::Nonsense };
        metrics::counter!("internal_commands_total").increment(commands.len() as u64);
        for Numbered(number, left, json) in commands {
            let before = pending.fetch_add(1, Ordering::AcqRel);
            let submission = match serde_json::from_str::<Forwarded>(json.get()) {
                Ok(_) if before >= PENDING => Err(ExecuteError::Overloaded { retry_after: Duration::from_secs(1) }),
                Ok(command) => Ok(command.submission(Instant::now() + LONGEST_WAIT.min(Duration::from_micros(left)))),
                // Of a peer that proved itself: another build, or a defect.
                Err(error) => {
                    tracing::error!(error = &error as &dyn Error, "a forwarded command cannot be read");
                    Err(ExecuteError::Internal)
                }
            };
            match submission {
                Ok(submission) => {
                    let (local, answers) = (local.clone(), answers.clone());
                    // It is executed even if the connection ends: it was accepted.
                    drop(tasks::brief(async move {
                        let _ = answers.send((number, Reply::of(local.execute(submission).await)));
                    }));
                }
                Err(error) => {
                    let _ = answers.send((number, Reply::Failed(error)));
                }
            }
        }
    }
}

/// Whatever became ready while the last frame was written goes into the next one.
async fn answer(
    mut writer: impl AsyncWrite + Unpin,
    mut tagger: Tagger,
    mut ready: mpsc::UnboundedReceiver<(u64, Reply)>,
    pending: Arc<AtomicUsize>,
    mut closing: watch::Receiver<bool>,
) -> Ended {
    let mut taken = Vec::with_capacity(TAKEN);
    loop {
        let is_closing = *closing.borrow();
        if is_closing && pending.load(Ordering::Acquire) == 0 {
            return Ended::Unused;
        }
        tokio::select! {
            biased;
            count = ready.recv_many(&mut taken, TAKEN) => {
                if count == 0 {
                    return Ended::Unused;
                }
            }
            _ = closing.changed(), if !is_closing => continue,
            () = sleep(HEARTBEAT) => {}
        }
        let count = taken.len();
        for payload in payloads(&taken) {
            match timeout(SILENCE, write_frame(&mut writer, &mut tagger, payload.as_bytes())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => return Ended::Silent,
            }
        }
        taken.clear();
        pending.fetch_sub(count, Ordering::AcqRel);
    }
}

/// The payloads of the frames for these answers; an empty one for none.
fn payloads(answers: &[(u64, Reply)]) -> Vec<String> {
    let mut payloads = vec!["[".to_owned()];
    for answer in answers {
        let json = serde_json::to_string(answer).unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn Error, "an answer cannot be written as JSON");
            format!(r#"[{},{{"Failed":"OutcomeUnknown"}}]"#, answer.0)
        });
        if payloads.last().is_some_and(|payload| payload.len() >= FRAME_GOAL) {
            payloads.push("[".to_owned());
        }
        if let Some(payload) = payloads.last_mut() {
            if payload.len() > 1 {
                payload.push(',');
            }
            payload.push_str(&json);
        }
    }
    payloads.into_iter().map(|payload| payload + "]").collect()
}
