//! Following the log: one page of events for all processes, what they make of their instances, and the vault brought up to it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use events::recorded;
use kernel::{CommitRef, Position};
use log::{Head, InstanceState, ProcessInstance};
use serde_json::Value;
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
        let instances = cursors.iter().copied().min().unwrap_or_default();
        Ok(Reading { instances, effects: vault, cursors, vault })
    }

    /// Instances and vault are each followed from where they stand. Where both stand at one place, as they do but for the first
    /// start on a bank with history or a vault from a backup, one page serves both. After a failure in the middle the same page
    /// is taken in again; that changes nothing.
    async fn follow_on(&self, lead: &mut Lead, reading: &mut Reading) -> Result<Followup, RoundError> {
        let log = &self.members.shared.log;
        let end = log.head().await.map_err(ProcessError::Log)?;
        if !self.check_history(lead, end, reading.vault).await? {
            return Ok(Followup::Lost);
        }
        let head = end.position;
        if reading.vault > head {
            return Err(RoundError::Ahead { cursor: reading.vault, head });
        }
        // The vault first: new messages do not wait until old instances are made.
        if reading.effects < head && reading.effects != reading.instances {
            let page = self.read_page(reading.effects, head).await?;
            reading.effects = self.bring_vault(reading, &page, end.commit).await?;
        }
        if reading.instances < head {
            let together = reading.effects == reading.instances;
            let page = self.read_page(reading.instances, head).await?;
            self.keep_instances(lead, reading, &page).await?;
            reading.instances = page.reached;
            if together {
                reading.effects = self.bring_vault(reading, &page, end.commit).await?;
            }
        }
        let followed = reading.instances.min(reading.effects);
        metrics::gauge!("processes_position").set(followed.number() as f64);
        Ok(if followed < head { Followup::More } else { Followup::Level })
    }

    async fn read_page(&self, after: Position, head: Position) -> Result<Page, ProcessError> {
        let up_to = head.min(after.plus(WINDOW));
        let log = &self.members.shared.log;
        let picked = log.read_typed(&self.types(), after, up_to, PAGE).await.map_err(ProcessError::Log)?;
        let reached =
            if picked.len() as i64 == PAGE { picked.last().map_or(up_to, |last| last.position) } else { up_to };
        let events = picked.into_iter().map(decode).collect::<Result<_, _>>()?;
        Ok(Page { events, reached })
    }

    /// Every type of event that a process follows, once.
    fn types(&self) -> Vec<&'static str> {
        let mut types: Vec<_> = self.processes.iter().flat_map(|process| process.events()).copied().collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Keeps what the page makes of the instances, and moves the cursors, in one transaction.
    async fn keep_instances(&self, lead: &Lead, reading: &mut Reading, page: &Page) -> Result<(), RoundError> {
        let changes = self.changes(&reading.cursors, &page.events);
        let is_due = |cursor: &Position| {
            page.reached > *cursor && (!page.events.is_empty() || page.reached >= cursor.plus(CURSOR_LAG))
        };
        if changes.is_empty() && !reading.cursors.iter().any(is_due) {
            return Ok(());
        }
        let moved: Vec<Position> = reading.cursors.iter().map(|cursor| page.reached.max(*cursor)).collect();
        let cursors: Vec<_> = self.processes.iter().map(|process| process.name()).zip(moved.iter().copied()).collect();
        let instances = self.apply(changes).await?;
        if !self.store.keep(lead.leadership.epoch(), &cursors, &instances).await.map_err(ProcessError::Log)? {
            return Err(RoundError::Deposed);
        }
        reading.cursors = moved;
        Ok(())
    }

    /// What the processes make of events after their cursors, in the order of the log.
    fn changes<'a>(&self, cursors: &[Position], events: &'a [Followed]) -> Vec<(&'static str, &'a Followed, Change)> {
        let mut changes = Vec::new();
        for (process, cursor) in self.processes.iter().zip(cursors) {
            let is_new = |followed: &&Followed| followed.picked.position > *cursor;
            for followed in events.iter().filter(is_new).filter(|followed| follows(process.as_ref(), followed)) {
                changes.extend(process.on(followed).into_iter().map(|change| (process.name(), followed, change)));
            }
        }
        changes
    }

    /// The instances as they are after these changes. What the page ends but did not start is read at once.
    async fn apply(
        &self,
        changes: Vec<(&'static str, &Followed, Change)>,
    ) -> Result<Vec<ProcessInstance>, ProcessError> {
        let ended = changes.iter().filter_map(|(name, _, change)| match change {
            Change::End { instance } => Some((*name, *instance)),
            Change::Start { .. } => None,
        });
        let known = self.store.find(&ended.collect::<Vec<_>>()).await.map_err(ProcessError::Log)?;
        let mut instances: HashMap<(String, Uuid), ProcessInstance> =
            known.into_iter().map(|instance| ((instance.process.clone(), instance.instance), instance)).collect();
        let mut changed = HashSet::new();
        for (name, followed, change) in changes {
            let at = followed.picked.recorded_at;
            match change {
                Change::Start { instance, first, data } => {
                    let key = (name.to_owned(), instance);
                    changed.insert(key.clone());
                    instances.insert(key, self.start(name, instance, at, first, data));
                }
                Change::End { instance } => {
                    let key = (name.to_owned(), instance);
                    let open = instances.get_mut(&key).filter(|known| known.state != InstanceState::Done);
                    if let Some(known) = open {
                        (known.state, known.due, known.changed_at) = (InstanceState::Done, None, at);
                        changed.insert(key);
                    }
                }
            }
        }
        instances.retain(|key, _| changed.contains(key));
        Ok(instances.into_values().collect())
    }

    fn start(
        &self,
        process: &str,
        instance: Uuid,
        at: DateTime<Utc>,
        first: FirstStep,
        data: Value,
    ) -> ProcessInstance {
        let (state, due) = match first {
            // The log's clock may be ahead of this server's.
            FirstStep::Now => (InstanceState::Running, at.min(self.members.shared.clock.now())),
            FirstStep::At(due) => (InstanceState::Waiting, due),
        };
        ProcessInstance {
            process: process.to_owned(),
            instance,
            state,
            due: Some(due),
            data,
            tries: 0,
            error: None,
            note: None,
            started_at: at,
            changed_at: at,
        }
    }

    async fn effects(&self, fresh: &[&Followed]) -> Result<Vec<NewMessage>, ProcessError> {
        let mut messages = Vec::new();
        for followed in fresh {
            for process in &self.processes {
                if follows(process.as_ref(), followed) {
                    messages.extend(process.effects(followed).await?);
                }
            }
        }
        Ok(messages)
    }

    /// Makes sure that the log holds the commit that the vault was last brought up to: else the vault would take one history for
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

    /// Brings the vault after a page: queues the messages and moves its cursor, in one transaction. If another server was
    /// faster, its cursor counts, and what lies between is looked at again. Tells from where to follow on.
    async fn bring_vault(
        &self,
        reading: &mut Reading,
        page: &Page,
        seen: Option<CommitRef>,
    ) -> Result<Position, ProcessError> {
        let (cursor, reached) = (reading.vault, page.reached);
        let fresh: Vec<&Followed> = page.events.iter().filter(|followed| followed.picked.position > cursor).collect();
        let messages = self.effects(&fresh).await?;
        let is_due = reached > cursor && (!fresh.is_empty() || reached >= cursor.plus(CURSOR_LAG));
        if !is_due {
            return Ok(reached);
        }
        let vault = &self.members.shared.vault;
        let (budget, now) = (self.members.shared.options.messages, self.members.shared.clock.now());
        let queued = vault.enqueue(&messages, budget, now, cursor, reached, seen).await.map_err(ProcessError::Vault)?;
        if let Some(Queued { held }) = queued {
            metrics::counter!("member_messages_queued_total").increment(messages.len() as u64 - held);
            metrics::counter!("member_messages_held_total").increment(held);
            reading.vault = reached;
            return Ok(reached);
        }
        reading.vault = vault.cursor().await.map_err(ProcessError::Vault)?;
        Ok(reached.min(reading.vault))
    }
}

/// A piece of the log.
struct Page {
    /// Events that a process follows.
    events: Vec<Followed>,
    /// There are no others up to here.
    reached: Position,
}

/// How the log compares with what was known of it.
enum History {
    /// It holds all of that.
    Holds {
        /// The commit that the vault was last brought up to, if it notes one.
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

fn follows(process: &dyn Process, followed: &Followed) -> bool {
    process.events().contains(&followed.picked.event.event_type.as_str())
}

/// A picked event, decoded.
pub(super) fn decode(picked: log::Picked) -> Result<Followed, ProcessError> {
    let event = recorded::Event::decode(&picked.event.event_type, picked.event.schema_version, &picked.event.payload);
    let position = picked.position;
    Ok(Followed { event: event.map_err(|source| ProcessError::Event { position, source })?, picked })
}
