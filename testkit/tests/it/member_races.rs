//! Races for names, and against an erasure.

use futures::future::join_all;
use kernel::{Ids, RandomIds};
use serde_json::json;

use crate::support::{
    ALL, TestApp, TestClient, eventually, fresh_key,
    people::{By, Newcomer, code_after, codes, post, texts_to},
};

const CROWD: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_sign_ups_with_one_login_id_make_one_member() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[testkit::chaos::Part::Command(1)]).await.unwrap();
    let clients = [app.stranger(), app.client_with(1, RandomIds.fresh(), String::new())];
    let login_id = Newcomer::new(By::Email).login_id;
    let people: Vec<_> =
        (0..CROWD).map(|_| Newcomer { login_id: login_id.clone(), ..Newcomer::new(By::Email) }).collect();
    let asked = people.iter().enumerate().map(async |(number, person)| {
        post(&clients[number % 2], "/v1/signups", &fresh_key(), &person.sign_up_request()).await
    });
    // All of them are pending: a login id is nobody's before a code was right.
    let sign_ups: Vec<_> = join_all(asked).await.into_iter().map(|answer| answer.expect(202).id("signup_id")).collect();
    let catcher = &app.catcher;
    let verified = people.iter().zip(&sign_ups).enumerate().map(async |(number, (person, sign_up))| {
        let code = code_after(catcher, &person.contact, 0).await;
        person.verify(&clients[number % 2], *sign_up, &code).await
    });
    let answers = join_all(verified).await;
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "login-id-taken"));
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "the first has it");
    assert_eq!(app.count_events("MemberJoined").await, 1);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_sign_ups_with_one_contact_make_one_member() {
    let settings = [("JANGBU_CONTACT_MESSAGES_PER_HOUR", "100"), ("JANGBU_CONTACT_MESSAGES_PER_DAY", "100")];
    let mut app = TestApp::start_with(&ALL, &[settings[0], settings[1], ("JANGBU_CODE_TRIES", "100")]).await;
    app.bank.start(&[testkit::chaos::Part::Command(1)]).await.unwrap();
    let clients = [app.stranger(), app.client_with(1, RandomIds.fresh(), String::new())];
    let contact = By::Phone.fresh();
    let people: Vec<_> =
        (0..CROWD).map(|_| Newcomer { contact: contact.clone(), ..Newcomer::new(By::Phone) }).collect();
    let asked = people.iter().enumerate().map(async |(number, person)| person.sign_up(&clients[number % 2]).await);
    let sign_ups = join_all(asked).await;
    let sent = eventually("every code was sent", async || {
        let sent: Vec<String> = texts_to(&app.catcher, &contact).iter().map(|text| codes(text)[0].clone()).collect();
        if sent.len() == CROWD { Ok(sent) } else { Err(format!("{} of them", sent.len())) }
    })
    .await;
    // Whose code is whose, the messages do not say: each tries all of them, until one of the fifty is a member.
    let tried = people.iter().zip(&sign_ups).enumerate().map(async |(number, (person, id))| {
        for code in &sent {
            let answer = person.verify(&clients[number % 2], *id, code).await;
            match answer.code() {
                "code-wrong" => {}
                "signup-ended" => return false,
                _ => return answer.expect(201).status == 201,
            }
        }
        panic!("no code is right for {id}")
    });
    let joined = join_all(tried).await;
    assert_eq!(joined.iter().filter(|joined| **joined).count(), 1);
    assert_eq!(app.count_events("MemberJoined").await, 1);
    for (person, joined) in people.iter().zip(&joined).take(5) {
        assert_eq!(person.log_in(&clients[0]).await.status, if *joined { 201 } else { 401 });
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_verifications_at_once_make_one_member() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let sign_up = person.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &person.contact, 0).await;
    let answers = join_all((0..CROWD).map(async |_| person.verify(&anonymous, sign_up, &code).await)).await;
    let joined = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(joined, 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "signup-ended"));
    assert_eq!(app.count_events("MemberJoined").await, 1);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_in_the_moment_of_expiry_makes_a_member_or_none() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_SIGN_UP_SECONDS", "3"), ("JANGBU_CODE_SECONDS", "3")]).await;
    let anonymous = app.stranger();
    let people: Vec<_> = (0..24).map(|_| Newcomer::new(By::Email)).collect();
    let catcher = &app.catcher;
    let verified = join_all(people.iter().enumerate().map(async |(number, person)| {
        let began = std::time::Instant::now();
        let sign_up = person.sign_up(&anonymous).await;
        let code = code_after(catcher, &person.contact, 0).await;
        // Around the end of the three seconds, each at another moment.
        let moment = std::time::Duration::from_millis(2_700 + 30 * number as u64);
        tokio::time::sleep(moment.saturating_sub(began.elapsed())).await;
        person.verify(&anonymous, sign_up, &code).await
    }))
    .await;
    let mut joined = 0;
    for (person, answer) in people.iter().zip(&verified) {
        let login = person.log_in(&anonymous).await;
        if answer.status == 201 {
            joined += 1;
            login.expect(201);
        } else {
            assert!(matches!(answer.code(), "signup-ended" | "code-expired"), "{}", answer.body);
            login.expect_problem(401, "credentials-wrong");
        }
    }
    assert_eq!(app.count_events("MemberJoined").await, joined);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_opened_while_their_owner_leaves_are_closed_in_the_end() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    let opening = join_all((0..20).map(async |_| {
        let answer = insider.client.post("/v1/accounts", json!({"asset": "KRW"})).await;
        assert!(matches!(answer.status, 201 | 401 | 503), "{}", answer.body);
    }));
    let key = fresh_key();
    let (_, answer) = tokio::join!(opening, insider.leave(&person.password, &key));
    let erasure = if answer.status == 202 {
        answer.id("erasure_id")
    } else {
        assert_eq!(answer.code(), "accounts-open");
        close_all(&app, &insider.client).await;
        insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id")
    };
    app.certificate(erasure).await;
    assert_eq!(app.count_events("MemberErased").await, 1);
    let ledger = app.close().await;
    assert!(ledger.members().all(|(_, account)| account.status == "closed"));
}

async fn close_all(app: &TestApp, owner: &TestClient) {
    let ledger = app.ledger().await;
    for (account, _) in ledger.members().filter(|(_, account)| account.status == "open") {
        owner.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    }
}
