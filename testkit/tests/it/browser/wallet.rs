//! A member's life in the wallet: from the sign-up to the certificate of erasure.

use serde_json::json;
use uuid::Uuid;

use super::{
    person::{Person, text_of},
    scene::{Scene, opened},
};
use crate::support::{
    TestClient, money,
    people::{By, Newcomer, codes},
};

/// Whom the member pays.
struct Payee {
    client: TestClient,
    account: Uuid,
    number: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_joins_pays_and_leaves() {
    let mut scene = Scene::start().await;
    let (_, insider) = scene.member("홍길동").await;
    let (account, number) = opened(&insider.client).await;
    let payee = Payee { client: insider.client, account, number };
    let newcomer = Newcomer { real_name: "김새봄".to_owned(), ..Newcomer::new(By::Email) };
    let person = Person::start(&scene.url).await;

    signs_up(&person, &newcomer).await;
    let account = opens_an_account(&person).await;
    sees_money_come(&mut scene, &person, account).await;
    pays(&person, &payee).await;
    shows_a_code(&person).await;
    person.open(&format!("/wallet/accounts/{account}")).await;
    person.see("lunch").await;
    person.see("1,500").await;
    has_a_hold(&mut scene, &person, &newcomer, account, &payee).await;
    has_a_standing_order(&person, &payee).await;
    leaves(&person, &newcomer, account, &payee).await;
    drop(person);
    scene.close().await;
}

async fn signs_up(person: &Person, newcomer: &Newcomer) {
    person.open("/wallet").await;
    person.click("Sign up").await;
    let fields: [(&str, &str); 6] = [
        ("Login id", &newcomer.login_id),
        ("Password", &newcomer.password),
        ("Name", &newcomer.real_name),
        ("Send the code by", "E-mail"),
        ("E-mail address or telephone number", &newcomer.contact),
        ("I agree to: the terms of use", "yes"),
    ];
    person.send("Send the code", &fields).await;
    person.see("Enter the code").await;
    person.open("/wallet/mail").await;
    let code = person
        .until("the mail is caught", async || {
            person.chrome.client.refresh().await.map_err(text_of)?;
            let text = person.text().await?;
            codes(&text).first().cloned().ok_or(text)
        })
        .await;
    person.open("/wallet/signup/verify").await;
    person.send("Confirm", &[("Code", &code)]).await;
    person.see("You are a member now. Log in.").await;
    person.send("Log in", &[("Login id", &newcomer.login_id), ("Password", &newcomer.password)]).await;
    person.see("Wallet of 김새봄").await;
}

async fn opens_an_account(person: &Person) -> Uuid {
    person.see("There is no account yet.").await;
    person.send("Open", &[("Asset", "KRW")]).await;
    person.see("The account is open.").await;
    person.open("/wallet").await;
    let link = "return document.querySelector(\"main a[href^='/wallet/accounts/']\")?.getAttribute('href') ?? ''";
    person
        .until("the account is shown", async || {
            let href = person.script(link).await;
            let id = href.as_str().and_then(|href| href.rsplit('/').next()).unwrap_or_default();
            id.parse::<Uuid>().map_err(|error| error.to_string())
        })
        .await
}

/// Without a reload, and without anybody who does anything.
async fn sees_money_come(scene: &mut Scene, person: &Person, account: Uuid) {
    person.open("/wallet").await;
    person.script("window.__same = true").await;
    scene.deposit(account, 50_000, "salary").await;
    person.see("50,000 KRW").await;
    assert_eq!(person.script("return window.__same").await, true, "the page was not loaded again");
}

async fn pays(person: &Person, payee: &Payee) {
    person.open("/wallet/pay").await;
    person.send("Next", &[("Account number", &payee.number), ("Amount", "1500"), ("Memo", "lunch")]).await;
    person.see("Is this right?").await;
    person.see("홍*동").await;
    let text = person.text().await.unwrap();
    assert!(text.contains("1,500 KRW") && text.contains("lunch") && !text.contains("홍길동"), "{text}");
    person.send("Pay now", &[]).await;
    person.see("It was paid.").await;
}

async fn shows_a_code(person: &Person) {
    person.open("/wallet/code").await;
    person.send("Show a code", &[("At most", "10000")]).await;
    person.see("Show this at the till.").await;
    let drawn = "return document.querySelectorAll('svg[role=img] path').length";
    assert_eq!(person.script(drawn).await, 2, "a QR code and a barcode");
    let digits = "return document.querySelector('main').innerText.match(/[0-9][0-9 ]{18,}/)?.[0] ?? ''";
    assert_ne!(person.script(digits).await, "", "and digits to be typed");
}

async fn has_a_hold(scene: &mut Scene, person: &Person, newcomer: &Newcomer, account: Uuid, payee: &Payee) {
    let anonymous = scene.app.stranger();
    let token = newcomer.log_in(&anonymous).await.expect(201).text("access_token");
    let member = scene.app.client_with(0, Uuid::nil(), token);
    let hold = json!({"source": account, "destination": payee.account, "money": money("KRW", 2_000), "memo": "hotel"});
    let hold = member.post("/v1/holds", hold).await.expect(201).id("hold_id");
    person.open("/wallet").await;
    person.see("hotel").await;
    person.see("46,500 KRW").await;
    person.open(&format!("/wallet/holds?account={account}")).await;
    person.click_first_row().await;
    person.see("2,000 KRW").await;
    payee.client.post(&format!("/v1/holds/{hold}/release"), json!({})).await.expect(200);
    person.reload_until("released").await;
}

async fn has_a_standing_order(person: &Person, payee: &Payee) {
    person.open("/wallet/orders").await;
    person.click("New standing order").await;
    let order: [(&str, &str); 4] =
        [("Account number", &payee.number), ("Amount", "300"), ("Memo", "rent"), ("How often", "every month")];
    person.send("Next", &order).await;
    person.see("Is this right?").await;
    person.send("Place the order", &[]).await;
    person.see("The standing order was placed.").await;
    person.send("Pause", &[]).await;
    person.see("The standing order is paused.").await;
    person.send("Cancel", &[]).await;
    person.see("The standing order was cancelled.").await;
}

async fn leaves(person: &Person, newcomer: &Newcomer, account: Uuid, payee: &Payee) {
    person.open("/wallet/pay").await;
    person.send("Next", &[("Account number", &payee.number), ("Amount", "48500")]).await;
    person.send("Pay now", &[]).await;
    person.see("It was paid.").await;
    person.open(&format!("/wallet/accounts/{account}")).await;
    person.send("Close the account", &[]).await;
    person.see("The account is closed.").await;
    person.open("/wallet/leave").await;
    let sure = "I know that this cannot be undone.";
    person.send("Leave for good", &[("Password", &newcomer.password), (sure, "yes")]).await;
    person.see("Certificate of erasure").await;
    person.reload_until("What was destroyed").await;
    // Nobody gets in any more.
    person.open("/wallet/login").await;
    person.send("Log in", &[("Login id", &newcomer.login_id), ("Password", &newcomer.password)]).await;
    person.see("The login id or the password is wrong.").await;
}
