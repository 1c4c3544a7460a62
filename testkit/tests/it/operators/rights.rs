//! What each role may do: on every route of each server, and in the table of the documentation.

use std::{fmt::Write, path::Path};

use kernel::{OperatorRole, Scope};
use reqwest::Method;
use serde_json::Value;
use testkit::chaos::Part;
use uuid::Uuid;

use crate::{
    partners::{self, Partner},
    support::{ALL, TestApp, TestClient},
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A route of a server, as its description has it.
struct Route {
    method: Method,
    path: String,
    /// The lowest role of operators that may call it.
    lowest: Option<OperatorRole>,
    /// Who may call it, by the roles of tokens; nobody is named where everybody may.
    roles: Vec<String>,
}

impl Route {
    fn is_public(&self) -> bool {
        self.roles.is_empty()
    }

    fn is_for(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known == role)
    }

    /// The address with an id that nothing has in the place of each name. What is one's own is named where others may not look.
    fn url(&self, server: &str, own: Uuid) -> String {
        let is_own = self.path.starts_with("/v1/operators/{id}/sessions");
        let part = |part: &str| match part {
            "{from}" => "USD".to_owned(),
            "{to}" => "KRW".to_owned(),
            "{name}" => "some-limit".to_owned(),
            "{id}" if is_own => own.to_string(),
            part if part.starts_with('{') => "01a22256-cbb6-759b-b159-cb9039febc35".to_owned(),
            part => part.to_owned(),
        };
        let path = self.path.split('/').map(part).collect::<Vec<_>>().join("/");
        // A stream that is asked for rightly has no end.
        let query = if self.path.ends_with("/stream") { "?types=nothing.such" } else { "" };
        format!("{server}{path}{query}")
    }
}

fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let roles = operation["x-roles"].as_array().into_iter().flatten();
            let lowest = operation["x-operator-role"].as_str().map(|role| role.parse().unwrap());
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                lowest,
                roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
            });
        }
    }
    routes
}

async fn ask(who: &TestClient, route: &Route, server: &str) -> crate::support::Answer {
    who.send(route.method.clone(), &route.url(server, who.id), &[], None).await.unwrap()
}

/// Each description names the lowest role of each operation, and so it is: lower ones are refused before anything else is looked at, others are
/// not refused for their role.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_may_do_what_the_documents_say_and_nothing_else() {
    let mut app = TestApp::start(&ALL).await;
    let mut staff = Vec::new();
    for role in OperatorRole::ALL {
        staff.push((role, app.logged_in(&format!("the-{role}"), role.as_str()).await));
    }
    let (head, mut seen) = (app.head().await, [0; 4]);
    let projector = format!("http://{}", app.bank.address(Part::Projector).unwrap());
    for server in [staff[0].1.command.clone(), staff[0].1.query.clone(), projector] {
        let document = staff[0].1.send(Method::GET, &format!("{server}/openapi.json"), &[], None).await.unwrap().body;
        for route in routes(&document) {
            assert_eq!(route.lowest.is_some(), route.is_for("operator"), "{} {}", route.method, route.path);
            // Whoever logs out is not there for the next route.
            if route.is_public() || route.path == "/v1/operators/sessions/current" {
                continue;
            }
            for (role, who) in &staff {
                let answer = ask(who, &route, &server).await;
                let found = format!("{} {} as {role}: {}", route.method, route.path, answer.body);
                match route.lowest {
                    None => assert_eq!((answer.status, answer.code()), (403, "forbidden"), "{found}"),
                    Some(lowest) if *role < lowest => {
                        assert_eq!((answer.status, answer.code()), (403, "operator-role-missing"), "{found}");
                        assert_eq!(answer.text("role"), lowest.as_str(), "{found}");
                    }
                    Some(_) => assert!(![401, 403, 429, 500].contains(&answer.status), "{found}"),
                }
            }
            if let Some(lowest) = route.lowest {
                seen[lowest as usize] += 1;
            }
        }
    }
    assert!(seen.iter().all(|routes| *routes > 2), "routes by role: {seen:?}");
    assert_eq!(app.head().await, head, "nothing that was asked was a command");
    for (_, who) in &staff {
        who.ask(Method::DELETE, "/v1/operators/sessions/current", None).await.expect(204);
        who.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    }
    app.close().await;
}

/// What a route answers to somebody for whose role it is, or is not.
fn assert_admitted(role: &str, route: &Route, answer: &crate::support::Answer) {
    let found = format!("{} {} as {role}: {} {}", route.method, route.path, answer.status, answer.body);
    let refused = (answer.status, answer.code());
    if route.is_public() {
        assert!(refused != (403, "forbidden") && answer.status != 500, "{found}");
    } else if role == "nobody" {
        assert_eq!(refused, (401, "unauthorized"), "{found}");
    } else if route.is_for(role) {
        // What is asked for is not there, or is asked for wrongly: that is found out after the role.
        assert!(answer.status != 401 && answer.status != 500, "{found}");
        assert!(!["forbidden", "scope-missing", "operator-role-missing"].contains(&answer.code()), "{found}");
    } else {
        assert_eq!(refused, (403, "forbidden"), "{found}");
    }
}

/// Everybody else: members, the bank's programs, partners with every scope, and those without a token. A token of before operators had
/// accounts may do what each of their routes does. And each route that is served to operators is in the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_else_may_do_what_the_documents_say_and_nothing_else() {
    let mut app = TestApp::start(&ALL).await;
    let partner = Partner::create(&mut app).await;
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let key = partner.key(&scopes).await;
    let everybody = [
        ("nobody", app.stranger()),
        ("member", app.member()),
        ("service", app.service()),
        ("operator", app.operator()),
        ("partner", partners::client(&mut app, 0, &partner, &key).await),
    ];
    let head = app.head().await;
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operators.md")).unwrap();
    let stranger = &everybody[0].1;
    let projector = format!("http://{}", app.bank.address(Part::Projector).unwrap());
    let servers = [("command", stranger.command.clone()), ("query", stranger.query.clone()), ("projector", projector)];
    for (name, server) in &servers {
        let document = stranger.send(Method::GET, &format!("{server}/openapi.json"), &[], None).await.unwrap().body;
        for route in routes(&document) {
            if let Some(lowest) = route.lowest {
                let row = format!("| `{} {}` | {lowest} | {name} |", route.method, route.path);
                assert!(page.contains(&row), "docs/operators.md has no row {row}");
            }
            for (role, who) in &everybody {
                let answer = ask(who, &route, server).await;
                assert_admitted(role, &route, &answer);
            }
        }
    }
    assert_eq!(app.head().await, head, "nothing that was asked was a command");
    app.close().await;
}

/// The session of somebody else is none of one's own, unless one is an admin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_an_admin_sees_or_ends_the_sessions_of_others() {
    let mut app = TestApp::start(&ALL).await;
    let (operator, admin) = (app.logged_in("minji", "operator").await, app.logged_in("admin", "admin").await);
    let of = |who: &TestClient| format!("/v1/operators/{}/sessions", who.id);
    operator.ask(Method::GET, &of(&admin), None).await.expect_problem(403, "operator-role-missing");
    let own = operator.ask(Method::GET, &of(&operator), None).await.expect(200);
    assert_eq!((own.items().len(), &own.items()[0]["current"]), (1, &Value::Bool(true)));
    let seen = admin.ask(Method::GET, &of(&operator), None).await.expect(200);
    let session = seen.items()[0]["session_id"].as_str().unwrap();
    assert_eq!(seen.items()[0]["current"], false);
    let path = format!("{}/{session}", of(&operator));
    let wrong = format!("{}/{session}", of(&admin));
    operator.ask(Method::DELETE, &wrong, None).await.expect_problem(403, "operator-role-missing");
    admin.ask(Method::DELETE, &wrong, None).await.expect_problem(404, "not-found");
    // Of another operator it is a command.
    admin.ask(Method::DELETE, &path, None).await.expect_problem(400, "idempotency-key-missing");
    let (url, command) = (format!("{}{path}", admin.command), [("idempotency-key", "end")]);
    let end = async || admin.send(Method::DELETE, &url, &command, None).await.unwrap();
    end().await.expect(204);
    end().await.expect_problem(404, "not-found");
    operator.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    admin.get("/v1/accounts").await.expect(200);
    app.close().await;
}

const BEGIN: &str = "<!-- The table is made from docs/openapi: JANGBU_TEST_WRITE_TABLES=1 ./justw test -p testkit the_table_of_rights -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// A row for each route that operators may call.
fn table() -> String {
    let mut text = String::from("| route | lowest role | server |\n|---|---|---|\n");
    for server in ["command", "query", "projector"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/openapi/{server}.json"));
        let document = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut rows: Vec<_> = routes(&document)
            .into_iter()
            .filter_map(|route| Some((route.lowest?, route.path, route.method.to_string())))
            .collect();
        rows.sort();
        for (lowest, path, method) in rows {
            writeln!(text, "| `{method} {path}` | {lowest} | {server} |").unwrap();
        }
    }
    text
}

/// What the page says of each route is what the servers say.
#[test]
fn the_table_of_rights_is_that_of_the_documents() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operators.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a table");
    let (committed, after) = rest.split_once(END).expect("the table ends");
    let made = table();
    if std::env::var_os("JANGBU_TEST_WRITE_TABLES").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{made}{END}{after}")).unwrap();
        return;
    }
    assert!(
        committed == made,
        "docs/operators.md has another table of rights than docs/openapi; it says how to write it"
    );
}
