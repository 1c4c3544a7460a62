//! Members.

use std::fmt;

use axum::extract::State;
use chrono::{DateTime, Utc};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    opener::{self, Opener, OpenerError},
    params::{Freshness, Nothing},
    problem::problem_of,
    readers::Members,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Members>(routes!(me)).answers(&[Code::Forbidden, Code::MemberUnknown, Code::VaultUnavailable])]
}

/// A member, as they see themselves. Once they asked to leave, nothing personal is left to see.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    pub member_id: Uuid,
    /// What they log in with; null once they asked to leave.
    #[schema(value_type = Option<String>, required, pattern = "^[a-z0-9_]{4,32}$")]
    pub login_id: Option<Shown>,
    /// What they are called, as they gave it; null once they asked to leave.
    #[schema(value_type = Option<String>, required)]
    pub real_name: Option<Shown>,
    /// Where they are reached; null once they asked to leave.
    #[schema(required)]
    pub contact: Option<Contact>,
    /// Where they are in their life here.
    #[schema(value_type = String, pattern = "^(active|erasing|erased)$")]
    pub status: &'static str,
    /// Since when they are a member.
    pub joined_at: DateTime<Utc>,
}

/// Where a member is reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberContact)]
pub struct Contact {
    /// By what.
    #[schema(value_type = String, pattern = "^(email|phone)$")]
    pub channel: &'static str,
    /// The address or the number.
    #[schema(value_type = String)]
    pub value: Shown,
}

/// Something personal on its way into an answer. It shows itself there and nowhere else, and is wiped from memory when
/// the answer was written.
pub struct Shown(pub SecretString);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}

impl Member {
    /// The part that is not sealed.
    fn bare(member: &reads::Member) -> Self {
        Self {
            member_id: member.member_id.uuid(),
            login_id: None,
            real_name: None,
            contact: None,
            status: member.status.as_str(),
            joined_at: member.joined_at,
        }
    }
}

/// The member who asks, personal data included. Nobody else's is shown here, and to operators none at all: they have an
/// audited call of the command server for that.
#[utoipa::path(get, operation_id = "member_me", security(("bearer" = [])), path = "/v1/members/me", tag = "members",
    responses((status = 200, description = "The member", body = Member)))]
pub async fn me(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Member>, Problem> {
    let mut read = api.reads.member(principal.actor.id, &need).await.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(member) => opened(api.opener.as_ref(), member).await,
        None => Err(Problem::new(Code::MemberUnknown).detail("nobody ever signed up under the subject of this token")),
    };
    Ok(Answer::from_result(read.map(|_| body)).preferred(asked))
}

/// A member as they see themselves. Without their data key there is nothing personal to see.
async fn opened(opener: &dyn Opener, member: reads::Member) -> Result<Member, Problem> {
    let Some(personal) = &member.personal else { return Ok(Member::bare(&member)) };
    let texts = [&personal.login_id, &personal.real_name, &personal.contact];
    let opened = opener.open(member.member_id, &texts).await.map_err(opener::problem_of)?;
    let Some(opened) = opened else { return Ok(Member::bare(&member)) };
    let [login_id, real_name, contact] =
        <[_; 3]>::try_from(opened).map_err(|_| opener::problem_of(OpenerError::Refused))?;
    Ok(Member {
        login_id: Some(Shown(login_id)),
        real_name: Some(Shown(real_name)),
        contact: Some(Contact { channel: personal.channel.as_str(), value: Shown(contact) }),
        ..Member::bare(&member)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_shows_itself_in_json_only() {
        let shown = Shown(SecretString::from("홍길동"));
        assert_eq!(format!("{shown:?}"), "Shown(..)");
        assert_eq!(serde_json::to_string(&shown).expect("JSON"), "\"홍길동\"");
    }
}
