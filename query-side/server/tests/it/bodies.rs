//! What goes out, to the letter.

use insta::assert_json_snapshot;

use crate::app::{A1, ALICE, BOB, CASH, DEPOSIT, REJECTED, REVERSED, TRANSFER, TestApp, id};

#[tokio::test]
async fn accounts_and_what_happened_on_them() {
    let app = TestApp::with_bank().await;
    let get = async |path: String| app.get(&path, app.member(ALICE)).await.ok().clone();
    assert_json_snapshot!("account", get(format!("/v1/accounts/{}", id(A1))).await);
    assert_json_snapshot!("accounts", get("/v1/accounts?limit=1".to_owned()).await);
    assert_json_snapshot!("transactions", get(format!("/v1/accounts/{}/transactions", id(A1))).await);
    assert_json_snapshot!("wallet", get("/v1/wallet/home".to_owned()).await);
    let system = app.get(&format!("/v1/accounts/{}", id(CASH)), app.operator()).await;
    assert_json_snapshot!("system_account", system.ok());
    app.finish().await;
}

#[tokio::test]
async fn transfers() {
    let app = TestApp::with_bank().await;
    for (name, transfer) in
        [("deposit", DEPOSIT), ("transfer", TRANSFER), ("rejected", REJECTED), ("reversal", REVERSED)]
    {
        let reply = app.get(&format!("/v1/transfers/{}", id(transfer)), app.member(ALICE)).await;
        assert_json_snapshot!(format!("transfer_{name}"), reply.ok());
    }
    app.finish().await;
}

#[tokio::test]
async fn operations() {
    let app = TestApp::with_bank().await;
    let overview = app.get("/v1/dashboard/overview", app.operator()).await;
    assert_json_snapshot!("overview", overview.ok(), { ".activity.*[].start" => "[then]" });
    let views = app.get("/v1/views", app.operator()).await.ok().as_array().expect("a list").clone();
    let names: Vec<_> = views.iter().map(|view| view["view"].as_str().expect("a name")).collect();
    let mut known = reads::View::ALL.map(reads::View::name);
    known.sort_unstable();
    assert_eq!(names, known);
    // One is shown; the others are the same but for their names.
    assert_json_snapshot!("views", [&views[0]], { "[].updated_at" => "[then]" });
    for mut view in views.clone() {
        for own in ["view", "updated_at"] {
            view[own] = views[0][own].clone();
        }
        assert_eq!(view, views[0]);
    }
    let view = app.get("/v1/views/transactions", app.operator()).await;
    assert_json_snapshot!("view", view.ok(), {
        ".updated_at" => "[then]", ".generations[].updated_at" => "[then]", ".generations[].created_at" => "[then]",
    });
    assert_json_snapshot!("assets", app.get_open("/v1/assets").await.ok());
    app.finish().await;
}

#[tokio::test]
async fn problems() {
    let app = TestApp::with_bank().await;
    let redacted = async |path: String, headers: &[(&str, &str)]| {
        let mut reply = app.get_with(&path, app.member(BOB), headers).await;
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.body["request_id"].as_str(), reply.header("x-request-id"));
        reply.body["request_id"] = "[request]".into();
        reply.body
    };
    assert_json_snapshot!("problem_account_unknown", redacted(format!("/v1/accounts/{}", id(A1)), &[]).await);
    assert_json_snapshot!("problem_bad_limit", redacted("/v1/accounts?limit=0".to_owned(), &[]).await);
    let garbage = [("consistency-token", "v1.x")];
    assert_json_snapshot!("problem_bad_token", redacted("/v1/accounts".to_owned(), &garbage).await);
    let token = app.token(kernel::Position::new(19)).await;
    let ahead = [("consistency-token", token.as_str())];
    assert_json_snapshot!("problem_future_token", redacted("/v1/accounts".to_owned(), &ahead).await);
    app.database.append(1).await;
    let ahead = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    assert_json_snapshot!("problem_view_behind", redacted("/v1/accounts".to_owned(), &ahead).await);
    app.finish().await;
}
