//! The forms of operators: one is added, given another role, has a session ended, or changes the own password.

use uuid::Uuid;

use crate::{
    form::{Field, Form},
    page::{Choice, Page},
};

const ROLES: [&str; 4] = ["viewer", "support", "operator", "admin"];
/// Nobody says which of them was wrong.
const OF_CREDENTIALS: &[&str] = &["credentials-wrong"];

pub(super) fn add_form(page: &Page) -> Form {
    let roles = page.choices("role", &ROLES, "viewer");
    Form::new(page, "/operators", "operator-add")
        .helped("operator-add-help")
        .field(Field::line("name", "login-name", 32).at_least(3).about(&["operator-name-taken"]))
        .field(Field::choice("role", "column-role", roles))
        .field(Field::reason())
}

/// With the role that they have.
pub(super) fn role_form(page: &Page, id: Uuid, role: &str) -> Form {
    let roles = page.choices("role", &ROLES, role);
    Form::new(page, &format!("/operators/{id}/role"), "operator-set-role")
        .field(Field::choice("role", "column-role", roles).about(&["last-admin"]))
        .field(Field::reason())
}

/// Of one's own sessions it asks for no reason: they are not in the log, and nothing would keep it.
pub(super) fn end_session_form(page: &Page, id: Uuid, is_own: bool, sessions: &[&str]) -> Form {
    let sessions = sessions.iter().map(|session| Choice::plain(session)).collect();
    let form = Form::new(page, &format!("/operators/{id}/end-session"), "session-end")
        .dangerous()
        .field(Field::choice("session", "column-session", sessions).about(&["session-required"]));
    if is_own { form } else { form.field(Field::reason()) }
}

pub(super) fn password_form(page: &Page) -> Form {
    let new = |name, label| Field::password(name, label, 128, "new-password").at_least(10);
    Form::new(page, "/operators/me/password", "own-change")
        .of(&page.name())
        .field(Field::password("current", "own-current", 200, "current-password").about(OF_CREDENTIALS))
        .field(new("new", "own-new").helped("own-new-help"))
        .field(new("again", "own-again").about(&["password-differs"]))
        .field(Field::one_time_code("totp", "login-code").helped("login-code-help").about(OF_CREDENTIALS))
}
