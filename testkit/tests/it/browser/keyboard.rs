//! Work without a mouse, and how somebody likes to read.

use super::{
    person::{ENTER, Person, TAB},
    scene::Scene,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_frozen_with_the_keyboard_alone() {
    let mut scene = Scene::start().await;
    let mut helper = scene.app.staff("helper", "support").await;
    let (_, account) = scene.app.funded_member(1_000).await;
    scene.app.wait_until_level().await;
    let person = scene.operator(&mut helper).await;
    person.open(&format!("/accounts/{account}")).await;
    person.press(&TAB.to_string()).await;
    let focused = person.script("return document.activeElement.textContent").await;
    assert_eq!(focused, "Skip to the content", "the first Tab");
    person.press(&ENTER.to_string()).await;
    assert_eq!(person.script("return document.activeElement.id").await, "main");
    let of_form = |what: &str| format!("{what} && it.form && it.form.action.endsWith('/freeze')");
    person.tab_to("the reason", &of_form("it.name === 'reason'")).await;
    person.press("lost card").await;
    person.tab_to("the button", &of_form("it.tagName === 'BUTTON'")).await;
    let outline = person.script("return getComputedStyle(document.activeElement).outlineStyle").await;
    assert_ne!(outline, "none", "where the focus is can be seen");
    person.press(&ENTER.to_string()).await;
    person.see("The account is frozen.").await;

    language_and_theme_are_kept(&person).await;
    drop(person);
    assert_eq!(scene.app.count_events("AccountFrozen").await, 1);
    scene.close().await;
}

/// From page to page, until something else is chosen.
async fn language_and_theme_are_kept(person: &Person) {
    person.open("/accounts").await;
    person.click("한국어").await;
    person.see("계좌").await;
    assert_eq!(person.path().await, "/accounts", "the same page");
    person.open("/").await;
    person.see("개요").await;
    assert_eq!(person.script("return document.documentElement.lang").await, "ko");
    person.click("English").await;
    person.see("Overview").await;
    let back = "return getComputedStyle(document.body).backgroundColor";
    for (theme, colour) in [("Dark", "rgb(16, 21, 29)"), ("Light", "rgb(255, 255, 255)")] {
        person.click(theme).await;
        person
            .until(&format!("{theme} is shown"), async || {
                let shown = person.script(back).await;
                if shown == colour { Ok(()) } else { Err(shown.to_string()) }
            })
            .await;
        person.open("/health").await;
        assert_eq!(person.script(back).await, colour, "{theme}, on the next page");
    }
}
