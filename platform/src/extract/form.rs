//! Bodies that are forms: names with values, encoded as in the query of an address.

use axum::{
    extract::{FromRequest, Query, Request},
    http::{HeaderMap, Uri, header},
};

use super::json::{as_it_is, is_in_utf8, read};
use crate::problem::{Code, Problem};

/// A body that is declared as `application/x-www-form-urlencoded`: its fields in their order. What they say is for the route to read;
/// none if they cannot be read.
#[derive(Clone, Debug)]
pub struct Form(pub Option<Vec<(String, String)>>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if !is_form(request.headers()) {
            let detail = "send the body as application/x-www-form-urlencoded";
            return Err(Problem::new(Code::UnsupportedMediaType).detail(detail));
        }
        as_it_is(request.headers())?;
        Ok(Self::parse(&read(request).await?))
    }
}

impl Form {
    /// The fields of a body.
    pub fn parse(body: &[u8]) -> Self {
        Self(fields(body))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (declared.next(), declared.next()) else { return false };
    value.to_str().is_ok_and(|value| is_in_utf8(value, |essence| essence == "application/x-www-form-urlencoded"))
}

/// The encoding is that of a query, so it is read as one. What cannot stand in a query is no form.
fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = str::from_utf8(body).ok().filter(|text| !text.contains('#'))?;
    let uri: Uri = format!("/?{text}").parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(fields)| fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_their_order_and_doubled_ones_too() {
        let read = |text: &str| fields(text.as_bytes());
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(read("a=1&b=x+y%3D&a=2"), Some(owned(&[("a", "1"), ("b", "x y="), ("a", "2")])));
        assert_eq!(read(""), Some(Vec::new()));
        assert_eq!(read("a"), Some(owned(&[("a", "")])));
        for wrong in ["a=1#b=2", "a= b", "a=\u{1}"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert_eq!(fields(b"a=\xff"), None);
    }
}
