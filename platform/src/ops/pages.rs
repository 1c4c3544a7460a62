//! The page of each problem code.

use axum::response::Html;
use include_dir::{Dir, include_dir};
use pulldown_cmark::{Options, Parser, html};
use serde_json::Value;

use crate::{
    extract::Path,
    problem::{Code, Problem},
};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../docs/problems");

/// A page has its own style and nothing else.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}\
pre{background:#f4f4f4;padding:1rem;overflow:auto}code{font-size:.95em}";

pub(super) async fn page(Path(code): Path<String>) -> Result<Html<String>, Problem> {
    // Only what is a code is looked up, so a path that is no code cannot name a file.
    let known = Code::parse(&code).and_then(|code| Some((code, markdown(code)?)));
    let (code, text) = known.ok_or_else(|| Problem::new(Code::NotFound).detail("there is no such problem code"))?;
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(text, Options::ENABLE_TABLES));
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head>\
         <body>{body}</body></html>",
        code.as_str()
    )))
}

fn markdown(code: Code) -> Option<&'static str> {
    PAGES.get_file(format!("{}.md", code.as_str()))?.contents_utf8()
}

/// The body that the page of a code shows; that with this status, if it shows more than one.
pub(crate) fn example(code: Code, status: u16) -> Option<Value> {
    let blocks = markdown(code)?.split("```json\n").skip(1).filter_map(|block| block.split_once("```"));
    let mut shown: Vec<Value> = blocks.filter_map(|(block, _)| serde_json::from_str(block).ok()).collect();
    let found = shown.iter().position(|body| body["status"] == status)?;
    Some(shown.swap_remove(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_with_its_title_and_status() {
        for &code in Code::ALL {
            let text = markdown(code).unwrap_or_else(|| panic!("docs/problems/{}.md is missing", code.as_str()));
            assert!(text.starts_with(&format!("# {}\n", code.title())), "{code:?}: another title on the page");
            assert!(text.contains(&format!("- Code: `{}`", code.as_str())), "{code:?}: another code on the page");
            assert!(text.contains(code.status().as_str()), "{code:?}: another status on the page");
        }
    }

    #[test]
    fn every_page_shows_a_body_of_its_code() {
        for &code in Code::ALL {
            let shown = example(code, code.status().as_u16())
                .unwrap_or_else(|| panic!("{code:?}: no body in JSON on the page"));
            assert_eq!(shown["type"], code.page(), "{code:?}");
            assert_eq!(shown["title"], code.title(), "{code:?}");
            assert_eq!(shown["code"], code.as_str(), "{code:?}");
            assert_eq!(shown["status"], code.status().as_u16(), "{code:?}");
            assert!(shown["detail"].is_string() && shown["request_id"].is_string(), "{code:?}");
        }
    }

    #[test]
    fn every_page_has_a_code() {
        for file in PAGES.files() {
            let name = file.path().file_stem().and_then(|name| name.to_str()).expect("a name");
            assert!(name == "README" || Code::parse(name).is_some(), "docs/problems/{name}.md belongs to no code");
        }
    }
}
