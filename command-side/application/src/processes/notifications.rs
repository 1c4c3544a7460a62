//! Notifications: what happens to the money of members, told on their devices and by mail.
//!
//! They follow transfers, which are most of the log and have no index, with a cursor of their own in the vault. It moves in the transaction that
//! queues what the page asks for: nothing is queued twice, whatever crashes. Nobody is told what they did themselves, nor what is older than an
//! hour: a vault that came back from a backup, or a bank that sent no pushes for a week, does not flood anybody. As long as no member has a
//! device or wants mail, nothing is read.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
};

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{Event, HoldEvent, HoldPlaced, TransferEvent, TransferKind, TransferPosted};
use kernel::{AccountId, Actor, AssetCode, MemberId, Minor, NotificationKind, Position, Role};
use log::{Picked, ReadError};
use uuid::Uuid;
use vault::{NewMessage, NewNotification, NotificationCursor, Wishes};

use super::{
    follow::decode,
    process::{Followed, ProcessError},
    runner::{Lead, ProcessRunner},
};
use crate::{
    engine::{State, Stream, load},
    notifications::{WORTH_TELLING, mail_for},
};

/// The events that are followed.
const TYPES: [&str; 2] = [TransferPosted::NAME, HoldPlaced::NAME];
/// So many of them are worked off at once.
const PAGE: i64 = 200;
/// So many positions are looked through at once.
const WINDOW: i64 = 10_000;
/// What is older than this is not told.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// Something that happened to an account, and that its owner may be told.
struct News {
    id: Uuid,
    account: AccountId,
    kind: NotificationKind,
    asset: AssetCode,
    amount: Minor,
    /// Who did it.
    by: Actor,
    at: DateTime<Utc>,
}

impl ProcessRunner {
    /// Queues what the next page of the log tells members; whether there is more.
    pub(super) async fn notify(&self, lead: &mut Lead) -> Result<bool, ProcessError> {
        let shared = &self.members.shared;
        if !shared.options.notifies {
            return Ok(false);
        }
        let NotificationCursor { position, anybody } =
            shared.vault.notification_cursor().await.map_err(ProcessError::Vault)?;
        let head = shared.log.head().await.map_err(ProcessError::Log)?.position;
        let Some(cursor) = position else {
            // What happened before is no news.
            shared.vault.begin_notifications(head).await.map_err(ProcessError::Vault)?;
            return Ok(false);
        };
        metrics::gauge!("notifications_position").set(cursor.number() as f64);
        // A log that was restored is shorter than it was. Without anybody to tell, the cursor is written now and then, not each time.
        if cursor > head || (!anybody && head > cursor.plus(WINDOW)) {
            return self.queue(&[], cursor, head).await.map(|()| false);
        }
        if cursor == head || !anybody {
            return Ok(false);
        }
        let oldest = shared.clock.now() - FRESH;
        let begin = self.skip_old(cursor, head, oldest).await?;
        let up_to = head.min(begin.plus(WINDOW));
        let picked = self.read_news(begin, up_to, PAGE).await?.unwrap_or_default();
        let is_full = picked.len() as i64 == PAGE;
        let reached = if is_full { picked.last().map_or(up_to, |last| last.position) } else { up_to };
        let mut news = Vec::new();
        for picked in picked.into_iter().filter(|picked| picked.recorded_at >= oldest) {
            news.extend(news_of(&decode(picked)?));
        }
        let notifications = self.address(lead, news).await?;
        self.queue(&notifications, cursor, reached).await?;
        Ok(reached < head)
    }

    /// If another server was faster, its cursor counts, and the next round begins there.
    async fn queue(&self, notifications: &[NewNotification], from: Position, to: Position) -> Result<(), ProcessError> {
        let shared = &self.members.shared;
        let (budget, now) = (shared.options.messages, shared.clock.now());
        let queued = shared.vault.enqueue_notifications(notifications, budget, now, from, to).await;
        queued.map_err(ProcessError::Vault).map(drop)
    }

    /// The events of a piece of the log; none if it has left the database, and then it is older than anything that is told.
    async fn read_news(
        &self,
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Option<Vec<Picked>>, ProcessError> {
        match self.members.shared.log.read_typed(&TYPES, after, up_to, limit).await {
            Ok(picked) => Ok(Some(picked)),
            Err(ReadError::Archive(_) | ReadError::Detached { .. } | ReadError::NotFetched(_)) => Ok(None),
            Err(error) => Err(ProcessError::Log(error)),
        }
    }

    /// Where to go on after a long time: all events up to there are too old. It is found by halving, for times do not go back in the log.
    async fn skip_old(
        &self,
        cursor: Position,
        head: Position,
        oldest: DateTime<Utc>,
    ) -> Result<Position, ProcessError> {
        let (mut low, mut high) = (cursor, head);
        while high.number() - low.number() > WINDOW {
            let middle = low.plus((high.number() - low.number()) / 2);
            let first = self.read_news(middle, high.min(middle.plus(WINDOW)), 1).await?;
            match first.as_deref() {
                // It has left the database.
                None => low = middle,
                Some([found, ..]) if found.recorded_at < oldest => low = found.position,
                // A piece without such an event says nothing of its time.
                Some(_) => high = middle,
            }
        }
        Ok(low)
    }

    /// The notifications that members want of these news.
    async fn address(&self, lead: &mut Lead, news: Vec<News>) -> Result<Vec<NewNotification>, ProcessError> {
        if news.is_empty() {
            return Ok(Vec::new());
        }
        self.learn_owners(lead, &news).await?;
        let mut of_members: Vec<(MemberId, News)> = Vec::new();
        for news in news {
            let owner = lead.owners.get(&news.account).copied().flatten();
            // Nobody is told what they did themselves.
            if let Some(owner) = owner.filter(|owner| news.by != Actor { role: Role::Member, id: *owner }) {
                of_members.push((owner, news));
            }
        }
        let members: HashSet<MemberId> = of_members.iter().map(|(member, _)| *member).collect();
        let members: Vec<MemberId> = members.into_iter().collect();
        let wishes = self.members.shared.vault.wishes(&members).await.map_err(ProcessError::Vault)?;
        let wishes: HashMap<MemberId, Wishes> = wishes.into_iter().map(|wishes| (wishes.member, wishes)).collect();
        let mut notifications = Vec::new();
        for (member, News { id, kind, asset, amount, at, .. }) in of_members {
            let Some(wishes) = wishes.get(&member) else { continue };
            let mail = self.mail(wishes, kind, at).await?;
            // Which kinds are pushed, the vault looks up when it queues them.
            if mail.is_some() || wishes.has_devices {
                let (about, until) = (format!("{asset} {amount}"), at + WORTH_TELLING);
                notifications.push(NewNotification { id, member, kind: kind.as_str(), about, at, until, mail });
            }
        }
        Ok(notifications)
    }

    /// The mail that a member wants. One whose contact cannot be read gets none, and holds up nobody.
    async fn mail(
        &self,
        wishes: &Wishes,
        kind: NotificationKind,
        at: DateTime<Utc>,
    ) -> Result<Option<NewMessage>, ProcessError> {
        let error = match mail_for(&self.members, wishes, kind, at).await {
            Ok(mail) => return Ok(mail),
            Err(error) => ProcessError::Step(error),
        };
        if error.is_outage() {
            return Err(error);
        }
        tracing::error!(error = &error as &dyn Error, member.id = %wishes.member, "a member cannot be mailed");
        Ok(None)
    }

    /// Learns whose the accounts are, in one round trip for all that are not known.
    async fn learn_owners(&self, lead: &mut Lead, news: &[News]) -> Result<(), ProcessError> {
        let unknown: HashSet<AccountId> =
            news.iter().map(|news| news.account).filter(|account| !lead.owners.contains(account)).collect();
        let unknown: Vec<AccountId> = unknown.into_iter().collect();
        let held = unknown.iter().map(|account| ((*account).into(), Stream::EMPTY)).collect();
        let loaded = load(self.members.shared.log.as_ref(), held).await.map_err(ProcessError::Log)?;
        for (account, loaded) in unknown.into_iter().zip(loaded) {
            match loaded {
                Ok(stream) => {
                    let owner = if let State::Account(state) = &stream.state { state.owner() } else { None };
                    lead.owners.put(account, owner);
                }
                // The auditor says so, too. Its owner is not told; everybody else is.
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn Error, account.id = %account,
                        "an account cannot be folded: its owner is not told; run `jangbu log verify`"
                    );
                }
            }
        }
        Ok(())
    }
}

/// What an event tells the owners of accounts. The id of each is the same whenever the event is followed.
fn news_of(followed: &Followed) -> Vec<News> {
    let picked = &followed.picked;
    let (stream, by, at) = (picked.event.stream.uuid(), picked.actor, picked.recorded_at);
    let id = |index: usize| Uuid::new_v5(&stream, format!("notification/{index}").as_bytes());
    match &followed.event {
        Event::Transfer(TransferEvent::Posted(posted)) => {
            let told = posted.legs.iter().enumerate().filter_map(|(index, leg)| {
                let (kind, amount) = match (leg.amount.is_negative(), posted.kind) {
                    (false, _) => (NotificationKind::MoneyReceived, leg.amount),
                    (true, TransferKind::Charge) => (NotificationKind::ChargePosted, leg.amount.negated()),
                    (true, _) => return None,
                };
                Some(News { id: id(index), account: leg.account, kind, asset: leg.asset, amount, by, at })
            });
            told.collect()
        }
        Event::Hold(HoldEvent::Placed(placed)) => {
            let (account, asset, amount) = (placed.source, placed.asset, placed.amount);
            vec![News {
                id: id(0),
                account,
                kind: NotificationKind::HoldPlaced,
                asset,
                amount,
                by: placed.placed_by,
                at,
            }]
        }
        _ => Vec::new(),
    }
}
