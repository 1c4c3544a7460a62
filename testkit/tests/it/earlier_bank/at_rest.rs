//! A bank from before holds and key epochs, whose log is converted: upgraded while nothing runs.

use kernel::{Ids, RandomIds, Role};
use serde_json::json;
use testkit::chaos::Jangbu;

use super::{Earlier, id, jangbu, members_are_known, old_keys_get_their_old_answers, what_was_recorded_is_still_there};
use crate::support::{
    ALL, TestApp,
    people::{By, Newcomer},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_of_the_build_of_2026_11_28_upgrades_and_goes_on() {
    let earlier = Earlier::of("2026-11-28");
    let mut app = TestApp::restore(&earlier.folder).await;
    let jangbu = jangbu(&app);
    jangbu.run(&["migrate", "up"]).await.unwrap();
    jangbu.run(&["log", "convert", "--yes"]).await.unwrap();
    // Each new generation is compared with what the earlier build wrote before it is promoted.
    jangbu.run(&["views", "upgrade", "--reason", "newer versions"]).await.unwrap();
    app.bank.start(&ALL).await.unwrap();
    app.wait_until_level().await;

    what_was_recorded_is_still_there(&mut app, &earlier, &[]).await;
    let without = |answer: &str| without_held_funds(&without_assets_of_postings(answer));
    old_keys_get_their_old_answers(&mut app, &earlier, without).await;
    jangbu.run(&["log", "verify"]).await.unwrap();
    old_copies_end(&mut app, &jangbu, &earlier).await;
    members_are_known(&mut app, &earlier).await;
    // The sign-up that was pending is over by now; what it had reserved is free.
    let dora = Newcomer { login_id: "dora_alt".to_owned(), ..Newcomer::new(By::Email) };
    dora.join(&app.stranger(), &app.catcher).await;
    money_goes_on(&mut app, &earlier).await;
    jangbu.run(&["views", "rebuild", "--all", "--reason", "after the upgrade"]).await.unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

/// The key that wrapped everything is the first epoch. When it is destroyed, so are the copies of what was erased before.
async fn old_copies_end(app: &mut TestApp, jangbu: &Jangbu, earlier: &Earlier) {
    let erasure = id(&earlier.kept["erasure"]);
    let certificate = app.certificate(erasure).await;
    // Which keys had wrapped the data key was not noted then: all that were there have to be destroyed first.
    assert!(certificate.body["key_epochs"].is_null(), "{}", certificate.body);
    assert!(certificate.body["copies_unreadable_from"].is_null(), "{}", certificate.body);
    assert!(certificate.body["copies_unreadable_planned"].is_string(), "{}", certificate.body);
    let kek = app.keys.kek();
    let keys = jangbu.run(&["vault", "status", "--kek", &kek]).await.unwrap();
    assert_eq!((&keys[0]["epoch"], &keys[0]["state"]), (&json!(1), &json!("current")), "{keys}");
    let rotated = jangbu.run(&["vault", "rotate", "--kek", &kek, "--destroy-retired", "--yes"]).await.unwrap();
    assert_eq!((&rotated["dropped"][0], &rotated["lost"]), (&keys[0]["kek"], &json!(0)), "{rotated}");
    let certificate = app.certificate(erasure).await;
    assert!(certificate.body["copies_unreadable_from"].is_string(), "{}", certificate.body);
}

/// An answer without what each of its postings has gained since: the asset after the account.
fn without_assets_of_postings(text: &str) -> String {
    let mut parts = text.split(r#","asset":""#);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (asset, rest) = part.split_once('"').unwrap();
        let before = plain.len().checked_sub(r#""account_id":"""#.len() + 36).map(|at| &plain[at..]);
        if before.is_some_and(|before| before.starts_with(r#""account_id":""#)) && rest.starts_with(r#","amount":"#) {
            plain.push_str(rest);
        } else {
            plain.push_str(&format!(r#","asset":"{asset}"{rest}"#));
        }
    }
    plain
}

/// An account without what it has gained since: nothing of it was held then, and a freeze stopped everything.
fn without_held_funds(text: &str) -> String {
    let Some((before, rest)) = text.split_once(r#","held":"0","available":""#) else { return text.to_owned() };
    let (available, rest) = rest.split_once('"').unwrap();
    assert!(before.ends_with(&format!(r#""balance":"{available}""#)), "{text}");
    let freeze = if before.contains(r#""status":"frozen""#) { r#","freeze":"all""# } else { r#","freeze":null"# };
    format!("{before}{}", rest.strip_prefix(freeze).unwrap_or_else(|| panic!("{text}")))
}

async fn money_goes_on(app: &mut TestApp, earlier: &Earlier) {
    let anna = app.client(Role::Member, earlier.member("anna"));
    let rent = earlier.answers().iter().find(|old| old["body"]["memo"] == "rent 월세").unwrap();
    let (source, number) = (&rent["body"]["source"], &rent["body"]["destination"]);
    let balance = anna.get(&format!("/v1/accounts/{}", source.as_str().unwrap())).await.expect(200);
    let before: i64 = balance.text("balance").parse().unwrap();
    let body = json!({"source": source, "destination": number, "money": {"asset": "KRW", "amount": "7"}});
    // An earlier build may have carried this key out, and it would have given the command an id without the key's time.
    let key = RandomIds.fresh().to_string();
    let paid = anna.post_keyed("/v1/transfers", &key, body).await.expect(201);
    assert_ne!(app.newest_command().await.to_string()[..13], key[..13]);
    let line = paid.body["postings"].as_array().unwrap().iter().find(|line| line["account_id"] == *source).unwrap();
    assert_eq!(line["balance_after"], (before - 7).to_string());
    let account = anna.post("/v1/accounts", json!({"asset": "USD"})).await.expect(201);
    anna.post(&format!("/v1/accounts/{}/close", account.text("account_id")), json!({})).await.expect(200);
}
