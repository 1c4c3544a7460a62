//! Members.

use axum::extract::State;
use kernel::Role;
use platform::{
    auth::Principal,
    extract::Query,
    problem::{Code, Problem},
};

use crate::{
    Api,
    answer::Answer,
    dto::Member,
    opener,
    params::{Freshness, Nothing},
    problem::problem_of,
};

/// The member who asks, personal data included. Nobody else's is shown here, and to operators none at all: they have an
/// audited call of the command server for that.
#[utoipa::path(get, operation_id = "member_me", security(("bearer" = [])), path = "/v1/members/me", tag = "members",
    responses((status = 200, description = "The member", body = Member)))]
pub async fn me(
    State(api): State<Api>,
    principal: Principal,
    Freshness(need): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Member>, Problem> {
    principal.require(&[Role::Member])?;
    let mut read = api.reads.member(principal.actor.id, &need).await.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(member) => opener::member(api.opener.as_ref(), member).await,
        None => Err(Problem::new(Code::MemberUnknown).detail("nobody ever signed up under the subject of this token")),
    };
    Ok(Answer::from_result(read.map(|_| body)))
}
