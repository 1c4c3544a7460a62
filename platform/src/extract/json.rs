//! JSON bodies: declared as such, whole, and of exactly the documented shape.

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

use super::object::Object;
use crate::{
    auth::Presented,
    http::{HttpOptions, RequestContext},
    problem::{Code, Problem},
};

/// A JSON body. Unknown and duplicate fields are refused by the types that derive `Deserialize` with
/// `deny_unknown_fields`; whatever follows the value is refused here.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// A JSON body that may be left out altogether; then it is the type's default.
#[derive(Clone, Copy, Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        as_it_is(request.headers())?;
        parse(&read(request).await?).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let (json, plain) = (is_json(request.headers()), as_it_is(request.headers()));
        let bytes = read(request).await?;
        match (bytes.is_empty(), json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => plain.and_then(|()| parse(&bytes)).map(Self),
            (false, false) => Err(not_json()),
        }
    }
}

/// Whether the body is declared as JSON, in whichever flavour.
fn is_json(headers: &HeaderMap) -> bool {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (declared.next(), declared.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    if value == "application/json" {
        return true;
    }
    let is_json = |essence: &str| {
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    };
    is_in_utf8(value, is_json)
}

/// Whether this content type is of these, and names no charset but UTF-8.
pub(super) fn is_in_utf8(content_type: &str, is_wanted: impl Fn(&str) -> bool) -> bool {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let mut charsets = parts.filter_map(|part| part.strip_prefix("charset=").map(str::to_owned));
    // `utf8` is no registered name, and many clients send it.
    let utf8 = |charset: &str| {
        matches!(charset.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(charset), "utf-8" | "utf8")
    };
    is_wanted(&essence) && charsets.all(|charset| utf8(&charset))
}

/// Refuses a body that is compressed: it is not of its type then, whatever that is.
pub(super) fn as_it_is(headers: &HeaderMap) -> Result<(), Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = encodings.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    if codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType).detail("send the body as it is, without a Content-Encoding"))
}

fn not_json() -> Problem {
    Problem::new(Code::UnsupportedMediaType).detail("send the body as application/json in UTF-8")
}

/// The problem of a body over its limit.
pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge).detail(format!("a body may have {limit} bytes here")).with("limit", limit)
}

/// The whole body. The token that was checked before it is checked again after it: it may have been revoked, or have
/// expired, while the body arrived. Every body is read here, so no route can leave that out.
pub(super) async fn read(mut request: Request) -> Result<Bytes, Problem> {
    let presented = Presented::of(request.extensions_mut());
    let bytes = collect(request).await?;
    presented.check_again()?;
    Ok(bytes)
}

async fn collect(request: Request) -> Result<Bytes, Problem> {
    let context = request.extensions().get::<RequestContext>();
    let default = HttpOptions::default();
    let limit = context.map_or(default.body_limit, |c| c.body_limit);
    let time = context.map_or(default.body_timeout, |c| c.body_timeout);
    let body: Limited<Body> = Limited::new(request.into_body(), limit);
    match timeout(time, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(error)) => Err(Problem::new(Code::MalformedJson).detail("the body ended early").cause(error)),
        Err(_) => Err(Problem::new(Code::RequestTimeout).detail("the body did not arrive in time")),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map(|Object(body)| body).map_err(|_| explain::<T>(bytes))
}

/// Reads the refused bytes again, this time keeping track of where it fails: only bad requests pay for that.
fn explain<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let refused = match serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer) {
        Ok(_) => return malformed("something follows the JSON value"),
        Err(refused) => refused,
    };
    let path = refused.path().to_string();
    let error = refused.into_inner();
    if error.classify() != Category::Data {
        return malformed(&error.to_string());
    }
    let message = error.to_string();
    // The place in the text does not help: the problem names the field.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let field = if path == "." { "body" } else { &path };
    Problem::invalid(field, message)
}

fn malformed(detail: &str) -> Problem {
    Problem::new(Code::MalformedJson).detail(detail.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        amount: u8,
    }

    fn refused(text: &str) -> (Code, Option<String>) {
        let problem = parse::<Outer>(text.as_bytes()).expect_err("refused");
        (problem.code(), problem.inner().errors.first().map(|e| format!("{}: {}", e.field, e.message)))
    }

    #[test]
    fn a_wrong_shape_names_the_field() {
        let (code, error) = refused(r#"{"name": "a", "inner": [{"amount": 1}, {"amount": "x"}]}"#);
        assert_eq!(code, Code::ValidationFailed);
        assert_eq!(error.as_deref(), Some(r#"inner[1].amount: invalid type: string "x", expected u8"#));
    }

    #[test]
    fn unknown_missing_and_duplicate_fields_are_refused_at_any_depth() {
        for (text, word) in [
            (r#"{"name": "a", "inner": [], "more": 1}"#, "unknown field `more`"),
            (r#"{"name": "a", "inner": [{"amount": 1, "more": 1}]}"#, "unknown field `more`"),
            (r#"{"name": "a", "name": "a", "inner": []}"#, "duplicate field `name`"),
            (r#"{"name": "a", "inner": [{"amount": 1, "amount": 1}]}"#, "duplicate field `amount`"),
            (r#"{"name": "a"}"#, "missing field `inner`"),
        ] {
            let (code, error) = refused(text);
            assert_eq!(code, Code::ValidationFailed, "{text}");
            assert!(error.as_ref().is_some_and(|t| t.contains(word)), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_body_is_an_object_and_not_its_fields_in_order() {
        for text in [r#"["a", []]"#, r#""a""#, "null", "1"] {
            let (code, error) = refused(text);
            assert_eq!(code, Code::ValidationFailed, "{text}");
            assert!(error.as_ref().is_some_and(|t| t.contains("expected an object")), "{text}: {error:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in ["", "{", r#"{"name": "a", "inner": []} x"#, r#"{"name": "a", "inner": []}{}"#, "{'name': 1}"] {
            assert_eq!(refused(text).0, Code::MalformedJson, "{text}");
        }
        let bytes = b"{\"name\": \"\xff\", \"inner\": []}";
        assert_eq!(parse::<Outer>(bytes).expect_err("refused").code(), Code::MalformedJson);
    }

    #[test]
    fn the_declared_type_is_read_with_its_parameters() {
        for (declared, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/vnd.app+json", true),
            ("application/json; charset=utf8", true),
            ("application/json;charset=\"UTF8\"", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json; charset=xutf-8", false),
            ("application/json; charset=utf-8; charset=utf-16", false),
            ("application/json; charset=utf-16", false),
            ("text/plain", false),
            ("application/jsonx", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, declared.parse().expect("value"));
            assert_eq!(is_json(&headers), expected, "{declared}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_body_that_is_encoded_is_no_json() {
        let refused = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, value.parse().expect("value"));
            }
            as_it_is(&headers).err().map(|problem| problem.code())
        };
        for plain in [&[][..], &["identity"], &["Identity"], &[""]] {
            assert_eq!(refused(plain), None, "{plain:?}");
        }
        for encoded in [&["gzip"][..], &["br"], &["deflate"], &["zstd"], &["identity, gzip"], &["identity", "gzip"]] {
            assert_eq!(refused(encoded), Some(Code::UnsupportedMediaType), "{encoded:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Outer>(&bytes);
        }
    }
}
