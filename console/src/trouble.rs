//! Forms that were not taken are shown again, with why.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    client::{Failure, Refusal},
    language::Language,
};

/// Why a form was not taken.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) words: String,
    /// The fields that are wrong.
    pub(crate) fields: Vec<String>,
    /// The same by the name of the field in the form.
    at: Vec<(&'static str, String)>,
}

impl Trouble {
    pub(crate) fn of(failure: &Failure, language: Language) -> Self {
        let words = failure.words(language);
        let Failure::Refused(refusal) = failure else { return Self { words, fields: Vec::new(), at: Vec::new() } };
        let at = at(refusal, &words);
        Self { words, fields: refusal.fields(), at }
    }

    /// What is wrong with a field.
    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.at.iter().find(|(known, _)| *known == field).map(|(_, why)| why.as_str())
    }
}

/// Which fields of a form a refusal is about.
fn at(refusal: &Refusal, words: &str) -> Vec<(&'static str, String)> {
    let text = |name: &str, error: &serde_json::Value| error[name].as_str().unwrap_or_default().to_owned();
    let listed = refusal.errors.iter().filter_map(|error| {
        let field = text("field", error);
        Some((of_body(&field)?, text("message", error)))
    });
    let mut at: Vec<_> = listed.collect();
    at.extend(of_code(&refusal.code).iter().map(|field| (*field, words.to_owned())));
    at
}

/// The field of the forms that becomes this field of a body.
fn of_body(field: &str) -> Option<&'static str> {
    const SAME: [&str; 13] = [
        "login_id",
        "password",
        "real_name",
        "code",
        "current",
        "new",
        "source",
        "memo",
        "product",
        "provider",
        "payment_key",
        "bank",
        "holder",
    ];
    match field {
        "contact" | "contact.value" | "value" => Some("contact"),
        "contact.channel" | "channel" => Some("channel"),
        "money" | "money.amount" | "pay" | "receive" | "max" | "max.amount" => Some("amount"),
        "account_id" => Some("account"),
        "destination" | "bank_account.number" => Some("number"),
        _ => {
            let last = field.strip_prefix("bank_account.").unwrap_or(field);
            SAME.into_iter().find(|known| *known == last)
        }
    }
}

/// The fields that a refusal with this code is about. A form has one of them.
fn of_code(code: &str) -> &'static [&'static str] {
    match code {
        "amount-unreadable"
        | "amount-not-positive"
        | "amount-too-small"
        | "amount-overflow"
        | "insufficient-funds"
        | "limit-exceeded" => &["amount"],
        "number-missing" | "payee-unknown" | "same-account" => &["number"],
        "account-missing" => &["source", "account"],
        "code-wrong" | "code-expired" | "code-exhausted" => &["code"],
        "password-wrong" => &["password", "current"],
        "login-id-taken" => &["login_id"],
        "provider-unknown" => &["provider"],
        "payment-key-used" => &["payment_key"],
        "not-sure" => &["sure"],
        _ => &[],
    }
}

/// The form again. Whose session has ended gets the failure itself: the layer around all routes leads to the log-in.
pub(crate) fn again(failure: Failure, form: Response) -> Response {
    if failure.is_logged_out() { failure.into_response() } else { (status(&failure), form).into_response() }
}

/// The status of a form that is shown again.
pub(crate) fn status(failure: &Failure) -> StatusCode {
    match failure {
        // The form itself says it: a challenge would make some browsers ask for credentials of their own.
        Failure::Refused(refusal) if refusal.status == 401 => StatusCode::FORBIDDEN,
        Failure::Refused(refusal) if refusal.status < 500 => {
            StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
        }
        _ => StatusCode::BAD_GATEWAY,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trouble(code: &str, errors: &serde_json::Value) -> Trouble {
        let errors = errors.as_array().cloned().unwrap_or_default();
        let refusal = Refusal { status: 400, code: code.to_owned(), errors, ..Refusal::default() };
        Trouble::of(&Failure::Refused(Box::new(refusal)), Language::En)
    }

    #[test]
    fn what_a_server_says_of_a_field_of_a_body_stands_at_the_field_of_the_form() {
        let errors = json!([
            {"field": "contact.value", "message": "is no address"},
            {"field": "bank_account.holder", "message": "is too long"},
            {"field": "something.else", "message": "is unknown"},
        ]);
        let trouble = trouble("validation-failed", &errors);
        assert_eq!((trouble.at("contact"), trouble.at("holder")), (Some("is no address"), Some("is too long")));
        assert_eq!((trouble.at("something.else"), trouble.at("amount")), (None, None));
        assert_eq!(trouble.fields.len(), 3, "all of them stand above the form");
    }

    #[test]
    fn a_code_that_is_about_one_field_stands_there_in_the_words_of_the_reader() {
        let wrong = trouble("code-wrong", &json!([]));
        assert_eq!(wrong.at("code"), Some(wrong.words.as_str()));
        assert_eq!(trouble("account-frozen", &json!([])).at("code"), None);
    }
}
