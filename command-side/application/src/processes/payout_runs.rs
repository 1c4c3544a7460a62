//! The process `payout-runs`: the rows of a run that was started are paid, in order, some in each step.
//!
//! Which rows are next is decided in the command, from the log. The id of that command derives from the run and from the number of its first
//! row, so no row is paid twice, whatever crashes. What is kept in memory here only saves looking it up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{PayoutStatus, payout::MOST_CHUNKS};
use events::recorded::{
    Event, PayoutChunkAdded, PayoutRow, PayoutRowsEvent, PayoutRunCancelled, PayoutRunEvent, PayoutRunPaused,
    PayoutRunResumed, PayoutRunStarted,
};
use kernel::{PayoutRunId, StreamId, Version};
use log::ProcessInstance;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    follow::decode,
    pace::Pace,
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{
    Command, CommandPort, ExecuteError, Outcome, PayRows, PayoutAnswer, Submission,
    commands::{Members, PayoutOptions},
};

const NAME: &str = "payout-runs";
/// Something else than rows is to be waited for.
const PAUSE: Duration = Duration::from_secs(1);

/// One instance for each run that was started; its id is that of the run.
pub struct PayoutRuns {
    members: Members,
    bank: Arc<dyn CommandPort>,
    /// Where the runs stand that this server pays.
    known: Mutex<HashMap<PayoutRunId, Cursor>>,
    /// How much its runs leave to others.
    pace: Mutex<Pace>,
}

/// Where a run stands.
struct Cursor {
    /// How many of its rows are posted or refused.
    done: u32,
    /// The chunk that its next row is in.
    chunk: Chunk,
}

/// Some rows of a run, in memory.
struct Chunk {
    number: u32,
    /// How many rows of the run stand before it.
    before: u32,
    rows: Vec<PayoutRow>,
}

impl Chunk {
    /// Its rows after so many rows of the run; none if the next row is in another chunk.
    fn after(&self, done: u32) -> Option<&[PayoutRow]> {
        let index = usize::try_from(done.checked_sub(self.before)?).ok()?;
        self.rows.get(index..).filter(|rows| !rows.is_empty())
    }
}

/// What the bank answered.
struct Asked {
    /// The run as the command left it.
    answer: PayoutAnswer,
    /// Whether it was carried out now.
    is_new: bool,
}

/// What a look at a run comes to.
enum Look {
    /// It is paid, and so many of its rows are done.
    Running(u32),
    /// Nothing is paid now.
    NotNow,
    /// Nothing is paid any more.
    Over,
}

#[async_trait]
impl Process for PayoutRuns {
    fn name(&self) -> &'static str {
        NAME
    }

    /// That a run is finished, its last step knows.
    fn events(&self) -> &'static [&'static str] {
        &[PayoutRunStarted::NAME, PayoutRunPaused::NAME, PayoutRunResumed::NAME, PayoutRunCancelled::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        let Event::PayoutRun(event) = &followed.event else { return Vec::new() };
        match event {
            PayoutRunEvent::Started(_) | PayoutRunEvent::Resumed(_) => {
                vec![Change::Start { instance, first: FirstStep::Now, data: json!({}) }]
            }
            PayoutRunEvent::Paused(_) | PayoutRunEvent::Cancelled(_) => {
                self.known().remove(&PayoutRunId::new(instance));
                vec![Change::End { instance }]
            }
            PayoutRunEvent::Opened(_) | PayoutRunEvent::ChunkAdded(_) | PayoutRunEvent::RowsPaid(_) => Vec::new(),
        }
    }

    /// Pays the next rows. That the run was paused or cancelled shows when it is decided.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let (begun, run) = (Instant::now(), PayoutRunId::new(instance.instance));
        // Whatever comes in between, it is looked up again.
        let known = self.known().remove(&run);
        let cursor = match known {
            Some(cursor) => cursor,
            None => match self.look(run).await? {
                Look::Running(done) => self.cursor_at(run, done).await?,
                Look::NotNow => return Ok(Next::Again { after: PAUSE, waits_for: "the run to be resumed" }),
                Look::Over => return Ok(Next::Done),
            },
        };
        let Some(Asked { answer, is_new }) = self.pay(run, &cursor).await? else {
            return Ok(Next::Again { after: PAUSE, waits_for: "the run" });
        };
        if answer.status.is_over() {
            return Ok(Next::Done);
        }
        // What was paid before says nothing of how fast it was.
        let rows = if is_new { done(&answer).saturating_sub(cursor.done) } else { 0 };
        // What was paid before may not be the last of it.
        if is_new {
            let cursor = self.moved_on(run, cursor, done(&answer)).await?;
            self.known().insert(run, cursor);
        }
        let (runs, taken) = (self.known().len(), self.bank.taken());
        let after = self.pace().pause_after((rows, begun.elapsed()), taken, (self.options().share, runs));
        self.wake_after(after);
        Ok(Next::Again { after, waits_for: "its part of the time" })
    }
}

impl PayoutRuns {
    pub fn new(members: Members, bank: Arc<dyn CommandPort>) -> Self {
        Self { members, bank, known: Mutex::default(), pace: Mutex::default() }
    }

    fn options(&self) -> PayoutOptions {
        self.members.shared.options.payouts
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PayoutRunId, Cursor>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the bank to pay rows; none if these are not the next ones, or if the run is not paid now.
    async fn ask(&self, run: PayoutRunId, step: &str, rows: Vec<PayoutRow>) -> Result<Option<Asked>, ExecuteError> {
        let submission = Submission {
            actor: PROCESS_RUNNER,
            meta: step_meta(&self.members, NAME, run.uuid(), step),
            act: None,
            command: Command::PayRows(PayRows { run, rows }),
        };
        let receipt = self.bank.execute(submission).await?;
        Ok(match receipt.answer.as_ref() {
            Outcome::PayoutChanged(answer) => Some(Asked { answer: answer.clone(), is_new: !receipt.replayed }),
            _ => None,
        })
    }

    /// Where the run stands now.
    async fn look(&self, run: PayoutRunId) -> Result<Look, ProcessError> {
        let answer = match self.ask(run, "look", Vec::new()).await {
            Ok(answer) => answer,
            // The log was restored to a moment before it.
            Err(ExecuteError::PayoutUnknown) => return Ok(Look::Over),
            Err(error) => return Err(ProcessError::Step(error.into())),
        };
        let Some(Asked { answer, .. }) = answer else { return Ok(Look::NotNow) };
        Ok(match answer.status {
            PayoutStatus::Running => Look::Running(done(&answer)),
            PayoutStatus::Open | PayoutStatus::Paused => Look::NotNow,
            PayoutStatus::Finished | PayoutStatus::Cancelled => Look::Over,
        })
    }

    async fn pay(&self, run: PayoutRunId, cursor: &Cursor) -> Result<Option<Asked>, ProcessError> {
        let left = cursor.chunk.after(cursor.done).unwrap_or_default();
        let rows = &left[..left.len().min(self.pace().rows(self.options().batch))];
        let Some(first) = rows.first() else { return Ok(None) };
        let answer = self.ask(run, &format!("rows/{}", first.row), rows.to_vec()).await;
        answer.map_err(|error| ProcessError::Step(error.into()))
    }

    /// The cursor after so many rows: mostly in the same chunk, or at the begin of the next one.
    async fn moved_on(&self, run: PayoutRunId, cursor: Cursor, done: u32) -> Result<Cursor, ProcessError> {
        if cursor.chunk.after(done).is_some() {
            return Ok(Cursor { done, ..cursor });
        }
        let Chunk { number, before, rows } = cursor.chunk;
        let end = u32::try_from(rows.len()).ok().and_then(|rows| before.checked_add(rows));
        match end == Some(done) {
            true => Ok(Cursor { done, chunk: self.chunk(run, number.saturating_add(1), done).await? }),
            // Another server paid more of it.
            false => self.cursor_at(run, done).await,
        }
    }

    /// The cursor after so many rows of a run: the first chunk that ends later has the next row.
    async fn cursor_at(&self, run: PayoutRunId, done: u32) -> Result<Cursor, ProcessError> {
        let most = u32::try_from(MOST_CHUNKS).unwrap_or(u32::MAX);
        // Chunk `from` ends later, or is after the last; the one before it does not.
        let (mut from, mut up_to) = (1_u32, most);
        while from < up_to {
            let middle = from.midpoint(up_to);
            match self.end_of(run, middle).await? {
                Some(end) if end <= done => from = middle.saturating_add(1),
                Some(_) | None => up_to = middle,
            }
        }
        let before = match from.checked_sub(1).filter(|previous| *previous > 0) {
            Some(previous) => self.end_of(run, previous).await?.unwrap_or(done),
            None => 0,
        };
        Ok(Cursor { done, chunk: self.chunk(run, from, before).await? })
    }

    /// How many rows the run has up to the end of a chunk; none if it has no such chunk.
    async fn end_of(&self, run: PayoutRunId, chunk: u32) -> Result<Option<u32>, ProcessError> {
        // Chunks are added before anything else happens to a run.
        let version = Version::ZERO.next().plus(chunk.into());
        let event = self.read(run.into(), version).await?;
        Ok(match event {
            Some(Event::PayoutRun(PayoutRunEvent::ChunkAdded(PayoutChunkAdded { rows, .. }))) => Some(rows),
            _ => None,
        })
    }

    /// A chunk; without rows if the run has none of this number.
    async fn chunk(&self, run: PayoutRunId, number: u32, before: u32) -> Result<Chunk, ProcessError> {
        let event = self.read(run.chunk_stream(number), Version::ZERO.next()).await?;
        let rows = match event {
            Some(Event::PayoutRows(PayoutRowsEvent::Added(added))) => added.rows,
            _ => Vec::new(),
        };
        Ok(Chunk { number, before, rows })
    }

    async fn read(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ProcessError> {
        let picked = self.members.shared.log.read_picked(stream, version).await.map_err(ProcessError::Log)?;
        Ok(picked.map(decode).transpose()?.map(|followed| followed.event))
    }

    /// Wakes the runner when the next step is due: it looks for itself only now and then.
    fn wake_after(&self, pause: Duration) {
        let members = self.members.clone();
        tasks::brief(async move {
            sleep(pause).await;
            members.shared.wake.notify_one();
        });
    }
}

/// How many rows are posted or refused.
fn done(answer: &PayoutAnswer) -> u32 {
    answer.posted.saturating_add(answer.refused)
}
