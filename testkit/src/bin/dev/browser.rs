//! What somebody opens first. It is printed last, so that it stands at the end of a long output.

use testkit::kit::Place;

use crate::{
    environment::Environment,
    operators,
    processes::{CONSOLE, MAIL},
    say,
};

/// Where the wallet and the operators' screens are, and who logs in to them with what.
pub fn show(place: &Place, environment: &Environment) {
    let Some(url) = environment.get("JANGBU_CONSOLE_URL") else { return };
    say::heading("In the browser");
    // Mail goes elsewhere if there is a mail server of one's own.
    let catches = environment.get("JANGBU_MAIL_URL").is_some();
    for (name, detail) in lines(url, catches, &operators::known(place)) {
        say::step(name, &detail);
    }
    say::note("docs/first-steps.md goes on from here");
}

fn lines(url: &str, catches: bool, operators: &[&'static str]) -> Vec<(&'static str, String)> {
    let mail = catches.then(|| (MAIL, format!("{url}/wallet/mail, what members are sent")));
    let places =
        [("wallet", format!("{url}/wallet, for members: sign up there")), (CONSOLE, format!("{url}, for operators"))];
    let operator = |name: &&'static str| {
        let detail =
            format!("an operator; password in .jangbu/operators/{name}.json, code: ./justw operator-code {name}");
        (*name, detail)
    };
    places.into_iter().chain(mail).chain(operators.iter().map(operator)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_first_steps_show_what_is_printed() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/first-steps.md");
        let page = std::fs::read_to_string(page).expect("the page");
        for (name, detail) in lines("http://127.0.0.1:7005", true, &operators::NAMES) {
            let line = format!("{name:<15} {detail}");
            assert!(page.contains(&line), "the page does not show: {line}");
        }
    }
}
