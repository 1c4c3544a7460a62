//! Members. Their personal data is sealed here as in the events: who may open it is not decided in this room.

use chrono::{DateTime, Utc};
use kernel::{MemberId, Place, Sealed, StreamId, Version};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Members];

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub member_id: MemberId,
    /// Where they are in their life here.
    pub status: MemberStatus,
    /// Since when they are a member.
    pub joined_at: DateTime<Utc>,
    /// What is personal; none once they asked to leave.
    pub personal: Option<Personal>,
}

/// Where a member is in their life here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// Uses the bank.
    Active,
    /// Asked to leave; about to be erased.
    Erasing,
    /// Erased.
    Erased,
}

impl MemberStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Erasing, Self::Erased];

    /// As it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
        }
    }
}

/// What is personal, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal {
    /// What they log in with.
    pub login_id: SealedText,
    /// What they are called.
    pub real_name: SealedText,
    /// By what they are reached.
    pub channel: Channel,
    /// Where they are reached.
    pub contact: SealedText,
}

/// By what a member is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text messages to a telephone.
    Phone,
}

impl Channel {
    /// As it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A sealed text and the one place where it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedText {
    /// The text.
    pub sealed: Sealed,
    /// Stream, version and field of the event it stands in.
    pub place: Place,
}

impl SealedText {
    /// A text of an event on the member's own stream.
    fn of(member: MemberId, version: i64, field: &'static str, text: String) -> Self {
        let place = Place { stream: StreamId::new(member.uuid()), version: Version::new(version), field };
        Self { sealed: Sealed::new(text), place }
    }
}

/// The name of the member that a query joins; all null if there is none.
#[derive(Debug, Deserialize)]
pub(crate) struct NameRow {
    member_id: Option<Uuid>,
    real_name: Option<String>,
    real_name_version: Option<i64>,
}

impl NameRow {
    /// Whose name, and the name; none if there is nobody, or nobody any more.
    pub(crate) fn name(self) -> Result<Option<(MemberId, SealedText)>, ReadsError> {
        match (self.member_id.map(MemberId::new), self.real_name, self.real_name_version) {
            (Some(member), Some(name), Some(version)) => {
                Ok(Some((member, SealedText::of(member, version, "real_name", name))))
            }
            (_, None, None) => Ok(None),
            _ => Err(ReadsError::Damaged { what: "name" }),
        }
    }
}

#[derive(Debug, Deserialize)]
struct MemberRow {
    member_id: Uuid,
    status: MemberStatus,
    joined_at: DateTime<Utc>,
    channel: Option<Channel>,
    login_id: Option<String>,
    login_id_version: Option<i64>,
    contact: Option<String>,
    contact_version: Option<i64>,
    real_name: Option<String>,
    real_name_version: Option<i64>,
}

impl TryFrom<MemberRow> for Member {
    type Error = ReadsError;

    fn try_from(row: MemberRow) -> Result<Self, ReadsError> {
        let member_id = MemberId::new(row.member_id);
        let text = |field, text: Option<String>, version: Option<i64>| {
            let text = text.zip(version).map(|(text, version)| SealedText::of(member_id, version, field, text));
            text.ok_or(ReadsError::Damaged { what: field })
        };
        let personal = match row.status {
            MemberStatus::Erasing | MemberStatus::Erased => None,
            MemberStatus::Active => Some(Personal {
                login_id: text("login_id", row.login_id, row.login_id_version)?,
                real_name: text("real_name", row.real_name, row.real_name_version)?,
                channel: row.channel.ok_or(ReadsError::Damaged { what: "channel" })?,
                contact: text("contact", row.contact, row.contact_version)?,
            }),
        };
        Ok(Self { member_id, status: row.status, joined_at: row.joined_at, personal })
    }
}

impl Reads {
    /// One member; none if nobody ever joined under this id.
    pub async fn member(&self, member: MemberId, need: &Need) -> Result<Fresh<Option<Member>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.member_now(member)).await
    }

    async fn member_now(&self, member: MemberId) -> Result<Seen<Option<Member>>, ReadsError> {
        let row = sqlx::query!(
            r#"select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select to_jsonb(found)
                    from (select member_id, status, joined_at, channel, login_id, login_id_version, contact,
                              contact_version, real_name, real_name_version
                          from live.members where member_id = $2) as found
                   ) as "found?: Json<MemberRow>",
                   (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            member.uuid(),
        )
        .fetch_one(&self.pool)
        .await?;
        let found = row.found.map(|Json(found)| Member::try_from(found)).transpose()?;
        let missing = MissingRow::whole(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, found)
    }
}
