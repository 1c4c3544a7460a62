//! Gift cards: bought with money of an account, and the code is for its owner alone.

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::{
    outside::{booked, gift_card, held, once, start, steps},
    support::{ALL, eventually, verify},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_alone_sees_the_code() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    let (stranger, operator) = (app.member(), app.operator());
    let started = owner.post("/v1/gift-cards", gift_card(account, 300, "coffee")).await.expect(202);
    let done = once(&owner, &started, &["done"]).await;
    let path = format!("/v1/gift-cards/{}", started.id("process_id"));
    let card = eventually("the code is there", async || {
        let card = owner.get(&path).await;
        if card.body["code"].is_string() { Ok(card) } else { Err(card.body.to_string()) }
    })
    .await;
    assert_eq!((card.text("state"), card.text("product")), ("done".into(), "coffee".into()));
    let code = card.text("code");
    assert!(!done.body.to_string().contains(&code));
    stranger.get_at(&path, started.token()).await.expect_problem(404, "gift-card-unknown");
    operator.get(&path).await.expect_problem(403, "forbidden");
    assert_eq!(held(&owner, account, &done).await, ("0".into(), "700".into()));
    assert_eq!(booked(&providers, "gift-cards").await.0, 300);
    // It stands nowhere in the clear.
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let sql = "select count(*) from events where payload::text like '%' || $1 || '%'";
    let found: i64 = sqlx::query_scalar(sql).bind(&code).fetch_one(&mut log).await.unwrap();
    assert_eq!(found, 0);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_not_sold_costs_nothing() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    let started = owner.post("/v1/gift-cards", gift_card(account, 300, "sold-out")).await.expect(202);
    let ended = once(&owner, &started, &["compensated"]).await;
    assert!(steps(&ended).iter().any(|step| step.starts_with("issue refused")), "{}", ended.body);
    let card = owner.get(&format!("/v1/gift-cards/{}", started.id("process_id"))).await.expect(200);
    assert_eq!((&card.body["code"], card.text("state")), (&Value::Null, "compensated".into()));
    assert_eq!(held(&owner, account, &ended).await, ("0".into(), "1000".into()));
    assert_eq!(booked(&providers, "gift-cards").await.0, 0);
    verify(app).await;
}
