//! Processes with the outside world, and gift cards.

use std::convert::identity;

use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::ProcessId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Money, Page, Process, ProcessFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    members::Shown,
    opener::{self, Opener, OpenerError},
    params::{ById, Freshness, Limit, Nothing, viewer},
    problem::problem_of,
    readers::{Members, MembersAndStaff, Staff},
    route::Route,
    state::Api,
};

const KINDS: [&str; 3] = ["top-up", "bank-payout", "gift-card"];
const STATES: [&str; 6] = ["running", "waiting", "compensating", "done", "compensated", "stuck"];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Staff>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<MembersAndStaff>(routes!(one)).answers(&[Code::Forbidden, Code::ProcessUnknown]),
        Route::of::<Members>(routes!(gift_card)).answers(&[
            Code::Forbidden,
            Code::GiftCardUnknown,
            Code::VaultUnavailable,
        ]),
    ]
}

/// Part of a list of processes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessPage {
    /// Newest started first.
    pub items: Vec<Process>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Process>> for ProcessPage {
    fn from(page: Page<Process>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which processes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProcessesQuery {
    /// Of this kind only.
    #[param(nullable = false, example = "top-up", pattern = "^(top-up|bank-payout|gift-card)$")]
    kind: Option<String>,
    /// In this state only.
    #[param(nullable = false, example = "stuck", pattern = "^(running|waiting|compensating|done|compensated|stuck)$")]
    state: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl ProcessesQuery {
    fn filter(&self) -> Result<ProcessFilter<'_>, Problem> {
        let (kind, state) = (self.kind.as_deref(), self.state.as_deref());
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(Problem::invalid("kind", "is one of top-up, bank-payout, gift-card"));
        }
        if state.is_some_and(|state| !STATES.contains(&state)) {
            return Err(Problem::invalid(
                "state",
                "is one of running, waiting, compensating, done, compensated, stuck",
            ));
        }
        Ok(ProcessFilter { kind, state })
    }
}

/// A gift card.
#[derive(Debug, Serialize, ToSchema)]
pub struct GiftCard {
    /// The process that buys it.
    pub gift_card_id: Uuid,
    /// What that does.
    #[schema(pattern = "^(running|waiting|compensating|done|compensated|stuck)$")]
    pub state: String,
    /// What the issuer calls the kind of card.
    pub product: String,
    /// What it is worth.
    pub money: Money,
    /// The account that pays.
    pub account_id: Uuid,
    /// The code; null until it is there. Whoever has it has the money.
    #[schema(value_type = Option<String>, required)]
    pub code: Option<Shown>,
    /// When the process began.
    pub started_at: DateTime<Utc>,
    /// When the process ended; null while it has not.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// All processes, or those of a kind or in a state, newest started first.
#[utoipa::path(get, operation_id = "processes", security(("bearer" = [])), path = "/v1/processes", tag = "processes",
    params(ProcessesQuery), responses((status = 200, description = "Part of the list", body = ProcessPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<ProcessesQuery>,
) -> Result<Answer<ProcessPage>, Problem> {
    let (filter, limit) = (query.filter()?, Limit::or_usual(query.limit));
    let processes = api.reads.processes(filter, query.cursor.as_deref(), limit, &need).await;
    Ok(Answer::of(processes, ProcessPage::from)?.preferred(asked))
}

/// One process with its steps; a member must own its account.
#[utoipa::path(get, operation_id = "process_by_id", security(("bearer" = [])), path = "/v1/processes/{id}", tag = "processes",
    params(("id" = String, Path, format = Uuid, description = "The process"),),
    responses((status = 200, description = "The process", body = Process)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<MembersAndStaff>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Process>, Problem> {
    let process = api.reads.process(viewer(&principal), ProcessId::new(id), &need).await;
    let answer = Answer::found(process, identity, || {
        Problem::new(Code::ProcessUnknown).detail("there is no such process of yours")
    })?;
    Ok(answer.preferred(asked))
}

/// One gift card of one's own, with its code once it is there. Nobody else is shown the code.
#[utoipa::path(get, operation_id = "gift_card_by_id", security(("bearer" = [])), path = "/v1/gift-cards/{id}", tag = "processes",
    params(("id" = String, Path, format = Uuid, description = "The process that buys it"),),
    responses((status = 200, description = "The gift card", body = GiftCard)))]
pub async fn gift_card(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<GiftCard>, Problem> {
    let read = api.reads.gift_card(viewer(&principal), ProcessId::new(id), &need).await;
    let mut read = read.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(card) => opened(api.opener.as_ref(), card).await,
        None => Err(Problem::new(Code::GiftCardUnknown).detail("there is no such gift card of yours")),
    };
    Ok(Answer::from_result(read.map(|_| body)).preferred(asked))
}

/// A gift card as its owner sees it. Without their key there is no code to see.
async fn opened(opener: &dyn Opener, card: reads::GiftCard) -> Result<GiftCard, Problem> {
    let reads::GiftCard { process, code } = card;
    let code = match &code {
        Some(code) => opener.open(process.owner, &[code]).await.map_err(opener::problem_of)?,
        None => None,
    };
    let code = match code {
        Some(texts) => {
            let [code] = <[_; 1]>::try_from(texts).map_err(|_| opener::problem_of(OpenerError::Refused))?;
            Some(Shown(code))
        }
        None => None,
    };
    Ok(GiftCard {
        gift_card_id: process.process_id.uuid(),
        state: process.state,
        product: process.product.unwrap_or_default(),
        money: process.money,
        account_id: process.account_id.uuid(),
        code,
        started_at: process.started_at,
        ended_at: process.ended_at,
    })
}
