//! View `members`: one row for each member, and how many there are in each state.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use events::recorded::{self, Channel, MemberEvent};
use futures::TryStreamExt;
use kernel::Sealed;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{Commit, Event},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "members",
    tables: &[
        Table {
            name: "members",
            columns: &[
                "member_id",
                "status",
                "joined_at",
                "erased_at",
                "channel",
                "login_id",
                "login_id_version",
                "contact",
                "contact_version",
                "real_name",
                "real_name_version",
                "position",
            ],
        },
        Table { name: "member_counts", columns: &["status", "members"] },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [members, counts] = sinks.try_into().ok()?;
    Some(Box::new(Members::new(members, counts)))
}

/// A sealed text by its digest, and the version of its event: a report has no need of more. Two columns, either of which
/// may be null by itself in a damaged view.
#[derive(Clone, Debug, Default)]
struct Text {
    digest: Option<String>,
    version: Option<i64>,
}

impl Text {
    fn of(sealed: Option<&str>, version: Option<i64>) -> Self {
        Self { digest: sealed.map(|sealed| hex::encode(Sha256::digest(sealed))), version }
    }
}

/// A row of `members`.
struct Member {
    status: String,
    joined_at: DateTime<Utc>,
    erased_at: Option<DateTime<Utc>>,
    channel: Option<String>,
    login_id: Text,
    contact: Text,
    real_name: Text,
    position: i64,
}

impl Member {
    fn write(&self, cells: &mut Cells) {
        cells.clear().put("status", &self.status).put("joined_at", time(self.joined_at));
        cells.maybe("erased_at", self.erased_at.map(time)).maybe("channel", self.channel.as_ref());
        cells.maybe("login_id", self.login_id.digest.as_ref()).maybe("login_id_version", self.login_id.version);
        cells.maybe("contact", self.contact.digest.as_ref()).maybe("contact_version", self.contact.version);
        cells.maybe("real_name", self.real_name.digest.as_ref()).maybe("real_name_version", self.real_name.version);
        cells.put("position", self.position);
    }

    fn leave(&mut self, status: &str) {
        self.status = status.to_owned();
        self.channel = None;
        (self.login_id, self.contact, self.real_name) = Default::default();
    }
}

struct Members<S> {
    lives: HashMap<Uuid, Member>,
    members: S,
    counts: S,
}

impl<S> Members<S> {
    fn new(members: S, counts: S) -> Self {
        Self { lives: HashMap::new(), members, counts }
    }

    fn event(&mut self, event: &Event, recorded: &MemberEvent, at: DateTime<Utc>) {
        let text = |sealed: &Sealed| Text::of(Some(sealed.as_str()), Some(event.version));
        if let MemberEvent::Joined(joined) = recorded {
            let member = Member {
                status: "active".to_owned(),
                joined_at: at,
                erased_at: None,
                channel: Some(name(joined.channel)),
                login_id: text(&joined.login_id),
                contact: text(&joined.contact),
                real_name: text(&joined.real_name),
                position: event.position,
            };
            self.lives.insert(event.stream, member);
            return;
        }
        let Some(member) = self.lives.get_mut(&event.stream) else { return };
        match recorded {
            MemberEvent::ContactChanged(changed) => {
                (member.channel, member.contact) = (Some(name(changed.channel)), text(&changed.contact));
            }
            MemberEvent::ErasureRequested(_) => member.leave("erasing"),
            MemberEvent::Erased(_) => {
                member.leave("erased");
                member.erased_at = Some(at);
            }
            _ => return,
        }
        member.position = event.position;
    }
}

fn name(channel: Channel) -> String {
    match channel {
        Channel::Email => "email".to_owned(),
        Channel::Phone => "phone".to_owned(),
    }
}

impl<S: Sink> Book<S> for Members<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let recorded::Event::Member(recorded) = &event.recorded {
                self.event(event, recorded, commit.recorded_at);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        let (mut cells, mut counts) = (Cells::default(), BTreeMap::<&str, u64>::new());
        for (id, member) in &self.lives {
            member.write(&mut cells);
            self.members.row(&id.to_string(), &cells);
            *counts.entry(&member.status).or_default() += 1;
        }
        for (status, number) in counts {
            self.counts.row(status, cells.clear().put("members", number));
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.members, self.counts]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [members, counts] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select member_id as "member_id!", status as "status!", joined_at as "joined_at!", erased_at, channel, login_id,
                  login_id_version, contact, contact_version, real_name, real_name_version, position as "position!"
           from live.members"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let text = |sealed: Option<String>, version| Text::of(sealed.as_deref(), version);
        let found = Member {
            status: row.status,
            joined_at: row.joined_at,
            erased_at: row.erased_at,
            channel: row.channel,
            login_id: text(row.login_id, row.login_id_version),
            contact: text(row.contact, row.contact_version),
            real_name: text(row.real_name, row.real_name_version),
            position: row.position,
        };
        found.write(&mut cells);
        members.row(&row.member_id.to_string(), &cells);
    }
    drop(rows);
    let mut rows = sqlx::query!(r#"select status as "status!", members as "members!" from live.member_counts"#)
        .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        counts.row(&row.status, cells.clear().put("members", row.members));
    }
    Ok(())
}
