//! View `members`: one row for each member, and how many there are in each state.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use chrono::{DateTime, Utc};
use contracts::recorded::{Channel, MemberRecorded, Recorded};
use futures::TryStreamExt;
use kernel::Sealed;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Book, time};
use crate::verify::{
    assemble::{Commit, Event},
    ledger::Ledger,
    rows::{Cells, Sink},
    source::hex,
    transfers::Told,
};

/// A sealed text by its digest, and the version of its event: a report has no need of more.
#[derive(Clone, Debug)]
struct Text {
    digest: String,
    version: i64,
}

impl Text {
    fn of(sealed: &str, version: i64) -> Self {
        Self { digest: hex(&Sha256::digest(sealed)[..8]), version }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of version {}", self.digest, self.version)
    }
}

/// A row of `members`.
struct Member {
    status: String,
    joined_at: DateTime<Utc>,
    erased_at: Option<DateTime<Utc>>,
    channel: Option<String>,
    login_id: Option<Text>,
    contact: Option<Text>,
    real_name: Option<Text>,
    position: i64,
}

impl Member {
    fn write(&self, cells: &mut Cells) {
        cells.clear().put("status", &self.status).put("joined_at", time(self.joined_at));
        cells.maybe("erased_at", self.erased_at.map(time)).maybe("channel", self.channel.as_ref());
        cells.maybe("login_id", self.login_id.as_ref()).maybe("contact", self.contact.as_ref());
        cells.maybe("real_name", self.real_name.as_ref()).put("position", self.position);
    }

    fn leave(&mut self, status: &str) {
        self.status = status.to_owned();
        (self.channel, self.login_id, self.contact, self.real_name) = (None, None, None, None);
    }
}

pub(super) struct Members<S> {
    lives: HashMap<Uuid, Member>,
    members: S,
    counts: S,
}

impl<S> Members<S> {
    pub(super) fn new(members: S, counts: S) -> Self {
        Self { lives: HashMap::new(), members, counts }
    }

    fn event(&mut self, event: &Event, recorded: &MemberRecorded, at: DateTime<Utc>) {
        let text = |sealed: &Sealed| Some(Text::of(sealed.as_str(), event.version));
        if let MemberRecorded::MemberJoined(joined) = recorded {
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
            MemberRecorded::ContactChanged(changed) => {
                (member.channel, member.contact) = (Some(name(changed.channel)), text(&changed.contact));
            }
            MemberRecorded::ErasureRequested(_) => member.leave("erasing"),
            MemberRecorded::MemberErased(_) => {
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
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, Told<'_>>) {
        for event in &commit.events {
            if let Recorded::Member(recorded) = &event.recorded {
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

/// Reads what the view holds. A state in which nobody is any more may have a row or none.
pub(super) async fn read(
    connection: &mut PgConnection,
    members: &mut dyn Sink,
    counts: &mut dyn Sink,
) -> Result<(), sqlx::Error> {
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select member_id as "member_id!", status as "status!", joined_at as "joined_at!", erased_at, channel, login_id,
                  login_id_version, contact, contact_version, real_name, real_name_version, position as "position!"
           from live.members"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let text = |sealed: Option<String>, version: Option<i64>| {
            sealed.map(|sealed| Text::of(&sealed, version.unwrap_or_default()))
        };
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
    let mut rows =
        sqlx::query!(r#"select status as "status!", members as "members!" from live.member_counts where members <> 0"#)
            .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        counts.row(&row.status, cells.clear().put("members", row.members));
    }
    Ok(())
}
