//! One box for everything that has a number, an id or a reference.

use axum::extract::State;
use kernel::Position;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Finding, Found, Sought};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    params::{Freshness, Reference},
    readers::Finders,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Finders>(routes!(find)).answers(&[Code::Forbidden])]
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// The number of an account, the id of anything, a reference, the name of an operator, a position of the log (`#123`, or its digits), the id of a command
    /// (`X-Request-Id` of a refusal) or a correlation id.
    #[param(value_type = String, min_length = 1, max_length = 256, example = "123456789092")]
    q: Reference,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindAnswer {
    /// The things, none of them more likely than another.
    pub items: Vec<Found>,
    /// Where it could not be looked although the text might be found there: `login_id`, which only the command server can look for,
    /// and `log`, which cannot be read now.
    #[schema(value_type = Vec<String>)]
    pub not_searched: Vec<&'static str>,
}

/// Find anything by its number, id or reference
///
/// A text may be several things, and is looked for as each of them. A correlation id is looked for if nothing has that id, and only
/// among commits that have not left the log's database.
#[utoipa::path(get, operation_id = "find", security(("bearer" = [])), path = "/v1/find", tag = "operations",
    params(FindQuery), responses((status = 200, description = "What was found", body = FindAnswer)))]
pub async fn find(
    State(api): State<Api>,
    _: Admitted<Finders>,
    Freshness(need, asked): Freshness,
    Query(FindQuery { q: Reference(text) }): Query<FindQuery>,
) -> Result<Answer<FindAnswer>, Problem> {
    let sought = sought(&text);
    let found = api.reads.find(&sought, &need).await;
    let form = |Finding { items, log_was_read }| {
        let login_id = may_be_login_id(text.trim()).then_some("login_id");
        let log = (!log_was_read).then_some("log");
        FindAnswer { items, not_searched: login_id.into_iter().chain(log).collect() }
    };
    Ok(Answer::of(found, form)?.preferred(asked))
}

/// What a text may name.
fn sought(text: &str) -> Sought {
    let text = text.trim();
    let id = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    let number = text.parse().ok();
    let digits = text.strip_prefix('#').unwrap_or(text);
    // A number has twelve digits and check digits: no log is so long that one would be taken for its position.
    let is_position = number.is_none() && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let position = if is_position { digits.parse().ok().map(Position::new) } else { None };
    let reference = (id.is_none() && !text.is_empty()).then(|| text.to_owned());
    Sought { id, number, reference, position }
}

/// Whether a text has the form of a login id. The view has them sealed, and what finds them is a secret of the vault that this server
/// does not have.
fn may_be_login_id(text: &str) -> bool {
    (4..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_as_everything_that_it_may_be() {
        let number = kernel::AccountNumber::from_digits(0xa1);
        let spaced = format!(" {number} ");
        let found = sought(&spaced);
        assert_eq!((found.number, found.position, found.id), (Some(number), None, None));
        assert_eq!(found.reference, Some(number.to_string()));
        for text in ["#17", "17", " 17 "] {
            assert_eq!(sought(text).position, Some(Position::new(17)), "{text}");
        }
        for text in ["", " ", "#", "-1", "1.0", "99999999999999999999"] {
            assert_eq!(sought(text).position, None, "{text}");
        }
        let id = "01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e01";
        let found = sought(id);
        assert_eq!((found.id.map(|id| id.to_string()).as_deref(), found.reference), (Some(id), None));
        assert_eq!(sought("till 4, receipt 17").reference.as_deref(), Some("till 4, receipt 17"));
        assert_eq!(sought("  "), Sought::default());
    }

    #[test]
    fn what_may_be_a_login_id_is_known_by_its_form() {
        assert!(may_be_login_id("minji_kim") && may_be_login_id("1234"));
        for text in ["abc", "Minji", "minji kim", "till 4", &"x".repeat(33)] {
            assert!(!may_be_login_id(text), "{text}");
        }
    }
}
