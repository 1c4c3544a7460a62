//! What goes out, to the letter.

use insta::assert_json_snapshot;

use crate::world::{A1, ALICE, BOB, CASH, DEPOSIT, REJECTED, REVERSED, TRANSFER, World, id};

#[tokio::test]
async fn accounts_and_what_happened_on_them() {
    let world = World::with_bank().await;
    let get = async |path: String| world.get(&path, world.member(ALICE)).await.ok().clone();
    assert_json_snapshot!("account", get(format!("/v1/accounts/{}", id(A1))).await);
    assert_json_snapshot!("accounts", get("/v1/accounts?limit=1".to_owned()).await);
    assert_json_snapshot!("transactions", get(format!("/v1/accounts/{}/transactions", id(A1))).await);
    assert_json_snapshot!("wallet", get("/v1/wallet/home".to_owned()).await);
    let system = world.get(&format!("/v1/accounts/{}", id(CASH)), world.operator()).await;
    assert_json_snapshot!("system_account", system.ok());
    world.finish().await;
}

#[tokio::test]
async fn transfers() {
    let world = World::with_bank().await;
    for (name, transfer) in
        [("deposit", DEPOSIT), ("transfer", TRANSFER), ("rejected", REJECTED), ("reversal", REVERSED)]
    {
        let reply = world.get(&format!("/v1/transfers/{}", id(transfer)), world.member(ALICE)).await;
        assert_json_snapshot!(format!("transfer_{name}"), reply.ok());
    }
    world.finish().await;
}

#[tokio::test]
async fn operations() {
    let world = World::with_bank().await;
    let overview = world.get("/v1/dashboard/overview", world.operator()).await;
    assert_json_snapshot!("overview", overview.ok(), { ".activity.*[].start" => "[then]" });
    let views = world.get("/v1/views", world.operator()).await;
    assert_json_snapshot!("views", views.ok(), { "[].updated_at" => "[then]" });
    let view = world.get("/v1/views/transactions", world.operator()).await;
    assert_json_snapshot!("view", view.ok(), {
        ".updated_at" => "[then]", ".generations[].updated_at" => "[then]", ".generations[].created_at" => "[then]",
    });
    assert_json_snapshot!("assets", world.get_open("/v1/assets").await.ok());
    world.finish().await;
}

#[tokio::test]
async fn problems() {
    let world = World::with_bank().await;
    let redacted = async |path: String, headers: &[(&str, &str)]| {
        let mut reply = world.get_with(&path, world.member(BOB), headers).await;
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.body["request_id"].as_str(), reply.header("x-request-id"));
        reply.body["request_id"] = "[request]".into();
        reply.body
    };
    assert_json_snapshot!("problem_account_unknown", redacted(format!("/v1/accounts/{}", id(A1)), &[]).await);
    assert_json_snapshot!("problem_bad_limit", redacted("/v1/accounts?limit=0".to_owned(), &[]).await);
    let garbage = [("consistency-token", "v1.x")];
    assert_json_snapshot!("problem_bad_token", redacted("/v1/accounts".to_owned(), &garbage).await);
    let token = world.token(kernel::Position::new(19)).await;
    let ahead = [("consistency-token", token.as_str())];
    assert_json_snapshot!("problem_future_token", redacted("/v1/accounts".to_owned(), &ahead).await);
    world.database.append(1).await;
    let ahead = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    assert_json_snapshot!("problem_view_behind", redacted("/v1/accounts".to_owned(), &ahead).await);
    world.finish().await;
}
