//! Scripts and styles. They are part of the program; their addresses hold a digest of them, so browsers keep them for a year.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use include_dir::{Dir, include_dir};
use platform::{
    extract::Path,
    problem::{Code, Problem},
};
use sha2::{Digest, Sha256};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");
const YEAR: &str = "public, max-age=31536000, immutable";

/// Each file by its address: `/assets/<digest>/<name>`.
static ADDRESSES: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let served = FILES.files().filter_map(|file| Some((file.path().to_str()?, file.contents())));
    served
        .filter(|(name, _)| media_type(name).is_some())
        .map(|(name, content)| (name, address(name, content)))
        .collect()
});

fn address(name: &str, content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{short}/{name}")
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// Where a page finds the file.
pub(crate) fn url(name: &str) -> &'static str {
    ADDRESSES.get(name).map_or("/assets/missing", String::as_str)
}

/// `/assets/{*rest}`.
pub(crate) async fn serve(Path(rest): Path<String>) -> Response {
    let asked = format!("/assets/{rest}");
    let known = ADDRESSES.iter().find(|(_, address)| **address == asked).map(|(name, _)| *name);
    let file = known.and_then(|name| Some((FILES.get_file(name)?.contents(), media_type(name)?)));
    let Some((content, kind)) = file else {
        return Problem::new(Code::NotFound).detail("there is no such file").into_response();
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(YEAR)),
    ];
    (StatusCode::OK, headers, content).into_response()
}
