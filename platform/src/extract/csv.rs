//! Bodies that are tables: comma-separated values (RFC 4180).

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};

use super::json::{as_it_is, is_in_utf8, read};
use crate::problem::{Code, Problem};

/// A body that is declared as `text/csv` in UTF-8, whole. What its bytes say is for the route to read.
#[derive(Clone, Debug)]
pub struct Csv(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if !is_csv(request.headers()) {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("send the body as text/csv in UTF-8"));
        }
        as_it_is(request.headers())?;
        read(request).await.map(Self)
    }
}

fn is_csv(headers: &HeaderMap) -> bool {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (declared.next(), declared.next()) else { return false };
    value.to_str().is_ok_and(|value| is_in_utf8(value, |essence| essence == "text/csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_type_is_read_with_its_parameters() {
        for (declared, expected) in [
            ("text/csv", true),
            ("Text/CSV; charset=UTF-8; header=present", true),
            ("text/csv; charset=utf-16", false),
            ("text/plain", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, declared.parse().expect("value"));
            assert_eq!(is_csv(&headers), expected, "{declared}");
        }
        assert!(!is_csv(&HeaderMap::new()));
        let mut twice = HeaderMap::new();
        twice.append(header::CONTENT_TYPE, "text/csv".parse().expect("value"));
        twice.append(header::CONTENT_TYPE, "text/csv".parse().expect("value"));
        assert!(!is_csv(&twice));
    }
}
