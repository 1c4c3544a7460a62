//! Where the outside world is: at the local providers, unless there are providers of yours.

use testkit::kit::Place;

use crate::{
    environment::{Environment, Existing, text},
    say,
};

/// Sets where the local providers keep their books, so that a restart does not make them forget.
pub fn choose(place: &Place, environment: &mut Environment) {
    environment.inherit_one("JANGBU_PROVIDERS_DIR", text(&place.state.join("providers")));
}

/// Sets where each provider is reached, now that the local ones have an address.
pub fn name(existing: &Existing, in_force: &Environment, environment: &mut Environment) {
    let Some(url) = environment.get("JANGBU_PROVIDERS_URL").map(str::to_owned) else { return };
    for (name, local) in harness::settings(&url) {
        match existing.provider(in_force, name) {
            Some(theirs) => {
                say::step("provider", &format!("yours, from {name}"));
                environment.set(name, theirs);
            }
            None => {
                environment.set(name, local);
                environment.own([name].into_iter());
            }
        }
    }
}
