//! The reader themselves: who they are, this session, and their password.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{
    operator::{Session, SessionRow, session_row},
    operator_forms::password_form,
};
use crate::{
    client::{Address, Failure},
    form::Form,
    links,
    page::{Page, show},
    visit::SignedIn,
};

#[derive(Deserialize)]
struct Me {
    operator_id: String,
    name: String,
    role: String,
    session: Session,
}

#[derive(Template)]
#[template(path = "own.html")]
struct Screen {
    page: Page,
    name: String,
    role: String,
    session: SessionRow,
    href: String,
    password: Form,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "own-title");
    let me: Me = visit.get(Address::command("/v1/operators/me")).await?;
    Ok(show(&Screen {
        role: page.word("role", &me.role),
        session: session_row(&page, me.session),
        href: links::to("operator", &me.operator_id),
        name: me.name,
        password: password_form(&page),
        page,
    }))
}
