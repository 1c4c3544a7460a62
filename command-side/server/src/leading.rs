//! Who leads: this server asks for the lead, keeps it, hands it over, and knows who else has it.

use std::{error::Error, sync::Arc, time::Duration};

use application::Bank;
use event_store_postgres::{AppendWatch, Lead, LeaderRecord, LeaderSeat, PostgresLog, WriterEpoch};
use log::ReadError;
use metrics::{describe_counter, describe_gauge};
use platform::shutdown::Shutdown;
use tasks::Task;
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, timeout},
};

use crate::{
    forwarding::{self, Followers, Forwarder, ForwarderOptions, Target},
    internal::{Internal, Shared},
    router::{Local, Route, Router},
};

/// How often the leader looks whether it still is, and whether it is asked to hand over.
const LEADING: Duration = Duration::from_millis(500);
/// How often another server asks for the lead.
const STANDBY: Duration = Duration::from_millis(200);
/// How long a server that handed over leaves the lead to the others.
const REST: Duration = Duration::from_secs(3);
/// How long the answers of forwarded commands may take to leave at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// As the engine's: how long an answer is waited for after the deadline.
const GRACE: Duration = Duration::from_secs(5);

/// The tasks of a server among several, and the lead if it has it.
pub(crate) struct Leading {
    state: Arc<State>,
    router: Router,
    task: Task,
    _forwarding: Option<Task>,
    taking: Option<(Task, watch::Sender<bool>)>,
}

/// A server whose commands go nowhere any more, and that may still have the lead.
pub(crate) struct Closed {
    state: Arc<State>,
    taking: Option<(Task, watch::Sender<bool>)>,
}

struct State {
    seat: Mutex<Seat>,
    epoch: WriterEpoch,
    route: watch::Sender<Route>,
    target: watch::Sender<Option<Target>>,
    followers: Followers,
}

struct Seat {
    seat: LeaderSeat,
    lead: Option<Lead>,
    /// The epoch of the last lead of this server.
    last: Option<i64>,
    /// Set after a lead was handed over.
    rests_until: Option<Instant>,
    has_warned: bool,
}

/// Says what the numbers mean.
pub(crate) fn describe_metrics() {
    describe_gauge!("command_leading", "1 on the command server that leads");
    describe_gauge!("command_leader_epoch", "The epoch of the command server that leads, as this one knows it");
    describe_counter!("command_leads_total", "Times that this server took the lead");
}

impl Leading {
    pub(crate) fn start(
        log: &PostgresLog,
        name: &str,
        internal: Internal,
        epoch: WriterEpoch,
        bank: Bank,
        closed: &Shutdown,
    ) -> Self {
        let address = internal.shared.as_ref().map(|shared| shared.address.clone());
        let seat = LeaderSeat::new(log.pool().clone(), name, address);
        let seat = Seat { seat, lead: None, last: None, rests_until: None, has_warned: false };
        let (route, target) = (watch::Sender::new(Route::Nowhere), watch::Sender::new(None));
        let state = Arc::new(State { seat: Mutex::new(seat), epoch, route, target, followers: Followers::default() });
        let options = ForwarderOptions { limit: internal.limit, grace: GRACE };
        let forwarder = internal.shared.as_ref().map(|shared| Forwarder::new(shared.keys.clone(), options));
        let router = Router::new(bank, state.route.subscribe(), forwarder.clone());
        let forwarding = forwarder.map(|forwarder| {
            let target = state.target.subscribe();
            tasks::endless("forwarder", move || forwarder.clone().follow(target.clone()))
        });
        let taking = internal.shared.map(|shared| take_commands(shared, &router, &state.followers));
        let (kept, closed, options) = (state.clone(), closed.clone(), log.pool().connect_options().clone());
        let task = tasks::until_done("leader", move || {
            let (state, closed, watch) = (kept.clone(), closed.clone(), AppendWatch::of_leaders(options.clone()));
            async move { state.keep(watch, &closed).await }
        });
        Self { state, router, task, _forwarding: forwarding, taking }
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Waits until no more commands can come.
    pub(crate) async fn closed(self) -> Closed {
        self.task.ended().await;
        Closed { state: self.state, taking: self.taking }
    }
}

impl Closed {
    /// Gives the lead back, so that another server takes it at once; then sends the last answers to the other servers.
    pub(crate) async fn hand_over(self) {
        if let Some(lead) = self.state.seat.lock().await.lead.take() {
            lead.release().await;
            metrics::gauge!("command_leading").set(0.0);
        }
        if let Some((task, closing)) = self.taking {
            closing.send_replace(true);
            let _ = timeout(LAST_ANSWERS, task.ended()).await;
        }
    }
}

fn take_commands(shared: Shared, router: &Router, followers: &Followers) -> (Task, watch::Sender<bool>) {
    let (closing, local) = (watch::Sender::new(false), Arc::new(Local(router.clone())));
    let (is_closing, followers) = (closing.subscribe(), followers.clone());
    tracing::info!(internal.addr = shared.address, "commands of other servers are taken");
    let task = tasks::until_done("internal", move || {
        let (listener, keys, local) = (shared.listener.clone(), shared.keys.clone(), local.clone());
        let (followers, is_closing) = (followers.clone(), is_closing.clone());
        async move { forwarding::serve(&listener, keys, local, followers, is_closing).await }
    });
    (task, closing)
}

impl State {
    /// Asks for the lead, and keeps it, until no more commands can come.
    async fn keep(&self, mut heard: AppendWatch, closed: &Shutdown) {
        loop {
            let pause = tokio::select! {
                () = closed.requested() => break,
                pause = self.look() => pause,
            };
            tokio::select! { () = closed.requested() => break, _ = heard.wait(pause) => {} }
        }
        self.go(Route::Nowhere, None);
    }

    /// One look, and how long until the next.
    async fn look(&self) -> Duration {
        let mut seat = self.seat.lock().await;
        match self.look_once(&mut seat).await {
            Ok(()) => seat.has_warned = false,
            // The route stays: the log says what an append is worth.
            Err(error) if !seat.has_warned => {
                seat.has_warned = true;
                tracing::warn!(error = &error as &dyn Error, "who leads cannot be looked up; retrying");
            }
            Err(_) => {}
        }
        metrics::gauge!("command_leading").set(f64::from(u8::from(seat.lead.is_some())));
        if seat.lead.is_some() { LEADING } else { STANDBY }
    }

    async fn look_once(&self, seat: &mut Seat) -> Result<(), ReadError> {
        if seat.lead.as_ref().is_some_and(|lead| !lead.is_held()) {
            seat.lead = None;
            tracing::warn!("the lead was lost: its connection broke, or this server stood still");
        }
        let Some(epoch) = seat.lead.as_ref().map(Lead::epoch) else { return self.stand_by(seat).await };
        match seat.seat.newest().await? {
            Some(newest) if newest.epoch == epoch && newest.is_asked_to_step_down => self.step_down(seat).await,
            Some(newest) if newest.epoch == epoch => Ok(()),
            // The lock is lost and this server has not heard of it yet; or the log was restored: then it asks for the lead again.
            _ => {
                if let Some(lead) = seat.lead.take() {
                    lead.release().await;
                }
                self.stand_by(seat).await
            }
        }
    }

    async fn stand_by(&self, seat: &mut Seat) -> Result<(), ReadError> {
        if seat.rests_until.is_none_or(|until| until <= Instant::now())
            && let Some(lead) = seat.seat.try_take().await?
        {
            (seat.lead, seat.rests_until) = (Some(lead), None);
            self.lead_from(seat);
            return Ok(());
        }
        match seat.seat.newest().await? {
            // It was this server, and there is no newer one: what it appends still counts.
            Some(newest) if Some(newest.epoch) == seat.last => {}
            Some(newest) => self.follow(newest),
            None => {}
        }
        Ok(())
    }

    fn lead_from(&self, seat: &mut Seat) {
        let Some(epoch) = seat.lead.as_ref().map(Lead::epoch) else { return };
        seat.last = Some(epoch);
        self.epoch.set(epoch);
        metrics::counter!("command_leads_total").increment(1);
        metrics::gauge!("command_leader_epoch").set(epoch as f64);
        tracing::info!(epoch, "this server leads");
        self.go(Route::Here, None);
    }

    fn follow(&self, LeaderRecord { epoch, server, address, .. }: LeaderRecord) {
        metrics::gauge!("command_leader_epoch").set(epoch as f64);
        let target = address.map(|address| Target { address, epoch });
        if *self.target.borrow() != target || *self.route.borrow() != Route::There {
            tracing::info!(epoch, leader.name = server, "another server leads");
        }
        self.go(Route::There, target);
    }

    /// Hands over, if there is somebody to hand over to.
    async fn step_down(&self, seat: &mut Seat) -> Result<(), ReadError> {
        if self.followers.count() == 0 {
            tracing::warn!("this server was asked to hand over, and no other is connected to it: it goes on");
            return seat.seat.refuse_to_step_down().await;
        }
        let Some(lead) = seat.lead.take() else { return Ok(()) };
        tracing::info!(epoch = lead.epoch(), "this server hands over, as it was asked to");
        self.go(Route::Nowhere, None);
        seat.rests_until = Some(Instant::now() + REST);
        // Commands under way are written under this epoch, or given to the next leader.
        lead.release().await;
        Ok(())
    }

    fn go(&self, route: Route, target: Option<Target>) {
        let change = |old: &mut _, new| {
            let is_new = *old != new;
            *old = new;
            is_new
        };
        self.target.send_if_modified(|old| change(old, target));
        self.route.send_if_modified(|old| {
            let is_new = *old != route;
            *old = route;
            is_new
        });
    }
}
