//! Paths at the other servers.

use url::form_urlencoded::{Serializer, byte_serialize};

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Command,
    Query,
    Projector,
}

impl Server {
    /// The key of the message that names it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Command => "server-command",
            Self::Query => "server-query",
            Self::Projector => "server-projector",
        }
    }

    /// The name of the spans of calls.
    pub(crate) const fn call(self) -> &'static str {
        match self {
            Self::Command => "call the command server",
            Self::Query => "call the query server",
            Self::Projector => "call the projector",
        }
    }
}

/// A path and what follows its `?`, encoded: nothing that a person types can name another path.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) server: Server,
    path: String,
    query: String,
}

impl Address {
    pub(crate) fn new(server: Server, path: &str) -> Self {
        Self { server, path: path.to_owned(), query: String::new() }
    }

    pub(crate) fn query(path: &str) -> Self {
        Self::new(Server::Query, path)
    }

    pub(crate) fn command(path: &str) -> Self {
        Self::new(Server::Command, path)
    }

    pub(crate) fn projector(path: &str) -> Self {
        Self::new(Server::Projector, path)
    }

    /// One more segment. `.` and `..`, which would be resolved, become something that names nothing.
    #[must_use]
    pub(crate) fn segment(mut self, segment: &str) -> Self {
        self.path.push('/');
        match segment {
            "" | "." | ".." => self.path.push('-'),
            _ => self
                .path
                .extend(byte_serialize(segment.as_bytes()).map(|piece| if piece == "+" { "%20" } else { piece })),
        }
        self
    }

    /// A parameter; left out if it is empty.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.query = Serializer::new(self.query).append_pair(name, value).finish();
        }
        self
    }

    /// As it stands in a request.
    pub(crate) fn text(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_stays_in_its_place() {
        let at = |segment: &str| Address::query("/v1/views").segment(segment).text();
        assert_eq!(at("balances"), "/v1/views/balances");
        assert_eq!(at("../accounts?x=1#y"), "/v1/views/..%2Faccounts%3Fx%3D1%23y");
        assert_eq!((at(".."), at("")), ("/v1/views/-".to_owned(), "/v1/views/-".to_owned()));
        assert_eq!(at("a b+c"), "/v1/views/a%20b%2Bc");
        let find = Address::query("/v1/find").with("q", "a&b=c d").with("cursor", "").with("limit", "5");
        assert_eq!(find.text(), "/v1/find?q=a%26b%3Dc+d&limit=5");
    }
}
