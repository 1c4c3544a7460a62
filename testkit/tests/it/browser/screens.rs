//! Each page can be read by everybody: axe-core finds nothing, it fits on a narrow screen, in both languages, in the dark, full and empty.

use super::{
    inspection::Findings,
    person::Person,
    pictures,
    scene::{AREAS, PLAIN, Scene, Screens, enter_wallet},
};

/// The pages of the wallet that show nothing to somebody who has just come.
const EMPTY_WALLET: [(&str, &str); 8] = [
    ("wallet-home", "/wallet"),
    ("wallet-pay", "/wallet/pay"),
    ("wallet-code", "/wallet/code"),
    ("wallet-holds", "/wallet/holds"),
    ("wallet-orders", "/wallet/orders"),
    ("wallet-items", "/wallet/items"),
    ("wallet-offers", "/wallet/offers"),
    ("wallet-outside", "/wallet/outside"),
];

/// All of them in English, then in Korean.
async fn in_both_languages(findings: &mut Findings, person: &Person, screens: &Screens) {
    for (name, path) in screens {
        findings.inspect(person, "en", name, path).await;
    }
    person.click("한국어").await;
    person.see("English").await;
    for (name, path) in screens {
        findings.inspect(person, "ko", name, path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_of_operators_can_be_read_by_everybody() {
    let mut scene = Scene::start().await;
    let mut admin = scene.app.staff("minji", "admin").await;
    let filled = scene.fill(PLAIN).await;
    let mut findings = Findings::default();
    let stranger = Person::start(&scene.url).await;
    findings.inspect(&stranger, "en", "login", "/login").await;
    drop(stranger);
    let person = scene.operator(&mut admin).await;
    in_both_languages(&mut findings, &person, &filled.screens).await;
    person.click("English").await;
    person.open("/").await;
    person.see("The books are proven").await;
    pictures::take_for_readme(&person, "console-overview").await;
    drop(person);
    findings.expect_none_on(1 + 2 * filled.screens.len());
    assert_eq!(filled.screens.len(), 33);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wallet_and_empty_screens_can_be_read_by_everybody() {
    let mut scene = Scene::start().await;
    let mut admin = scene.app.staff("minji", "admin").await;
    let mut findings = Findings::default();
    let person = scene.operator(&mut admin).await;
    for (name, path) in AREAS {
        findings.inspect(&person, "en", &format!("empty-{name}"), path).await;
    }
    let (newcomer, _) = scene.member("김새봄").await;
    for (name, path) in [("wallet-login", "/wallet/login"), ("wallet-signup", "/wallet/signup")] {
        findings.inspect(&person, "en", name, path).await;
    }
    enter_wallet(&person, &newcomer).await;
    for (name, path) in EMPTY_WALLET {
        findings.inspect(&person, "en", &format!("empty-{name}"), path).await;
    }
    person.click("Log out").await;
    let filled = scene.fill(PLAIN).await;
    enter_wallet(&person, &filled.member).await;
    in_both_languages(&mut findings, &person, &filled.wallet).await;
    person.click("English").await;
    person.open("/wallet").await;
    person.see("Wallet of").await;
    pictures::take_for_readme(&person, "wallet").await;
    drop(person);
    findings.expect_none_on(AREAS.len() + 2 + EMPTY_WALLET.len() + 2 * filled.wallet.len());
    assert_eq!(filled.wallet.len(), 17);
    scene.close().await;
}
