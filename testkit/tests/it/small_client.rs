//! The client that docs/api.md shows.

use std::path::Path;

use crate::{
    runbooks::variables,
    support::{
        ALL, TestApp,
        people::{By, Newcomer},
    },
};

/// What the page does not show: the session is refreshed, a key gives one answer, and a refusal is one.
const MORE: &str = r#"
me.access = "one that does not hold"
assert me.read("/v1/members/me")["login_id"] == os.environ["LOGIN_ID"]
body = {"source": account["account_id"], "destination": payee["account_id"], "money": {"asset": "KRW", "amount": "100"}}
first, again = (me.command("POST", "/v1/transfers", body, "the-same-key") for _ in range(2))
assert first["transfer_id"] == again["transfer_id"]
try:
    me.command("POST", "/v1/transfers", {**body, "money": {"asset": "KRW", "amount": "999999"}})
    raise SystemExit("it was paid")
except Problem as problem:
    assert problem.code == "insufficient-funds", problem
print(me.read(f"/v1/accounts/{account['account_id']}")["balance"])
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_of_the_page_pays_reads_and_refreshes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("```python\n").unwrap();
    let (client, _) = rest.split_once("```").unwrap();

    let mut app = TestApp::start(&ALL).await;
    let stranger = app.stranger();
    let (payer, payee) = (Newcomer::new(By::Email), Newcomer::new(By::Email));
    let insider = payer.join(&stranger, &app.catcher).await;
    let account = insider.client.open("KRW").await;
    let other = payee.join(&stranger, &app.catcher).await.client;
    let opened = other.post("/v1/accounts", serde_json::json!({ "asset": "KRW" })).await.expect(201);
    app.operator().deposit(account, "KRW", 5000).await;
    app.wait_until_level().await;

    let mut python = tokio::process::Command::new("python3");
    python.arg("-c").arg(format!("{client}{MORE}")).env_clear().envs(variables(&mut app.bank));
    python.env("LOGIN_ID", &payer.login_id).env("PASSWORD", &payer.password);
    python.env("PAYEE", opened.text("account_number"));
    let output = python.output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let balances: Vec<&str> = out.split_whitespace().skip(1).collect();
    assert_eq!(balances, ["3800", "3700"], "{out}");
    app.close().await;
}
