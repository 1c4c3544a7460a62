//! A connection to the server that leads, from its first command to its end.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

use super::{
    frame::{FrameError, Tagger, read_frame, write_frame},
    handshake::Tags,
    message::{FRAME_GOAL, FRAME_LIMIT, Reply},
};

/// A command on its way.
pub(crate) struct Queued {
    pub(crate) json: String,
    pub(crate) deadline: Instant,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the other side was silent")]
    Silent,
    #[error("the other side sent what is no answer")]
    Nonsense,
    #[error("it is not needed any more")]
    Unused,
}

/// Who sends nothing else sends an empty frame this often.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(500);
/// Who hears nothing for so long gives the connection up.
pub(crate) const SILENCE: Duration = Duration::from_millis(2500);
/// How many commands are taken from the queue at once.
const TAKEN: usize = 512;

/// The commands that were sent and not answered.
#[derive(Default)]
struct Unanswered(Mutex<HashMap<u64, oneshot::Sender<Reply>>>);

impl Unanswered {
    fn insert(&self, number: u64, reply: oneshot::Sender<Reply>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, reply);
    }

    fn take(&self, number: u64) -> Option<oneshot::Sender<Reply>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&number)
    }
}

/// Sends what is queued and hands out the answers, until the connection ends.
pub(crate) async fn run(stream: TcpStream, tags: Tags, queue: mpsc::UnboundedReceiver<Queued>) -> Ended {
    let (reader, writer) = stream.into_split();
    let unanswered = Unanswered::default();
    tokio::select! {
        ended = send(writer, tags.outgoing, queue, &unanswered) => ended,
        ended = receive(reader, tags.incoming, &unanswered) => ended,
    }
}

/// Whatever queued while the last frame was written goes into the next one.
async fn send(
    mut writer: impl AsyncWrite + Unpin,
    mut tagger: Tagger,
    mut queue: mpsc::UnboundedReceiver<Queued>,
    unanswered: &Unanswered,
) -> Ended {
    let (mut number, mut taken) = (0, Vec::with_capacity(TAKEN));
    loop {
        match timeout(HEARTBEAT, queue.recv_many(&mut taken, TAKEN)).await {
            Ok(0) => return Ended::Unused,
            Ok(_) => {}
            Err(_) => {
                if let Err(error) = write(&mut writer, &mut tagger, b"[]").await {
                    return error;
                }
            }
        }
        let mut waiting = taken.drain(..).peekable();
        while waiting.peek().is_some() {
            let (mut payload, mut count) = ("[".to_owned(), 0_u64);
            while payload.len() < FRAME_GOAL
                && let Some(Queued { json, deadline, reply }) = waiting.next()
            {
                let left = deadline.saturating_duration_since(Instant::now()).as_micros();
                let comma = if count == 0 { "" } else { "," };
                // A text takes whatever is written to it.
                let _ = write!(payload, "{comma}[{number},{left},{json}]");
                unanswered.insert(number, reply);
                (number, count) = (number + 1, count + 1);
            }
            payload.push(']');
            metrics::counter!("forward_commands_total").increment(count);
            metrics::counter!("forward_batches_total").increment(1);
            if let Err(error) = write(&mut writer, &mut tagger, payload.as_bytes()).await {
                return error;
            }
        }
    }
}

/// A peer that takes nothing is as good as silent.
async fn write(writer: &mut (impl AsyncWrite + Unpin), tagger: &mut Tagger, payload: &[u8]) -> Result<(), Ended> {
    match timeout(SILENCE, write_frame(writer, tagger, payload)).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(Ended::Silent),
    }
}

async fn receive(mut reader: impl AsyncRead + Unpin, mut tagger: Tagger, unanswered: &Unanswered) -> Ended {
    loop {
        let payload = match timeout(SILENCE, read_frame(&mut reader, &mut tagger, FRAME_LIMIT)).await {
            Ok(Ok(payload)) => payload,
            Ok(Err(error)) => return error.into(),
            Err(_) => return Ended::Silent,
        };
        let Ok(answers) = serde_json::from_slice::<Vec<(u64, Reply)>>(&payload) else { return Ended::Nonsense };
        for (number, reply) in answers {
            if let Some(asked) = unanswered.take(number) {
                // Who asked may have gone.
                let _ = asked.send(reply);
            }
        }
    }
}
