//! Races for names, and against an erasure.

use futures::future::join_all;
use kernel::{Ids, RandomIds};
use serde_json::json;

use crate::support::{
    ALL, Teller, Town,
    people::{By, Newcomer, code_after, post, told},
    teller::fresh_key,
};

const CROWD: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_sign_ups_with_one_login_id_make_one_member() {
    let mut town = Town::start(&ALL).await;
    town.bank.start(&[harness::chaos::Part::Command(1)]).await.unwrap();
    let doors = [town.stranger(), town.teller_with(1, RandomIds.fresh(), String::new())];
    let login_id = Newcomer::new(By::Email).login_id;
    let people: Vec<_> =
        (0..CROWD).map(|_| Newcomer { login_id: login_id.clone(), ..Newcomer::new(By::Email) }).collect();
    let asked = people
        .iter()
        .enumerate()
        .map(async |(number, person)| post(&doors[number % 2], "/v1/signups", &fresh_key(), &person.wish()).await);
    let answers = join_all(asked).await;
    let mut joined = 0;
    for (person, answer) in people.iter().zip(&answers) {
        if answer.status != 202 {
            assert_eq!((answer.status, answer.code()), (409, "login-id-taken"), "{}", answer.body);
            continue;
        }
        let code = code_after(&town.catcher, &person.contact, 0).await;
        person.verify(&doors[0], answer.id("signup_id"), &code).await.expect(201);
        joined += 1;
    }
    assert_eq!(joined, 1, "the first has it, and the others are told so at once");
    assert_eq!(town.count_events("MemberJoined").await, 1);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_sign_ups_with_one_contact_make_one_member() {
    let mut town = Town::start_with(&ALL, &[("JANGBU_CODE_DELAYS", "1,1,1")]).await;
    town.bank.start(&[harness::chaos::Part::Command(1)]).await.unwrap();
    let doors = [town.stranger(), town.teller_with(1, RandomIds.fresh(), String::new())];
    let contact = By::Phone.fresh();
    let people: Vec<_> =
        (0..CROWD).map(|_| Newcomer { contact: contact.clone(), ..Newcomer::new(By::Phone) }).collect();
    let asked = people.iter().enumerate().map(async |(number, person)| person.sign_up(&doors[number % 2]).await);
    let sign_ups = join_all(asked).await;
    // All but the last one decided have ended; what that one is, only its answer tells.
    let tried = people.iter().zip(&sign_ups).map(async |(person, id)| person.verify(&doors[0], *id, "000000").await);
    let mut open = Vec::new();
    for (number, answer) in join_all(tried).await.iter().enumerate() {
        match answer.code() {
            "signup-ended" => {}
            "code-wrong" => open.push(number),
            _ => panic!("{}", answer.body),
        }
    }
    let [last] = open[..] else { panic!("{} sign-ups of one contact are open", open.len()) };
    // Fifty codes went to one number: the one asked for now is surely the last one's.
    let path = format!("/v1/signups/{}/resend", sign_ups[last]);
    let before = crate::support::eventually("another code may be asked for", async || {
        let before = told(&town.catcher, &contact).len();
        let answer = post(&doors[0], &path, &fresh_key(), &json!({})).await;
        if answer.status == 202 { Ok(before) } else { Err(answer.body.to_string()) }
    })
    .await;
    let code = code_after(&town.catcher, &contact, before).await;
    people[last].verify(&doors[1], sign_ups[last], &code).await.expect(201);
    assert_eq!(town.count_events("MemberJoined").await, 1);
    for (number, person) in people.iter().enumerate().take(5) {
        assert_eq!(person.log_in(&doors[0]).await.status, if number == last { 201 } else { 401 });
    }
    town.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_verifications_at_once_make_one_member() {
    let mut town = Town::start(&ALL).await;
    let (door, person) = (town.stranger(), Newcomer::new(By::Email));
    let sign_up = person.sign_up(&door).await;
    let code = code_after(&town.catcher, &person.contact, 0).await;
    let answers = join_all((0..CROWD).map(async |_| person.verify(&door, sign_up, &code).await)).await;
    let joined = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(joined, 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "signup-ended"));
    assert_eq!(town.count_events("MemberJoined").await, 1);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_in_the_moment_of_expiry_makes_a_member_or_none() {
    let mut town = Town::start_with(&ALL, &[("JANGBU_SIGN_UP_SECONDS", "3"), ("JANGBU_CODE_SECONDS", "3")]).await;
    let door = town.stranger();
    let people: Vec<_> = (0..24).map(|_| Newcomer::new(By::Email)).collect();
    let catcher = &town.catcher;
    let verified = join_all(people.iter().enumerate().map(async |(number, person)| {
        let began = std::time::Instant::now();
        let sign_up = person.sign_up(&door).await;
        let code = code_after(catcher, &person.contact, 0).await;
        // Around the end of the three seconds, each at another moment.
        let moment = std::time::Duration::from_millis(2_700 + 30 * number as u64);
        tokio::time::sleep(moment.saturating_sub(began.elapsed())).await;
        person.verify(&door, sign_up, &code).await
    }))
    .await;
    let mut joined = 0;
    for (person, answer) in people.iter().zip(&verified) {
        let login = person.log_in(&door).await;
        if answer.status == 201 {
            joined += 1;
            login.expect(201);
        } else {
            assert!(matches!(answer.code(), "signup-ended" | "code-expired"), "{}", answer.body);
            login.expect_problem(401, "credentials-wrong");
        }
    }
    assert_eq!(town.count_events("MemberJoined").await, joined);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_opened_while_their_owner_leaves_are_closed_in_the_end() {
    let mut town = Town::start(&ALL).await;
    let (door, person) = (town.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&door, &town.catcher).await;
    let opening = join_all((0..20).map(async |_| {
        let answer = insider.teller.post("/v1/accounts", json!({"asset": "KRW"})).await;
        assert!(matches!(answer.status, 201 | 401 | 503), "{}", answer.body);
    }));
    let key = fresh_key();
    let (_, answer) = tokio::join!(opening, insider.leave(&person.password, &key));
    let erasure = if answer.status == 202 {
        answer.id("erasure_id")
    } else {
        assert_eq!(answer.code(), "accounts-open");
        close_all(&town, &insider.teller).await;
        insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id")
    };
    town.certificate(erasure).await;
    assert_eq!(town.count_events("MemberErased").await, 1);
    let ledger = town.close().await;
    assert!(ledger.members().all(|(_, account)| account.status == "closed"));
}

async fn close_all(town: &Town, owner: &Teller) {
    let ledger = town.ledger().await;
    for (account, _) in ledger.members().filter(|(_, account)| account.status == "open") {
        owner.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    }
}
