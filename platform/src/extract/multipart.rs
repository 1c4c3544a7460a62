//! Bodies that are forms with files (RFC 7578).

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use futures::stream;

use super::json::{as_it_is, read};
use crate::problem::{Code, Problem};

/// A body that is declared as `multipart/form-data`: its parts in their order. What they say is for the route to read; none if they cannot
/// be read. The whole body is held in memory, under the limit of the route.
#[derive(Clone, Debug)]
pub struct Multipart(pub Option<Vec<Part>>);

/// A part of such a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name of its field.
    pub name: String,
    /// Whether it is a file; else it is a text that was typed.
    pub is_file: bool,
    /// Its bytes.
    pub content: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let Some(boundary) = boundary(request.headers()) else {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("send the body as multipart/form-data"));
        };
        as_it_is(request.headers())?;
        Ok(Self(parts(read(request).await?, boundary).await))
    }
}

impl Multipart {
    /// Whether a body is declared as one.
    pub fn is_declared(headers: &HeaderMap) -> bool {
        boundary(headers).is_some()
    }
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (declared.next(), declared.next()) else { return None };
    multer::parse_boundary(value.to_str().ok()?).ok()
}

/// None if a part has no name, or the body ends before its last boundary.
async fn parts(body: Bytes, boundary: String) -> Option<Vec<Part>> {
    let mut reader = multer::Multipart::new(stream::iter([Ok::<Bytes, Infallible>(body)]), boundary);
    let mut parts = Vec::new();
    while let Some(field) = reader.next_field().await.ok()? {
        let (name, is_file) = (field.name()?.to_owned(), field.file_name().is_some());
        parts.push(Part { name, is_file, content: field.bytes().await.ok()? });
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_text(text: &str) -> Option<Vec<Part>> {
        parts(Bytes::from(text.to_owned()), "b".to_owned()).await
    }

    #[tokio::test]
    async fn texts_and_files_are_read_in_their_order() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\nmonthly\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"body\"; filename=\"rows.csv\"\r\n\
                    Content-Type: text/csv\r\n\r\nrow,destination\n1,--b\r\n\r\n--b--\r\n";
        let part = |name: &str, is_file: bool, content: &'static str| Part {
            name: name.to_owned(),
            is_file,
            content: Bytes::from_static(content.as_bytes()),
        };
        let expected = vec![part("reason", false, "monthly"), part("body", true, "row,destination\n1,--b\r\n")];
        assert_eq!(read_text(body).await, Some(expected));
        assert_eq!(read_text("--b--\r\n").await, Some(Vec::new()));
    }

    #[tokio::test]
    async fn what_is_cut_off_or_has_no_name_is_no_form() {
        for wrong in [
            "",
            "a=1&b=2",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nmonth",
            "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        ] {
            assert_eq!(read_text(wrong).await, None, "{wrong:?}");
        }
    }

    #[test]
    fn the_boundary_is_declared_once() {
        let declared = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_TYPE, value.parse().expect("a value"));
            }
            boundary(&headers)
        };
        assert_eq!(declared(&["multipart/form-data; boundary=b"]).as_deref(), Some("b"));
        assert_eq!(declared(&["Multipart/Form-Data; boundary=\"b c\""]).as_deref(), Some("b c"));
        let of_a_form = "application/x-www-form-urlencoded";
        for none in [&[][..], &["multipart/form-data"], &["multipart/mixed; boundary=b"], &[of_a_form]] {
            assert_eq!(declared(none), None, "{none:?}");
        }
        assert_eq!(declared(&["multipart/form-data; boundary=b", "multipart/form-data; boundary=c"]), None);
    }
}
