//! The canary: somebody with a name like no other uses everything, leaves, and is nowhere any more.

use harness::{
    chaos::{Ground, Part},
    search::{Finding, Words},
};
use serde_json::json;

use crate::support::{
    ALL, Town, eventually,
    people::{By, Insider, Newcomer, code_after, message_after, other_than, post, told},
    teller::fresh_key,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_member_who_was_erased() {
    let ground = Ground::start().await.unwrap();
    let mut town = Town::start_on_ground(&ground, &ALL).await;
    let canary = Newcomer::new(By::Email);
    let second_contact = By::Phone.fresh();
    let new_password = format!("{}-again", canary.password);
    let insider = uses_everything(&mut town, &canary, &second_contact, &new_password).await;

    let erasure = insider.leave(&new_password, &fresh_key()).await.expect(202).id("erasure_id");
    town.certificate(erasure).await;
    town.wait_until_level().await;

    let shown_number = second_contact.trim_start_matches('+').to_owned();
    let words = [
        &canary.real_name,
        &canary.login_id,
        &canary.contact,
        &shown_number,
        &canary.password,
        &insider.refresh_token,
        &insider.teller.token,
    ];
    let found = everywhere(&mut town, &ground, &Words::new(words).unwrap()).await;
    assert_eq!(found.found, Vec::<String>::new());
    assert!(found.bytes > 10_000_000, "{} bytes were looked through", found.bytes);
    // The same search finds what is there to be found.
    let control = everywhere(&mut town, &ground, &Words::new(["a memo like no other"]).unwrap()).await;
    assert_eq!(control.found, ["a memo like no other"]);
    town.close().await;
}

/// Every call there is for a member, the wrong ways included: what is refused is logged and counted, too.
async fn uses_everything(town: &mut Town, canary: &Newcomer, second_contact: &str, new_password: &str) -> Insider {
    let door = town.stranger();
    let sign_up = canary.sign_up(&door).await;
    let code = code_after(&town.catcher, &canary.contact, 0).await;
    canary.verify(&door, sign_up, &other_than(&code)).await.expect_problem(422, "code-wrong");
    let member = canary.verify(&door, sign_up, &code).await.expect(201).id("member_id");
    for (field, bad) in [("real_name", json!("")), ("password", json!("short")), ("login_id", json!("NO"))] {
        let mut wish = canary.wish();
        wish[field] = bad;
        post(&door, "/v1/signups", &fresh_key(), &wish).await.expect_problem(400, "validation-failed");
    }
    let mistyped = Newcomer { password: format!("{}!", canary.password), ..canary.clone() };
    mistyped.log_in(&door).await.expect_problem(401, "credentials-wrong");
    let taken = Newcomer { login_id: canary.login_id.clone(), ..Newcomer::new(By::Email) };
    post(&door, "/v1/signups", &fresh_key(), &taken.wish()).await.expect_problem(409, "login-id-taken");
    let decoy = Newcomer { contact: canary.contact.clone(), ..Newcomer::new(By::Email) };
    decoy.sign_up(&door).await;
    message_after(&town.catcher, &canary.contact, 1).await;

    let insider = canary.enter(&door, member).await;
    pays(town, &insider).await;
    let contact = json!({"contact": {"channel": "phone", "value": second_contact}});
    assert_eq!(insider.post("/v1/members/me/contact", contact).await.status, 202);
    let code = code_after(&town.catcher, second_contact, 0).await;
    let changed = insider.post("/v1/members/me/contact/verify", json!({"code": code})).await;
    assert!(changed.status < 300, "{}", changed.body);
    let body = json!({"current": canary.password, "new": new_password});
    insider.post("/v1/members/me/password", body).await.expect(204);
    // To the new contact: its code, and the notice of the password.
    eventually("both messages", async || {
        let told = told(&town.catcher, second_contact);
        if told.len() > 1 { Ok(()) } else { Err(format!("{told:?}")) }
    })
    .await;
    Newcomer { password: new_password.to_owned(), ..canary.clone() }.enter(&door, member).await
}

/// Money comes and goes; whoever pays sees the canary's masked name, and the canary their own.
async fn pays(town: &mut Town, insider: &Insider) {
    let (friend, at_friends) = town.funded_member(1_000).await;
    let account = insider.teller.open("KRW").await;
    let body = json!({
        "source": at_friends, "destination": account, "memo": "a memo like no other",
        "money": {"asset": "KRW", "amount": "400"},
    });
    let paid = friend.post("/v1/transfers", body).await.expect(201);
    let shown = insider.teller.get_at(&format!("/v1/accounts/{account}"), paid.token()).await.expect(200);
    let number = shown.text("account_number");
    friend.get_at(&format!("/v1/payees?account_number={number}"), paid.token()).await.expect(200);
    insider.teller.get_at("/v1/wallet/home", paid.token()).await.expect(200);
    insider.teller.get_at("/v1/members/me", paid.token()).await.expect(200);
    insider.teller.transfer(account, at_friends, 400).await.expect(201);
    insider.teller.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
}

/// Every store there is: dumps of the databases, the raw files of Postgres (its write-ahead log included) and NATS, the
/// logs, and the metrics.
async fn everywhere(town: &mut Town, ground: &Ground, words: &Words) -> Finding {
    let pair = town.pair.clone();
    let mut finding = Finding::default();
    for database in [&pair.log, &pair.views, &pair.vault] {
        finding = finding.join(words.in_database(&database.superuser_url()).unwrap());
    }
    for folder in [ground.folder().to_owned(), town.logs()] {
        finding = finding.join(words.in_folder(&folder).unwrap());
    }
    for part in [Part::Command(0), Part::Relay, Part::Projector, Part::Query] {
        let address = town.bank.address(part).unwrap();
        finding = finding.join(words.in_page(&format!("http://{address}/metrics")).await.unwrap());
    }
    finding
}
