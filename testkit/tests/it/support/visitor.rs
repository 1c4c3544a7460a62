//! A browser without scripts at a real console: cookies, forms, and redirects that are followed one by one.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, header::HeaderMap, redirect::Policy};
use testkit::{app::Staff, chaos::Part};
use url::Url;

use super::TestApp;

/// The cookie of an operator's session.
pub const SESSION: &str = "jangbu-console";

/// A browser.
#[derive(Clone, Debug)]
pub struct Visitor {
    client: reqwest::Client,
    /// Where the console is, without a slash at the end.
    pub console: String,
    /// What is sent to every address: ports of one host share cookies.
    pub cookies: BTreeMap<String, String>,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Reply {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where the browser is sent.
    #[track_caller]
    pub fn location(&self) -> Url {
        self.url.join(self.header("location")).unwrap_or_else(|error| panic!("{}: {error}", self.header("location")))
    }

    /// The value of a hidden field: the first with this name.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&begin).unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Whether the console sends whoever asked to the log-in.
    pub fn is_sent_to_log_in(&self) -> bool {
        self.status == 303 && self.header("location").starts_with("/login")
    }
}

impl Visitor {
    /// A browser that nobody has logged in with.
    pub fn new(app: &mut TestApp) -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let console = format!("http://{}", app.bank.address(Part::Console).unwrap());
        Self { client, console, cookies: BTreeMap::new() }
    }

    /// One in which this operator has logged in.
    pub async fn logged_in(app: &mut TestApp, staff: &mut Staff) -> Self {
        let mut visitor = Self::new(app);
        let reply = visitor.log_in(staff, "/").await.expect(303);
        assert_eq!(reply.header("location"), "/");
        visitor
    }

    /// Sends the form of the log-in.
    pub async fn log_in(&mut self, staff: &mut Staff, next: &str) -> Reply {
        let csrf = self.get("/login").await.expect(200).field("csrf");
        let code = staff.code().await;
        let (name, password) = (staff.name.as_str(), staff.password.as_str());
        let fields = [("csrf", csrf.as_str()), ("name", name), ("password", password), ("totp", &code), ("next", next)];
        self.post("/login", &fields).await
    }

    /// Ends the session.
    pub async fn log_out(&mut self) -> Reply {
        let csrf = self.get("/operators/me").await.expect(200).field("csrf");
        self.post("/logout", &[("csrf", &csrf)]).await
    }

    /// A page of the console, or one of another server by its whole address.
    pub async fn get(&mut self, path: &str) -> Reply {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Sends a form as a page of the console does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.request(Method::POST, path).form(fields);
        let request = request.header("origin", self.console.clone()).header("sec-fetch-site", "same-origin");
        self.send(request).await
    }

    /// A request with the cookies of the browser; nothing says where it comes from.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.console) };
        let request = self.client.request(method, address).header("accept", "text/html,*/*;q=0.1");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends it, and keeps the cookies that come back.
    pub async fn send(&mut self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        for line in headers.get_all("set-cookie") {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Reply { url, status, headers, text: response.text().await.unwrap() }
    }
}
