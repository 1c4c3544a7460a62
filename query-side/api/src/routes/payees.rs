//! Payees.

use axum::extract::State;
use kernel::Role;
use platform::{
    auth::Principal,
    extract::Query,
    problem::{Code, Problem},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Api,
    answer::Answer,
    dto::Payee,
    opener,
    params::{Freshness, Number},
    problem::problem_of,
};

/// Who is to be paid.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayeeQuery {
    /// The account number, twelve digits.
    #[param(value_type = String, pattern = "^[0-9]{12}$", example = "000000000197")]
    account_number: Number,
}

/// The account behind a number, for the payer to check before paying.
#[utoipa::path(get, operation_id = "payee", security(("bearer" = [])), path = "/v1/payees", tag = "transfers", params(PayeeQuery),
    responses((status = 200, description = "The payee", body = Payee)))]
pub async fn find(
    State(api): State<Api>,
    principal: Principal,
    Freshness(need): Freshness,
    Query(query): Query<PayeeQuery>,
) -> Result<Answer<Payee>, Problem> {
    let mut read = api.reads.payee(query.account_number.0, &need).await.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(mut payee) => {
            // People want to know whom they pay. The bank's own people and programs have no need to.
            let wanted = payee.name.take().filter(|_| principal.actor.role == Role::Member);
            let name = opener::name(api.opener.as_ref(), wanted).await;
            Ok(Payee::new(&payee, name))
        }
        None => Err(Problem::new(Code::PayeeUnknown).detail("no account that could be paid has this number")),
    };
    Ok(Answer::from_result(read.map(|_| body)))
}
