//! Who listens, and what is passed to whom.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use kernel::{AccountId, LogId, MemberId};
use public_events::EventCursor;
use tokio::sync::mpsc;

use crate::{
    event::Event,
    interest::{Interest, Scope},
    ring::Ring,
};

/// Events that may wait for one client. One that takes them slower than they come is dropped, and resumes.
const WAITING: usize = 256;

/// Whether the token of a client still holds.
pub type Holds = Arc<dyn Fn() -> bool + Send + Sync>;

/// Why a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It has not; the client went away.
    Not,
    /// The client took its events too slowly.
    TooSlow,
    /// Its token holds no more.
    Token,
    /// Events are missing here that the client may need.
    Lost,
    /// The server is shutting down.
    Shutdown,
}

impl Ended {
    const ALL: [Self; 5] = [Self::Not, Self::TooSlow, Self::Token, Self::Lost, Self::Shutdown];

    /// As metrics and clients name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Not => "gone",
            Self::TooSlow => "too-slow",
            Self::Token => "token",
            Self::Lost => "events-lost",
            Self::Shutdown => "shutdown",
        }
    }
}

/// How far the events are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Not yet: the stream in JetStream is not being followed, or its end was not reached.
    Nothing,
    /// There are no events.
    Empty,
    /// All up to this one.
    UpTo(EventCursor),
}

/// Why a client cannot join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJoined {
    /// Events after its place are not here. Those after this place are.
    Behind(EventCursor),
    /// Nothing is known here yet.
    Unknown,
    /// The server is shutting down.
    Closed,
}

/// What was made of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// It is new, and was passed on.
    New,
    /// It was here before.
    Again,
    /// It tells another history than the events that were here: they are forgotten, and every stream has ended.
    OtherHistory,
}

/// The events and the clients of a server.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    ring_bytes: usize,
}

#[derive(Default)]
struct Inner {
    ring: Option<Ring>,
    log: Option<LogId>,
    /// Whether the end of the stream was reached.
    ready: bool,
    closed: bool,
    next: u64,
    clients: HashMap<u64, Client>,
    everything: HashSet<u64>,
    by_account: HashMap<AccountId, Vec<u64>>,
    by_owner: HashMap<MemberId, Vec<u64>>,
}

struct Client {
    sender: mpsc::Sender<Arc<Event>>,
    interest: Interest,
    /// What it has already. It may be ahead of this server, if another one served it before.
    after: EventCursor,
    holds: Holds,
    ended: Arc<AtomicU8>,
}

/// The place of a client in the hub; left when it is dropped.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    id: u64,
    ended: Arc<AtomicU8>,
    pub(crate) events: mpsc::Receiver<Arc<Event>>,
}

impl Seat {
    /// Why it has ended, if the hub ended it.
    pub(crate) fn ended(&self) -> Ended {
        Ended::ALL[usize::from(self.ended.load(Ordering::Acquire))]
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.lock().remove(self.id, Ended::Not);
    }
}

impl Hub {
    /// A hub that keeps this many bytes of events.
    pub(crate) fn new(ring_bytes: usize) -> Arc<Self> {
        Arc::new(Self { inner: Mutex::default(), ring_bytes })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the events are known, for a client that comes.
    pub(crate) fn known(&self) -> Known {
        let inner = self.lock();
        match &inner.ring {
            _ if !inner.ready => Known::Nothing,
            None => Known::Empty,
            Some(ring) => Known::UpTo(ring.newest()),
        }
    }

    /// The newest event, for whoever follows the stream; also before the end of the stream was reached.
    pub(crate) fn newest(&self) -> Option<EventCursor> {
        self.lock().ring.as_ref().map(Ring::newest)
    }

    /// The log that the events are of, if there are any.
    pub(crate) fn log(&self) -> Option<LogId> {
        self.lock().log
    }

    /// The place after which every event is here, if any event is.
    pub(crate) fn floor(&self) -> Option<EventCursor> {
        self.lock().ring.as_ref().map(Ring::floor)
    }

    /// Whether the server is shutting down.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The end of the stream was reached: from now on clients may come.
    pub(crate) fn set_ready(&self) {
        self.lock().ready = true;
    }

    /// Takes the next event of the stream, and passes it on.
    pub(crate) fn publish(&self, event: Event) -> Published {
        let mut inner = self.lock();
        let is_other = inner.contradicts(&event);
        if is_other {
            inner.forget();
        }
        if inner.ring.as_ref().is_some_and(|ring| event.cursor <= ring.newest()) {
            return Published::Again;
        }
        let event = Arc::new(event);
        inner.log = Some(event.log);
        match &mut inner.ring {
            Some(ring) => ring.push(event.clone()),
            none => *none = Some(Ring::new(event.clone(), self.ring_bytes)),
        }
        metrics::gauge!("live_ring_bytes").set(inner.ring.as_ref().map_or(0, Ring::bytes) as f64);
        inner.pass_on(&event);
        if is_other { Published::OtherHistory } else { Published::New }
    }

    /// Events may be missing: nothing that is here counts any more, and clients have to come again.
    pub(crate) fn reset(&self) {
        self.lock().forget();
    }

    /// Ends every stream; nobody joins any more.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.end_all(Ended::Shutdown);
    }

    /// Lets a client join that has every event up to this place. What it lacks comes with its seat; what follows, through it. On an
    /// error the interest is still the client's.
    pub(crate) fn join(
        self: &Arc<Self>,
        interest: &mut Option<Interest>,
        after: EventCursor,
        holds: &Holds,
    ) -> Result<(Seat, VecDeque<Arc<Event>>), NotJoined> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(NotJoined::Closed);
        }
        let newer: Vec<Arc<Event>> = match &inner.ring {
            _ if !inner.ready => return Err(NotJoined::Unknown),
            // Whoever has nothing lacks nothing. Whoever has something knows of events that are not there yet, or no more.
            None if after == EventCursor::START => Vec::new(),
            None => return Err(NotJoined::Unknown),
            Some(ring) => match ring.after(after) {
                None => return Err(NotJoined::Behind(ring.floor())),
                Some(events) => events.cloned().collect(),
            },
        };
        let Some(mut interest) = interest.take() else { return Err(NotJoined::Unknown) };
        let missed: VecDeque<_> = newer.into_iter().filter(|event| interest.takes(event)).collect();
        let (sender, events) = mpsc::channel(WAITING);
        let ended = Arc::new(AtomicU8::new(0));
        let client = Client { sender, interest, after, holds: holds.clone(), ended: ended.clone() };
        let id = inner.add(client);
        Ok((Seat { hub: self.clone(), id, ended, events }, missed))
    }

    /// Ends the streams whose tokens hold no more. Asking takes time, so it is done without the lock.
    pub(crate) async fn end_without_token(&self) {
        let clients: Vec<_> = self.lock().clients.iter().map(|(id, client)| (*id, client.holds.clone())).collect();
        for some in clients.chunks(128) {
            for (id, _) in some.iter().filter(|(_, holds)| !holds()) {
                self.lock().remove(*id, Ended::Token);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Inner {
    /// Whether an event cannot belong to the history of those that are here.
    fn contradicts(&self, event: &Event) -> bool {
        let other_log = self.log.is_some_and(|log| log != event.log);
        let known = self.ring.as_ref().and_then(|ring| ring.get(event.cursor));
        other_log || known.is_some_and(|known| known.frame != event.frame)
    }

    fn forget(&mut self) {
        (self.ring, self.log, self.ready) = (None, None, false);
        self.end_all(Ended::Lost);
    }

    fn end_all(&mut self, why: Ended) {
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.remove(id, why);
        }
    }

    fn pass_on(&mut self, event: &Arc<Event>) {
        let of_account = event.account.and_then(|account| self.by_account.get(&account));
        let of_owner = event.owner.and_then(|owner| self.by_owner.get(&owner));
        let concerned = of_account.into_iter().chain(of_owner).flatten().chain(&self.everything);
        let mut ids: Vec<u64> = concerned.copied().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            self.pass_to(id, event);
        }
    }

    fn pass_to(&mut self, id: u64, event: &Arc<Event>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let takes = client.interest.takes(event) && event.cursor > client.after;
        let sent = if takes { client.sender.try_send(event.clone()) } else { Ok(()) };
        // The opening of an account: its later events are found by the account.
        if let (Scope::Owner { accounts, .. }, Some(account)) = (&client.interest.scope, event.account)
            && accounts.contains(&account)
        {
            let ids = self.by_account.entry(account).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        match sent {
            Ok(()) if takes => metrics::counter!("live_events_sent_total").increment(1),
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => self.remove(id, Ended::TooSlow),
            Err(mpsc::error::TrySendError::Closed(_)) => self.remove(id, Ended::Not),
        }
    }

    fn add(&mut self, client: Client) -> u64 {
        self.next += 1;
        let id = self.next;
        match &client.interest.scope {
            Scope::All => {
                self.everything.insert(id);
            }
            Scope::Owner { owner, .. } => self.by_owner.entry(*owner).or_default().push(id),
            Scope::Accounts(_) => {}
        }
        for account in client.interest.accounts() {
            self.by_account.entry(account).or_default().push(id);
        }
        self.clients.insert(id, client);
        id
    }

    fn remove(&mut self, id: u64, why: Ended) {
        let Some(client) = self.clients.remove(&id) else { return };
        let code = Ended::ALL.iter().position(|ended| *ended == why).unwrap_or_default();
        client.ended.store(u8::try_from(code).unwrap_or_default(), Ordering::Release);
        metrics::counter!("live_streams_ended_total", "reason" => why.as_str()).increment(1);
        self.everything.remove(&id);
        if let Scope::Owner { owner, .. } = &client.interest.scope {
            take_out(&mut self.by_owner, *owner, id);
        }
        for account in client.interest.accounts() {
            take_out(&mut self.by_account, account, id);
        }
    }
}

fn take_out<K: Eq + Hash>(index: &mut HashMap<K, Vec<u64>>, key: K, id: u64) {
    if let Some(ids) = index.get_mut(&key) {
        ids.retain(|one| *one != id);
        if ids.is_empty() {
            index.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
