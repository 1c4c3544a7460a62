//! Following the log: one page of events for all processes, what they make of their instances, and the vault brought after it.

use std::collections::HashMap;

use events::recorded;
use kernel::{CommitRef, Position};
use log::{Head, InstanceState, ProcessInstance};
use uuid::Uuid;
use vault::{NewMessage, Queued};

use super::{
    process::{Change, FirstStep, Followed, Process, ProcessError},
    runner::{Lead, ProcessRunner, Reading, RoundError},
};

/// So many events are worked off at once.
const PAGE: i64 = 256;
/// So many positions are looked through at once.
const WINDOW: i64 = 200_000;
/// Cursors move without any event to work off only when they are this far behind: a write now and then, not each time.
const CURSOR_LAG: i64 = 10_000;

/// Instances that a page changes, as they are after it.
type Changed = HashMap<(&'static str, Uuid), ProcessInstance>;

impl ProcessRunner {
    /// Works off the next page of events; whether there is more.
    pub(super) async fn follow(&self, lead: &mut Lead) -> Result<bool, RoundError> {
        let mut reading = match lead.reading.take() {
            Some(reading) => reading,
            None => self.begin_reading().await?,
        };
        let followed = self.follow_on(lead, &mut reading).await;
        // A log that lost what was read is read again from what is kept.
        if !matches!(followed, Ok(Followup::Lost)) {
            lead.reading = Some(reading);
        }
        followed.map(|followup| !matches!(followup, Followup::Level))
    }

    /// What is kept beside the log may be older than the vault's cursor, or younger, if the vault came back from a backup.
    async fn begin_reading(&self) -> Result<Reading, ProcessError> {
        let vault = self.members.shared.vault.cursor().await.map_err(ProcessError::Vault)?;
        let mut cursors = Vec::with_capacity(self.processes.len());
        for process in &self.processes {
            cursors.push(self.store.cursor(process.name()).await.map_err(ProcessError::Log)?);
        }
        let position = cursors.iter().copied().chain([vault]).min().unwrap_or_default();
        Ok(Reading { position, cursors, vault })
    }

    /// After a failure in the middle the same page is taken in again; that changes nothing.
    async fn follow_on(&self, lead: &mut Lead, reading: &mut Reading) -> Result<Followup, RoundError> {
        let log = &self.members.shared.log;
        let end = log.head().await.map_err(ProcessError::Log)?;
        if !self.check_history(lead, end, reading.vault).await? {
            return Ok(Followup::Lost);
        }
        let (head, after) = (end.position, reading.position);
        if reading.vault > head {
            return Err(RoundError::Ahead { cursor: reading.vault, head });
        }
        if after >= head {
            return Ok(Followup::Level);
        }
        let up_to = head.min(after.plus(WINDOW));
        let page = log.read_typed(&self.types(), after, up_to, PAGE).await.map_err(ProcessError::Log)?;
        let reached = if page.len() as i64 == PAGE { page.last().map_or(up_to, |last| last.position) } else { up_to };
        let page = page.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        // First the instances, then the vault: what the vault is brought after is found among the instances.
        self.keep_instances(lead, reading, &page, reached).await?;
        let fresh: Vec<&Followed> = page.iter().filter(|followed| followed.picked.position > reading.vault).collect();
        let messages = self.effects(&fresh).await?;
        reading.position = self.move_vault(reading, reached, &messages, !fresh.is_empty(), end.commit).await?;
        metrics::gauge!("processes_position").set(reading.position.number() as f64);
        Ok(if reading.position < head { Followup::More } else { Followup::Level })
    }

    /// Every type of event that a process follows, once.
    fn types(&self) -> Vec<&'static str> {
        let mut types: Vec<_> = self.processes.iter().flat_map(|process| process.events()).copied().collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Keeps what the page makes of the instances, and moves the cursors, in one transaction.
    async fn keep_instances(
        &self,
        lead: &Lead,
        reading: &mut Reading,
        page: &[Followed],
        reached: Position,
    ) -> Result<(), RoundError> {
        let mut changed = Changed::new();
        for (process, cursor) in self.processes.iter().zip(&reading.cursors) {
            let follows = |followed: &&Followed| {
                followed.picked.position > *cursor
                    && process.events().contains(&followed.picked.event.event_type.as_str())
            };
            for followed in page.iter().filter(follows) {
                for change in process.on(followed) {
                    self.change(process.as_ref(), followed, change, &mut changed).await?;
                }
            }
        }
        let is_due = |cursor: &Position| reached > *cursor && (!page.is_empty() || reached >= cursor.plus(CURSOR_LAG));
        if changed.is_empty() && !reading.cursors.iter().any(is_due) {
            return Ok(());
        }
        let moved: Vec<Position> = reading.cursors.iter().map(|cursor| reached.max(*cursor)).collect();
        let cursors: Vec<_> = self.processes.iter().map(|process| process.name()).zip(moved.iter().copied()).collect();
        let instances: Vec<ProcessInstance> = changed.into_values().collect();
        if !self.store.keep(lead.leadership.epoch(), &cursors, &instances).await.map_err(ProcessError::Log)? {
            return Err(RoundError::Deposed);
        }
        reading.cursors = moved;
        Ok(())
    }

    async fn change(
        &self,
        process: &dyn Process,
        followed: &Followed,
        change: Change,
        changed: &mut Changed,
    ) -> Result<(), ProcessError> {
        let (name, at) = (process.name(), followed.picked.recorded_at);
        match change {
            Change::Start { instance, first, data } => {
                let (state, due) = match first {
                    // The log's clock may be ahead of this server's.
                    FirstStep::Now => (InstanceState::Running, at.min(self.members.shared.clock.now())),
                    FirstStep::At(due) => (InstanceState::Waiting, due),
                };
                changed.insert(
                    (name, instance),
                    ProcessInstance {
                        process: name.to_owned(),
                        instance,
                        state,
                        due: Some(due),
                        data,
                        tries: 0,
                        error: None,
                        note: None,
                        started_at: at,
                        changed_at: at,
                    },
                );
            }
            Change::End { instance } => {
                let known = match changed.remove(&(name, instance)) {
                    Some(known) => Some(known),
                    None => self.store.instance(name, instance).await.map_err(ProcessError::Log)?,
                };
                if let Some(known) = known.filter(|known| known.state != InstanceState::Done) {
                    let done = ProcessInstance { state: InstanceState::Done, due: None, changed_at: at, ..known };
                    changed.insert((name, instance), done);
                }
            }
        }
        Ok(())
    }

    async fn effects(&self, fresh: &[&Followed]) -> Result<Vec<NewMessage>, ProcessError> {
        let mut messages = Vec::new();
        for followed in fresh {
            for process in &self.processes {
                if process.events().contains(&followed.picked.event.event_type.as_str()) {
                    messages.extend(process.effects(followed).await?);
                }
            }
        }
        Ok(messages)
    }

    /// Makes sure that the log holds the commit that the vault was last brought after: else the vault would take one history for
    /// another. A vault of an earlier build notes where the log ends now.
    ///
    /// `false` if the log lost the end that it had in the last round: it was restored under this server, and what was kept in
    /// memory may be of events that it lost. The next round begins at what is kept beside the log and in the vault.
    async fn check_history(&self, lead: &mut Lead, end: Head, cursor: Position) -> Result<bool, RoundError> {
        if end.commit.is_some() && lead.checked == end.commit {
            return Ok(true);
        }
        let History::Holds { noted } = self.compare_history(&mut lead.checked, end).await? else { return Ok(false) };
        if noted.is_none()
            && let Some(commit) = end.commit.filter(|commit| commit.position >= cursor)
        {
            self.members.shared.vault.note_commit(commit).await.map_err(ProcessError::Vault)?;
        }
        Ok(true)
    }

    /// The same look by a server that does not lead, which changes nothing: it must not serve members either while vault and
    /// log are not of one history.
    pub(super) async fn look_at_history(&self, checked: &mut Option<CommitRef>) -> Result<(), RoundError> {
        // The cursor first: the leader moves it, but never past the end of the log.
        let cursor = self.members.shared.vault.cursor().await.map_err(ProcessError::Vault)?;
        let end = self.members.shared.log.head().await.map_err(ProcessError::Log)?;
        if cursor > end.position {
            return Err(RoundError::Ahead { cursor, head: end.position });
        }
        if end.commit.is_none() || *checked != end.commit {
            self.compare_history(checked, end).await?;
        }
        Ok(())
    }

    /// Compares the log with the commit that the vault notes, and with the end at which they were last found to fit.
    async fn compare_history(&self, checked: &mut Option<CommitRef>, end: Head) -> Result<History, RoundError> {
        let (log, vault) = (&self.members.shared.log, &self.members.shared.vault);
        let noted = vault.noted_commit().await.map_err(ProcessError::Vault)?;
        let known: Vec<Position> = [noted, *checked].into_iter().flatten().map(|commit| commit.position).collect();
        let held = log.commit_refs(&known).await.map_err(ProcessError::Log)?;
        let is_lost = |commit: &CommitRef| !held.contains(&Some(*commit));
        if let Some(noted) = noted.filter(is_lost) {
            return Err(RoundError::OtherHistory(noted));
        }
        if let Some(lost) = checked.filter(is_lost) {
            let position = lost.position.number();
            tracing::error!(log.position = position, "the log lost a commit: what was kept of it is forgotten");
            *checked = None;
            return Ok(History::LostTheEnd);
        }
        *checked = end.commit;
        Ok(History::Holds { noted })
    }

    /// Queues the messages and moves the vault's cursor, in one transaction. If another server was faster, its cursor counts,
    /// and what lies between is looked at again. Tells from where to follow on.
    async fn move_vault(
        &self,
        reading: &mut Reading,
        reached: Position,
        messages: &[NewMessage],
        is_fresh: bool,
        seen: Option<CommitRef>,
    ) -> Result<Position, ProcessError> {
        let cursor = reading.vault;
        let is_due = reached > cursor && (is_fresh || reached >= cursor.plus(CURSOR_LAG));
        if !is_due {
            return Ok(reached);
        }
        let vault = &self.members.shared.vault;
        let (budget, now) = (self.members.shared.options.messages, self.members.shared.clock.now());
        let queued = vault.enqueue(messages, budget, now, cursor, reached, seen).await.map_err(ProcessError::Vault)?;
        if let Some(Queued { held }) = queued {
            metrics::counter!("member_messages_queued").increment(messages.len() as u64 - held);
            metrics::counter!("member_messages_held").increment(held);
            reading.vault = reached;
            return Ok(reached);
        }
        reading.vault = vault.cursor().await.map_err(ProcessError::Vault)?;
        Ok(reached.min(reading.vault))
    }
}

/// How the log compares with what was known of it.
enum History {
    /// It holds all of that.
    Holds {
        /// The commit that the vault was last brought after, if it notes one.
        noted: Option<CommitRef>,
    },
    /// It lost the end that it had in the last round.
    LostTheEnd,
}

/// What a look at the log came to.
enum Followup {
    /// There is nothing more to work off now.
    Level,
    /// There is more.
    More,
    /// The log lost what was read.
    Lost,
}

fn decode(picked: log::Picked) -> Result<Followed, ProcessError> {
    let event = recorded::Event::decode(&picked.event.event_type, picked.event.schema_version, &picked.event.payload);
    let position = picked.position;
    Ok(Followed { event: event.map_err(|source| ProcessError::Event { position, source })?, picked })
}
