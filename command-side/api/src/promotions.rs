//! Promoting a generation of a view that differs from the live one: the projector does it, and asks here whether a second operator has to approve it.

use application::{Command, Outcome, PromoteView};
use axum::{extract::State, http::StatusCode, response::Response};
use platform::{extract::Json, problem::Problem};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::Label,
    caller::{Caller, Settlers},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new(routes!(request_promotion)).by::<Settlers>()]
}

/// A generation that differs, and the differences that were seen.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromotionRequest)]
pub(crate) struct PromotionRequest {
    /// The view.
    #[serde(deserialize_with = "view")]
    #[schema(pattern = "^[a-z_]{1,63}$", examples("accounts"))]
    view: String,
    /// Which generation.
    #[serde(deserialize_with = "generation")]
    #[schema(minimum = 1, examples(3))]
    generation: i32,
    /// In how many rows it differs from the live one.
    #[serde(deserialize_with = "differences")]
    #[schema(minimum = 1, examples(12))]
    differences: u64,
    /// Which differences these are, as the comparison says.
    #[serde(deserialize_with = "fingerprint")]
    #[schema(pattern = "^[0-9a-f]{32}$", examples("5f2b0c9a41d7e86310aa4cbe77d90f12"))]
    fingerprint: String,
    /// In your own words; recorded.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Label,
}

fn view<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_name = (1..=63).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some(name).ok_or_else(|| D::Error::custom("a view has a name of small letters and underscores"))
}

fn generation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let number = i32::deserialize(deserializer)?;
    (number > 0).then_some(number).ok_or_else(|| D::Error::custom("generations are numbered from 1"))
}

fn differences<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(deserializer)?;
    (count > 0).then_some(count).ok_or_else(|| D::Error::custom("a generation that does not differ waits for nobody"))
}

fn fingerprint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_hex = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then_some(text).ok_or_else(|| D::Error::custom("a fingerprint has 32 digits of 0-9 and a-f"))
}

/// That nobody else has to approve it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PromotionAllowed)]
pub(crate) struct AllowedDto {
    /// Always `allowed`.
    #[schema(pattern = "^allowed$", examples("allowed"))]
    status: &'static str,
}

/// Ask to promote a view that differs
///
/// For the projector, which sends the token of the operator who asks it to promote a generation that differs from the live one. 202: it waits for
/// a second operator; once it is approved, the projector promotes the generation if it still differs in just these rows. 200: nobody else has to
/// approve it, and nothing is recorded here. Operators send `POST /v1/views/{view}/promote` to the projector.
#[utoipa::path(
    post, path = "/v1/promotions", tag = "approvals", security(("bearer" = [])),
    request_body = PromotionRequest,
    responses(
        (status = 200, description = "Nobody else has to approve it", body = AllowedDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn request_promotion(
    State(state): State<ApiState>,
    caller: Caller<Settlers>,
    Json(body): Json<PromotionRequest>,
) -> Result<Response, Problem> {
    let caller = caller.saying(Some(&body.reason.0));
    let PromotionRequest { view, generation, differences, fingerprint, reason: _ } = body.clone();
    let command = Command::PromoteView(PromoteView { view, generation, differences, fingerprint });
    let asked = Asked { route: "POST /v1/promotions", id: None, body: &body };
    submit(&state, caller, asked, command, |outcome, _, _| match outcome {
        Outcome::Idle => Some(json(StatusCode::OK, &AllowedDto { status: "allowed" })),
        _ => None,
    })
    .await
}
