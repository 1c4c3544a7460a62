//! What a browser does of what tests need: cookies, forms, and the headers that say where a request comes from.

use reqwest::{Method, RequestBuilder, header::HeaderMap};

/// A browser without scripts.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    pub url: String,
    /// The session, as it is sent.
    pub cookie: Option<String>,
    /// The session of the wallet.
    pub wallet: Option<String>,
    pub language: &'static str,
}

/// What came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// The values of all headers with this name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("ASCII").to_owned()).collect()
    }

    /// The value of a hidden field of the page: the first with this name.
    pub fn field(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let from = self.text.find(&begin).unwrap_or_else(|| panic!("no field {name}: {}", self.text)) + begin.len();
        self.text[from..].split('"').next().expect("a value").to_owned()
    }
}

impl Browser {
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self {
            client: client.build().expect("a client"),
            url: url.to_owned(),
            cookie: None,
            wallet: None,
            language: "en",
        }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.ask(Method::GET, path).await
    }

    pub async fn ask(&mut self, method: Method, path: &str) -> Reply {
        let request = self.request(method, path);
        self.send(request).await
    }

    /// Sends a form of a page of the console.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let (origin, site) = (self.url.clone(), "same-origin");
        let request = self.request(Method::POST, path).form(fields);
        self.send(request.header("origin", origin).header("sec-fetch-site", site)).await
    }

    /// Sends a form with a file.
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], (name, content): (&str, &str)) -> Reply {
        const BOUNDARY: &str = "----a-boundary-that-stands-in-no-file";
        let begin = |disposition: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n");
        let texts = fields.iter().map(|(name, text)| format!("{}\r\n{text}\r\n", begin(&format!("name=\"{name}\""))));
        let file = begin(&format!("name=\"{name}\"; filename=\"table.csv\""));
        let file = format!("{file}Content-Type: text/csv\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n");
        let body: String = texts.chain([file]).collect();
        let (origin, declared) = (self.url.clone(), format!("multipart/form-data; boundary={BOUNDARY}"));
        let request = self.request(Method::POST, path).header("content-type", declared).body(body);
        self.send(request.header("origin", origin).header("sec-fetch-site", "same-origin")).await
    }

    /// Opens a page, and sends these fields with the secret of its forms.
    pub async fn fill(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let shown = self.get(page).await;
        let (csrf, key) = (
            shown.field("csrf"),
            if page == "/login" || page == "/wallet/login" { String::new() } else { shown.field("key") },
        );
        let own = [("csrf", csrf.as_str()), ("key", key.as_str())];
        self.post(action, &own.iter().chain(fields).copied().collect::<Vec<_>>()).await
    }

    pub async fn log_in(&mut self, next: &str) -> Reply {
        let fields = [("name", "admin"), ("password", "a password"), ("totp", "123 456"), ("next", next)];
        self.fill("/login", "/login", &fields).await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header("accept", "text/html").header("accept-language", self.language);
        let cookies: Vec<&str> = [&self.cookie, &self.wallet].into_iter().flatten().map(String::as_str).collect();
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair");
            match pair.split('=').next().expect("a name").trim_start_matches("__Host-") {
                "jangbu-console" => self.cookie = Some(pair.to_owned()),
                "jangbu-wallet" => self.wallet = Some(pair.to_owned()),
                _ => {}
            }
        }
        Reply { status, headers, text: response.text().await.expect("a text") }
    }
}
