//! A browser without scripts: links, forms and texts of pages, by what a person reads on them.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use url::form_urlencoded::Serializer;

use super::html::{self, Form, Tag, Token};

/// More redirects than this lead nowhere.
const HOPS: usize = 5;

/// One window, with the cookies of its browser.
pub struct PlainBrowser {
    http: reqwest::Client,
    origin: String,
    cookies: BTreeMap<String, String>,
    /// Path and query of the page.
    pub path: String,
    page: Vec<Token>,
    /// What was seen since `forget`: the paths, and each piece of text.
    pub paths: Vec<String>,
    pub texts: Vec<String>,
}

impl PlainBrowser {
    pub fn new(origin: String) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self {
            http,
            origin,
            cookies: BTreeMap::new(),
            path: String::new(),
            page: Vec::new(),
            paths: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// Forgets what was seen; the page and the cookies stay.
    pub fn forget(&mut self) {
        self.paths.clear();
        self.texts = html::texts(&self.page);
    }

    /// Types an address.
    pub async fn open(&mut self, path: &str) {
        self.ask(Method::GET, path.to_owned(), None).await;
    }

    /// Follows the first link with this text.
    pub async fn follow(&mut self, text: &str) {
        let links = html::links(&self.page);
        let found = links.iter().find(|(_, shown)| shown == text);
        let (path, _) = found.unwrap_or_else(|| panic!("{}: there is no link {text}, but {links:?}", self.path));
        self.open(&path.clone()).await;
    }

    /// Follows the link that leads there.
    pub async fn follow_to(&mut self, path: &str) {
        let links = html::links(&self.page);
        assert!(links.iter().any(|(known, _)| known == path), "{}: no link leads to {path}: {links:?}", self.path);
        self.open(path).await;
    }

    /// Fills fields by their labels, and presses the button with this text. All other fields are sent as they are.
    pub async fn press(&mut self, button: &str, filled: &[(&str, &str)]) {
        let forms = html::forms(&self.page);
        let form = forms.into_iter().find(|form| form.has(button));
        let mut form: Form = form.unwrap_or_else(|| panic!("{}: there is no button {button}", self.path));
        for (label, value) in filled {
            form.fill(label, value);
        }
        let mut body = Serializer::new(String::new());
        for (name, value) in form.pairs(button) {
            body.append_pair(&name, &value);
        }
        let body = body.finish();
        if form.is_post {
            self.ask(Method::POST, form.action, Some(body)).await;
        } else {
            self.ask(Method::GET, format!("{}?{body}", form.action), None).await;
        }
    }

    /// Whether this piece of text stands on the page.
    pub fn shows(&self, text: &str) -> bool {
        html::texts(&self.page).iter().any(|shown| shown == text)
    }

    /// Every piece of text on the page.
    pub fn reads(&self) -> Vec<String> {
        html::texts(&self.page)
    }

    /// The heading of the page.
    pub fn heading(&self) -> String {
        let begins = |token: &Token| matches!(token, Token::Begin(Tag { name, .. }) if name == "h1");
        let from = self.page.iter().position(begins).unwrap_or_else(|| panic!("{}: no heading", self.path));
        match self.page.get(from + 1) {
            Some(Token::Text(text)) => text.clone(),
            other => panic!("{}: a heading without a text: {other:?}", self.path),
        }
    }

    async fn ask(&mut self, mut method: Method, mut path: String, mut body: Option<String>) {
        for _ in 0..HOPS {
            let response = self.send(method, &path, body.take()).await;
            let (status, place) = (response.status(), response.headers().get(header::LOCATION).cloned());
            for cookie in response.headers().get_all(header::SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let text = response.text().await.unwrap();
            self.paths.push(path.split('?').next().unwrap_or_default().to_owned());
            if let Some(place) = place {
                assert_eq!(status.as_u16(), 303, "{path}: {text}");
                (method, path) = (Method::GET, place.to_str().unwrap().to_owned());
                continue;
            }
            assert!(status.is_success(), "{path}: {status} {text}");
            self.page = html::read(&text);
            self.texts.extend(html::texts(&self.page));
            self.path = path;
            return;
        }
        panic!("{path}: {HOPS} redirects");
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> reqwest::Response {
        assert!(path.starts_with('/'), "an address elsewhere: {path}");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        request = request.header(header::ACCEPT, "text/html").header(header::ACCEPT_LANGUAGE, "en");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(body) = body {
            request = request.header(header::ORIGIN, &self.origin).header("sec-fetch-site", "same-origin");
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        request.send().await.unwrap()
    }
}
