//! Payees.

use axum::extract::State;
use kernel::{AccountId, AccountNumber, AssetCode, Role};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::PayeeKey;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    mask::mask,
    opener::{self, Name},
    params::{Freshness, Id, Number},
    problem::problem_of,
    readers::Everybody,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Everybody>(routes!(find)).answers(&[Code::PayeeUnknown])]
}

/// What a payer may know of the account behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payee {
    /// Which.
    pub account_id: Uuid,
    /// Its number.
    #[schema(value_type = String, pattern = "^[0-9]{12}$")]
    pub account_number: AccountNumber,
    /// What it takes.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The owner's name, mostly hidden: the first and the last letter, `*` for the others. Null where there is none: the
    /// owner never signed up, or left; and for everybody who is no member.
    #[schema(required)]
    pub masked_name: Option<String>,
    /// There and true if there is a name that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
}

impl Payee {
    /// The payee with the name that was opened for it.
    pub fn new(payee: &reads::Payee, name: Name) -> Self {
        let (masked_name, degraded) = match name {
            Name::Known(name) => (name.map(|name| mask(name.expose_secret())), false),
            Name::Degraded => (None, true),
        };
        let reads::Payee { account_id, account_number, asset, .. } = *payee;
        Self { account_id: account_id.uuid(), account_number, asset, masked_name, degraded }
    }
}

/// Who is to be paid: by the number or by the id of the account.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayeeQuery {
    /// The account number: twelve digits, between which spaces and dashes may stand.
    #[param(value_type = Option<String>, pattern = "^[0-9]([ -]?[0-9]){11}$", nullable = false)]
    account_number: Option<Number>,
    /// The id of the account, as it stands in a statement. Not together with `account_number`.
    #[param(value_type = Option<String>, format = Uuid, nullable = false)]
    account_id: Option<Id>,
}

impl PayeeQuery {
    fn key(&self) -> Result<PayeeKey, Problem> {
        match (&self.account_number, &self.account_id) {
            (Some(Number(number)), None) => Ok(PayeeKey::Number(*number)),
            (None, Some(Id(id))) => Ok(PayeeKey::Id(AccountId::new(*id))),
            (None, None) => Err(Problem::invalid("account_number", "missing; account_id may stand in its place")),
            (Some(_), Some(_)) => Err(Problem::invalid("account_id", "not together with account_number")),
        }
    }
}

/// The account behind a number, for the payer to check before paying.
#[utoipa::path(get, operation_id = "payee", security(("bearer" = [])), path = "/v1/payees", tag = "transfers", params(PayeeQuery),
    responses((status = 200, description = "The payee", body = Payee)))]
pub async fn find(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    Query(query): Query<PayeeQuery>,
) -> Result<Answer<Payee>, Problem> {
    let mut read = api.reads.payee(query.key()?, &need).await.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(mut payee) => {
            // People want to know whom they pay. The bank's own people and programs and partners have no need to.
            let wanted = payee.name.take().filter(|_| principal.actor.role == Role::Member);
            let name = opener::name(api.opener.as_ref(), wanted).await;
            Ok(Payee::new(&payee, name))
        }
        None => Err(Problem::new(Code::PayeeUnknown).detail("no account that could be paid has this number or id")),
    };
    Ok(Answer::from_result(read.map(|_| body)).preferred(asked))
}
