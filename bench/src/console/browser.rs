//! What a browser does of what is measured: cookies, forms, links, and files that pages name.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use kernel::{Clock, SystemClock};
use testkit::{
    connection::{Connection, Request},
    kit::one_time_code,
};
use url::form_urlencoded::Serializer;

/// What stands before the link to the page that goes on, and behind it.
const LINK: &str = "href=\"";
const NEXT: &str = "\" rel=\"next\"";

/// A browser with one session, on one connection that is kept.
pub(super) struct Browser {
    connection: Connection,
    /// The session, as it is sent.
    pub cookie: String,
}

/// What came.
pub(super) struct Seen {
    pub status: u16,
    pub html: String,
    /// Where it leads; empty if it leads nowhere else.
    pub location: String,
    /// From the first byte of the request to the last one of the answer.
    pub took: Duration,
}

impl Browser {
    pub fn new(console: SocketAddr) -> Self {
        Self { connection: Connection::to(console), cookie: String::new() }
    }

    /// The next request opens a connection.
    pub fn reconnect(&mut self, console: SocketAddr) {
        self.connection = Connection::to(console);
    }

    pub async fn get(&mut self, path: &str) -> Result<Seen> {
        self.send(Request { method: "GET", path, ..Request::default() }).await
    }

    /// Opens a page, and sends a form of it with these fields beside its secret and its key; the status.
    pub async fn fill(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<u16> {
        let shown = self.get(page).await?;
        let mut body = Serializer::new(String::new());
        for name in ["csrf", "key"] {
            body.extend_pairs(shown.field(name).map(|value| (name, value)));
        }
        body.extend_pairs(fields);
        let (body, content_type) = (body.finish(), "application/x-www-form-urlencoded");
        let form = Request { method: "POST", path: action, body: &body, content_type, ..Request::default() };
        Ok(self.send(form).await?.status)
    }

    /// An operator, with the code that their app shows now.
    pub async fn log_in(&mut self, (name, password, secret): (&str, &str, &str)) -> Result<()> {
        let code = one_time_code(secret, SystemClock.now())?;
        let fields = [("name", name), ("password", password), ("totp", &code), ("next", "/")];
        let status = self.fill("/login", "/login", &fields).await?;
        ensure!(status == 303, "the log-in of {name} was answered {status}");
        Ok(())
    }

    /// A member, in the wallet.
    pub async fn log_in_as_member(&mut self, (login_id, password): (&str, &str)) -> Result<()> {
        let fields = [("login_id", login_id), ("password", password), ("next", "/wallet")];
        let status = self.fill("/wallet/login", "/wallet/login", &fields).await?;
        ensure!(status == 303, "the log-in of {login_id} was answered {status}");
        Ok(())
    }

    async fn send(&mut self, request: Request<'_>) -> Result<Seen> {
        let accepted = [("accept", "text/html"), ("accept-language", "en"), ("cookie", self.cookie.as_str())];
        let headers = if self.cookie.is_empty() { &accepted[..2] } else { &accepted[..] };
        let (path, began) = (request.path, Instant::now());
        let reply = self.connection.send(&Request { headers, ..request }).await.with_context(|| path.to_owned())?;
        let took = began.elapsed();
        let (status, html) = (reply.status, String::from_utf8_lossy(reply.body).into_owned());
        let location = reply.header("location").unwrap_or_default().to_owned();
        let set = reply.header("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        if let Some(cookie) = set {
            self.cookie = cookie;
        }
        Ok(Seen { status, html, location, took })
    }
}

impl Seen {
    /// The value of a hidden field: the first with this name.
    fn field(&self, name: &str) -> Option<&str> {
        let begin = format!("name=\"{name}\" value=\"");
        self.html.split_once(&begin)?.1.split('"').next()
    }

    /// Where the list goes on.
    pub fn next(&self) -> Option<String> {
        let (before, _) = self.html.split_once(NEXT)?;
        let (_, path) = before.rsplit_once(LINK)?;
        Some(path.replace("&#38;", "&").replace("&amp;", "&"))
    }

    /// Whether it is a page, or leads to one: what is found alone is shown at once.
    pub fn is_answer(&self) -> bool {
        match self.status {
            200 => true,
            303 => !["/login", "/wallet/login"].iter().any(|log_in| self.location.starts_with(log_in)),
            _ => false,
        }
    }

    /// Whether a part of the page says why it is not there.
    pub fn lacks_something(&self) -> bool {
        self.html.contains("class=\"trouble\"")
    }

    /// The files that the page names.
    pub fn files(&self) -> BTreeSet<String> {
        self.html.split('"').filter(|piece| piece.starts_with("/assets/")).map(str::to_owned).collect()
    }
}

/// Bytes of the body of an answer: as it is, or as it is sent to a browser that takes compressed ones.
pub(super) async fn size(
    client: &reqwest::Client,
    (console, path): (SocketAddr, &str),
    cookie: &str,
    is_compressed: bool,
) -> Result<u64> {
    let mut request = client.get(format!("http://{console}{path}")).header("accept", "text/html,*/*");
    if !cookie.is_empty() {
        request = request.header("cookie", cookie);
    }
    if is_compressed {
        request = request.header("accept-encoding", "br, gzip");
    }
    let answer = request.send().await.with_context(|| path.to_owned())?;
    let status = answer.status();
    ensure!(status.is_success() || status.is_redirection(), "{path} was answered {status}");
    // The client decodes nothing: these are the bytes that were sent.
    Ok(answer.bytes().await.with_context(|| path.to_owned())?.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Seen {
        Seen { status: 200, html: html.to_owned(), location: String::new(), took: Duration::ZERO }
    }

    #[test]
    fn a_page_says_where_it_goes_on_and_what_it_needs() {
        let page = page(
            r#"<link href="/assets/1/a.css"><script src="/assets/2/b.js"></script><a href="/other">x</a>
               <a class="button" href="/accounts?owner=1&#38;cursor=a%3D" rel="next">More</a>
               <input type="hidden" name="csrf" value="secret"><input name="q" value="">"#,
        );
        assert_eq!(page.next().as_deref(), Some("/accounts?owner=1&cursor=a%3D"));
        assert_eq!(page.files().into_iter().collect::<Vec<_>>(), ["/assets/1/a.css", "/assets/2/b.js"]);
        assert_eq!((page.field("csrf"), page.field("key")), (Some("secret"), None));
        assert!(!page.lacks_something());
    }

    #[test]
    fn the_last_page_goes_on_nowhere_and_a_part_that_is_missing_is_seen() {
        let page = page(r#"<a href="/accounts">x</a><p class="trouble" role="alert">away</p>"#);
        assert_eq!(page.next(), None);
        assert!(page.lacks_something());
        assert!(page.is_answer());
        let to = |status, location: &str| Seen { status, location: location.to_owned(), ..self::page("") };
        assert!(to(303, "/accounts/1").is_answer());
        assert!(!to(303, "/login?next=%2F").is_answer() && !to(502, "").is_answer());
    }
}
