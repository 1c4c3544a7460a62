//! Addresses of this console, with what people typed in them.

use url::form_urlencoded::{Serializer, byte_serialize};

/// A path with these parameters; empty ones are left out.
pub(crate) fn with(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The same list from where it goes on; none at its end.
pub(crate) fn more(path: &str, pairs: &[(&str, &str)], cursor: Option<&String>) -> Option<String> {
    let mut pairs = pairs.to_vec();
    pairs.push(("cursor", cursor?.as_str()));
    Some(with(path, &pairs))
}

/// Where a thing of this kind is shown.
pub(crate) fn to(kind: &str, id: &str) -> String {
    let segment: String = byte_serialize(id.as_bytes()).collect();
    let folder = match kind {
        "account" => "/accounts",
        "transfer" => "/transfers",
        "hold" => "/holds",
        "member" => "/members",
        "process" => "/processes",
        "payout-run" => "/payout-runs",
        "partner" => "/partners",
        "webhook" => "/webhooks",
        "view" => "/views",
        "approval" => "/approvals",
        "operator" => "/operators",
        "commit" => "/log/positions",
        // Items and orders: what happened to them.
        _ => "/log/streams",
    };
    format!("{folder}/{segment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_stays_in_its_place() {
        assert_eq!(with("/accounts", &[("owner", ""), ("q", "a&b")]), "/accounts?q=a%26b");
        assert_eq!(with("/accounts", &[]), "/accounts");
        assert_eq!(more("/accounts", &[("q", "x")], None), None);
        assert_eq!(
            more("/accounts", &[("q", "x")], Some(&"c=".to_owned())).as_deref(),
            Some("/accounts?q=x&cursor=c%3D")
        );
        assert_eq!(to("item", "../x"), "/log/streams/..%2Fx");
    }
}
