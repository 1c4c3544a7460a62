//! What operators do to views stands in the audit: who, when, in which session, from where, before and after.

use kernel::{Clock, Ids, RandomIds, Role, SystemClock};
use projector::Config;
use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;

use crate::{
    changes::{Operated, ended, problem},
    fixture::Projector,
};

/// An operator who logged in.
struct Minji {
    id: Uuid,
    session: Uuid,
    token: String,
}

impl Minji {
    fn at(bank: &Operated) -> Self {
        let set = std::fs::read_to_string(bank.keys.jwks_file()).expect("keys");
        let set: Value = serde_json::from_str(&set).expect("JSON");
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": set["keys"][0]["kid"]});
        let (id, session, now) = (RandomIds.fresh(), RandomIds.fresh(), SystemClock.now().timestamp());
        let claims = json!({
            "sub": id, "role": "operator", "sid": session, "op": "operator", "iat": now, "exp": now + 600,
        });
        Self { id, session, token: bank.keys.sign(&header, &claims) }
    }

    /// What she is answered who is at this address.
    async fn ask(&self, projector: &Projector, path: &str, from: &str, body: Value) -> (u16, Value) {
        let headers = format!("authorization: Bearer {}\r\nx-forwarded-for: 6.6.6.6, {from}\r\n", self.token);
        projector.send_with("POST", &format!("/v1/views/accounts/{path}"), &headers, Some(body)).await
    }

    async fn acts(&self, projector: &Projector, path: &str, from: &str) {
        let (status, answer) = self.ask(projector, path, from, json!({"reason": format!("why {path}")})).await;
        assert!([200, 202].contains(&status), "{path}: {answer}");
    }
}

/// A projector that believes what the console says of addresses.
async fn believing(bank: &Operated) -> Projector {
    let projector = bank.fixture.start(Config { trust_forwarded_for: true, ..bank.config() }).await;
    bank.fixture.open_accounts(5).await;
    bank.fixture.level().await;
    projector
}

/// The list, with these parameters.
async fn list(bank: &Operated, projector: &Projector, parameters: &str) -> (Vec<Value>, Value) {
    let (status, mut page) = bank.ask(projector, "GET", &format!("actions?{parameters}"), None).await;
    assert_eq!(status, 200, "{parameters}: {page}");
    let Value::Array(items) = page["items"].take() else { panic!("{page}") };
    (items, page["next_cursor"].take())
}

/// Does everything once, each from an address of its own.
async fn everything(bank: &Operated, projector: &Projector, minji: &Minji) {
    for (path, from) in [("pause", "192.0.2.1"), ("resume", "192.0.2.2"), ("retry", "192.0.2.3")] {
        minji.acts(projector, path, from).await;
    }
    minji.acts(projector, "rebuild", "192.0.2.4").await;
    bank.rebuild_once(projector, "accounts", ended).await;
    minji.acts(projector, "promote", "192.0.2.5").await;
    minji.acts(projector, "rollback", "192.0.2.6").await;
    // Nothing waits behind it, so that the first try lifts it.
    let park = r#"insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
                  values ('accounts', 1, 'a "key"', 1, 'a test', 'somebody')"#;
    sqlx::raw_sql(park).execute(&bank.fixture.views.pool).await.expect("parked");
    minji.acts(projector, "parked/retry", "192.0.2.7").await;
}

#[tokio::test]
async fn each_act_says_who_from_where_before_and_after() {
    let bank = Operated::new().await;
    let projector = believing(&bank).await;
    let minji = Minji::at(&bank);
    everything(&bank, &projector, &minji).await;
    let expected = [
        ("pause", 1, "pause", json!({"paused": false}), json!({"paused": true})),
        ("resume", 1, "resume", json!({"paused": true}), json!({"paused": false})),
        ("retry", 1, "retry", json!({"stuck": false}), Value::Null),
        ("rebuild", 2, "rebuild", Value::Null, Value::Null),
        ("promote", 2, "promote", json!({"live": 1}), json!({"live": 2})),
        ("rollback", 1, "rollback", json!({"live": 2}), json!({"live": 1})),
        (
            "retry parked",
            1,
            "parked/retry",
            json!({"parked": true, "events": 0}),
            json!({"parked": false, "events": 0}),
        ),
    ];
    let (mut items, next) = list(&bank, &projector, "").await;
    assert_eq!((items.len(), &next), (expected.len(), &Value::Null), "{items:?}");
    items.reverse();
    for (number, (item, (what, generation, path, before, after))) in items.iter().zip(expected).enumerate() {
        assert_eq!((&item["what"], &item["generation"]), (&json!(what), &json!(generation)), "{item}");
        assert_eq!((&item["who"], &item["view"]), (&json!(format!("operator {}", minji.id)), &json!("accounts")));
        assert_eq!((&item["operator_id"], &item["session_id"]), (&json!(minji.id), &json!(minji.session)), "{item}");
        assert_eq!(item["address"], format!("192.0.2.{}", number + 1), "{item}");
        assert_eq!(item["reason"], format!("why {path}"), "{item}");
        assert_eq!((&item["details"]["before"], &item["details"]["after"]), (&before, &after), "{item}");
    }
    assert_eq!(items[6]["details"]["key"], "a \"key\"");
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn the_list_is_filtered_and_goes_on() {
    let bank = Operated::new().await;
    let projector = believing(&bank).await;
    let minji = Minji::at(&bank);
    everything(&bank, &projector, &minji).await;
    // Somebody else, with a token of the signing key.
    bank.order(&projector, "accounts/pause", "a look").await;
    let (all, _) = list(&bank, &projector, "").await;
    assert_eq!(all.len(), 8);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for most in [3, 3, 2] {
        let (items, next) = list(&bank, &projector, &format!("limit=3{cursor}")).await;
        assert_eq!(items.len(), most);
        found.extend(items);
        cursor = next.as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((&found, cursor.as_str()), (&all, ""), "every one once, in order");

    let of = async |parameters: String| list(&bank, &projector, &parameters).await.0;
    let (hers, at) = (format!("operator={}", minji.id), all[4]["at"].as_str().expect("a time"));
    assert_eq!(of(hers.clone()).await, all[1..]);
    assert_eq!(of(format!("operator={}", bank.operator.uuid())).await, all[..1]);
    assert_eq!(of(format!("operator={}", RandomIds.fresh())).await, [] as [Value; 0]);
    assert_eq!((of("view=accounts".to_owned()).await, of("view=transfers".to_owned()).await), (all.clone(), vec![]));
    assert_eq!((of(format!("from={at}")).await, of(format!("to={at}")).await), (all[..5].to_vec(), all[5..].to_vec()));
    assert_eq!(of(format!("{hers}&from={at}")).await, all[1..5]);

    // A cursor of one list would skip items of another.
    let (_, next) = list(&bank, &projector, "limit=1").await;
    let next = next.as_str().expect("it goes on");
    for wrong in [format!("{hers}&cursor={next}"), format!("cursor={next}x"), "cursor=x".to_owned()] {
        let refused = bank.ask(&projector, "GET", &format!("actions?{wrong}"), None).await;
        assert_eq!(problem(&refused), (400, "cursor-invalid"), "{wrong}");
    }
    for wrong in ["limit=0", "limit=101", "operator=x", "view=A", "from=yesterday", "who=x", "limit=1&limit=2"] {
        let refused = bank.ask(&projector, "GET", &format!("actions?{wrong}"), None).await;
        assert_eq!(problem(&refused), (400, "validation-failed"), "{wrong}");
    }
    for role in [Role::Member, Role::Service] {
        let refused = projector.send("GET", "/v1/views/actions", Some(&bank.token(role)), None).await;
        assert_eq!(problem(&refused), (403, "forbidden"));
    }
    assert_eq!(problem(&projector.send("GET", "/v1/views/actions", None, None).await), (401, "unauthorized"));
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn an_address_is_believed_with_the_setting_alone_and_a_session_is_not_invented() {
    let bank = Operated::new().await;
    let projector = bank.start(1).await;
    let minji = Minji::at(&bank);
    minji.acts(&projector, "pause", "192.0.2.1").await;
    bank.order(&projector, "accounts/resume", "looked").await;
    let (items, _) = list(&bank, &projector, "").await;
    let [resumed, paused] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((&paused["address"], &paused["session_id"]), (&json!("127.0.0.1"), &json!(minji.session)));
    let operator = json!(bank.operator.uuid());
    assert_eq!((&resumed["operator_id"], &resumed["session_id"]), (&operator, &Value::Null), "{resumed}");
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn a_rebuild_that_goes_on_after_a_restart_still_names_who_asked() {
    let bank = Operated::new().await;
    let projector = believing(&bank).await;
    let minji = Minji::at(&bank);
    let held = bank.hold("accounts").await;
    let body = json!({"reason": "a column was wrong", "promote": true});
    let (status, asked) = minji.ask(&projector, "rebuild", "192.0.2.9", body).await;
    assert_eq!(status, 202, "{asked}");
    projector.stop().await;
    held.close().await.expect("closed");
    let projector = believing(&bank).await;
    bank.rebuild_once(&projector, "accounts", ended).await;
    let (items, _) = list(&bank, &projector, &format!("operator={}", minji.id)).await;
    let told = items.iter().map(|item| (&item["what"], &item["session_id"], &item["address"]));
    let (session, address) = (json!(minji.session), json!("192.0.2.9"));
    let expected = [json!("promote"), json!("rebuild")];
    assert!(told.eq(expected.iter().map(|what| (what, &session, &address))), "{items:?}");
    projector.stop().await;
    bank.end().await;
}
