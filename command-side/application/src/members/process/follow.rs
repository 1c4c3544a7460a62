//! Following the events of members, and bringing the vault after them.

use contracts::recorded::{MemberRecorded, Recorded};
use domain::member::StateReader;
use kernel::{CommitRef, MemberId, Position, StreamId};
use log::{Head, Picked};
use vault::{NewMessage, Queued};

use super::{ProcessRunner, RoundError, timers::Watching};

/// The events that anything follows from.
const FOLLOWED: [&str; 9] = [
    "SignUpStarted",
    "SignUpCodeIssued",
    "SignUpCompleted",
    "SignUpEnded",
    "ContactChangeStarted",
    "ContactChanged",
    "PasswordChanged",
    "ErasureRequested",
    "MemberErased",
];
/// So many events are worked off at once.
const PAGE: i64 = 256;
/// So many positions are looked through at once: nearly all of them are of no member.
const WINDOW: i64 = 200_000;
/// The cursor moves without any event to work off only when it is this far behind: a write now and then, not each time.
const CURSOR_LAG: i64 = 10_000;

impl ProcessRunner {
    /// Works off the next page of events; whether there is more.
    pub(super) async fn follow(&mut self) -> Result<bool, RoundError> {
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None => self.members.shared.vault.cursor().await.map_err(RoundError::Vault)?,
        };
        self.cursor = Some(cursor);
        let mut watching = match self.watching.take() {
            Some(watching) => watching,
            None => {
                // What is watched may be older than the vault's cursor, or younger, if the vault came back from a backup.
                let saved = self.load().await?;
                Watching { position: saved.position.min(cursor), ..saved }
            }
        };
        let followed = self.follow_on(&mut watching, cursor).await;
        // Without a cursor nothing counts that was read before.
        self.watching = self.cursor.is_some().then_some(watching);
        followed
    }

    /// After a failure in the middle the same page is taken in again; that changes nothing.
    async fn follow_on(&mut self, watching: &mut Watching, cursor: Position) -> Result<bool, RoundError> {
        let log = &self.members.shared.log;
        let end = log.head().await.map_err(RoundError::Log)?;
        if !self.check_history(end, cursor).await? {
            return Ok(true);
        }
        let head = end.position;
        if cursor > head {
            return Err(RoundError::Ahead { cursor, head });
        }
        let log = &self.members.shared.log;
        let after = watching.position;
        if after >= head {
            return Ok(false);
        }
        let up_to = head.min(after.plus(WINDOW));
        let page = log.read_typed(&FOLLOWED, after, up_to, PAGE).await.map_err(RoundError::Log)?;
        let reached = if page.len() as i64 == PAGE { page.last().map_or(up_to, |last| last.position) } else { up_to };
        let mut messages = Vec::new();
        let mut fresh = false;
        for picked in &page {
            let event = decode(picked)?;
            watching.take_in(picked, &event);
            if picked.position > cursor {
                fresh = true;
                self.bring_vault_after(picked, &event, watching).await?;
                messages.extend(self.message_for(picked, &event).await?);
            }
        }
        watching.position = self.move_cursor(cursor, reached, &messages, fresh, end.commit).await?;
        metrics::gauge!("processes_position").set(watching.position.number() as f64);
        Ok(watching.position < head)
    }

    /// Makes sure that the log holds the commit that the vault was last brought after: else the vault would take one history for
    /// another. A vault of an earlier build notes where the log ends now.
    ///
    /// `false` if the log lost the end that it had in the last round: it was restored under this server, and what was kept in
    /// memory may be of events that it lost. The next round begins at the vault's cursor.
    async fn check_history(&mut self, end: Head, cursor: Position) -> Result<bool, RoundError> {
        if end.commit.is_some() && self.checked == end.commit {
            return Ok(true);
        }
        let (log, vault) = (&self.members.shared.log, &self.members.shared.vault);
        let noted = vault.noted_commit().await.map_err(RoundError::Vault)?;
        let known: Vec<Position> = [noted, self.checked].into_iter().flatten().map(|commit| commit.position).collect();
        let held = log.commit_refs(&known).await.map_err(RoundError::Log)?;
        let is_lost = |commit: &CommitRef| !held.contains(&Some(*commit));
        if let Some(noted) = noted.filter(is_lost) {
            return Err(RoundError::OtherHistory(noted));
        }
        if let Some(lost) = self.checked.filter(is_lost) {
            let position = lost.position.number();
            tracing::error!(log.position = position, "the log lost a commit: what was kept of it is forgotten");
            (self.cursor, self.checked) = (None, None);
            return Ok(false);
        }
        if noted.is_none()
            && let Some(commit) = end.commit.filter(|commit| commit.position >= cursor)
        {
            vault.note_commit(commit).await.map_err(RoundError::Vault)?;
        }
        self.checked = end.commit;
        Ok(true)
    }

    /// Queues the messages and moves the cursor, in one transaction. If another server was faster, its cursor counts, and
    /// what lies between is looked at again. Tells from where to follow on.
    async fn move_cursor(
        &mut self,
        cursor: Position,
        reached: Position,
        messages: &[NewMessage],
        fresh: bool,
        seen: Option<CommitRef>,
    ) -> Result<Position, RoundError> {
        let due = reached > cursor && (fresh || reached >= cursor.plus(CURSOR_LAG));
        if !due {
            return Ok(reached);
        }
        let vault = &self.members.shared.vault;
        let (budget, now) = (self.members.shared.options.messages, self.members.shared.clock.now());
        let queued = vault.enqueue(messages, budget, now, cursor, reached, seen).await.map_err(RoundError::Vault)?;
        if let Some(Queued { held }) = queued {
            metrics::counter!("member_messages_queued").increment(messages.len() as u64 - held);
            metrics::counter!("member_messages_held").increment(held);
            self.cursor = Some(reached);
            return Ok(reached);
        }
        let moved = vault.cursor().await.map_err(RoundError::Vault)?;
        self.cursor = Some(moved);
        Ok(reached.min(moved))
    }

    async fn bring_vault_after(
        &self,
        picked: &Picked,
        event: &MemberRecorded,
        watching: &Watching,
    ) -> Result<(), RoundError> {
        let vault = &self.members.shared.vault;
        let stream = picked.event.stream;
        match event {
            MemberRecorded::SignUpCompleted(completed) => {
                let joined = StreamId::new(completed.member.uuid());
                let unit = self.members.unit_of(joined).await.map_err(RoundError::Step)?;
                let unfounded = RoundError::Unfounded { position: picked.position };
                let person = unit.person(completed.member).ok_or(unfounded)?;
                vault.settle(stream.uuid(), completed.member, person.login).await.map_err(RoundError::Vault)?;
                let start = self.sign_up_start(picked).await?;
                return self.end_others(start.contact_key, watching).await;
            }
            MemberRecorded::ContactChanged(changed) => return self.end_others(changed.contact_key, watching).await,
            MemberRecorded::SignUpEnded(_) => {
                let start = self.sign_up_start(picked).await?;
                vault.discard(stream.uuid(), start.member).await
            }
            MemberRecorded::ErasureRequested(_) => vault.revoke_member(MemberId::new(stream.uuid())).await,
            MemberRecorded::MemberErased(_) => vault.destroy_again(MemberId::new(stream.uuid())).await.map(drop),
            _ => Ok(()),
        }
        .map_err(RoundError::Vault)
    }

    /// A contact became a member's: the other sign-ups that are pending for it come to nothing, and no code of theirs makes a
    /// member any more. The log tells it only when their time runs out: whoever began one of them would else see in
    /// positions that somebody with this contact is a member now.
    async fn end_others(&self, contact: StreamId, watching: &Watching) -> Result<(), RoundError> {
        for (id, _) in watching.sign_ups.iter().filter(|(_, pending)| pending.contact == contact) {
            self.members.shared.vault.end_pending(*id).await.map_err(RoundError::Vault)?;
        }
        Ok(())
    }
}

/// The event of a member; no other type is asked for.
pub(super) fn decode(picked: &Picked) -> Result<MemberRecorded, RoundError> {
    let position = picked.position;
    let event = &picked.event;
    match Recorded::decode(&event.event_type, event.schema_version, &event.payload) {
        Ok(Recorded::Member(event)) => Ok(event),
        Ok(_) => Err(RoundError::Unfounded { position }),
        Err(source) => Err(RoundError::Event { position, source }),
    }
}
