//! A gift card: what is bought, and its code once the issuer has sent it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use uuid::Uuid;

use super::{member::LoggedIn, own::Money};
use crate::{
    client::{Address, Failure},
    format::Moment,
    live::{self, Pulse},
    page::{Page, show},
    visit::Visit,
};

#[derive(Deserialize)]
struct GiftCard {
    gift_card_id: Uuid,
    state: String,
    product: String,
    money: Money,
    account_id: String,
    code: Option<String>,
    started_at: String,
    ended_at: Option<String>,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "wallet/_gift_card.html")]
struct Figures {
    page: Page,
    id: String,
    state: String,
    tone: String,
    product: String,
    money: String,
    account: String,
    /// Whoever has it has the money.
    code: Option<String>,
    began: Moment,
    ended: Moment,
}

#[derive(Template)]
#[template(path = "wallet/gift_card.html")]
struct Screen {
    page: Page,
    id: String,
    figures: Figures,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "outside-kind-gift-card").await;
    let card = read(&visit, id).await?;
    Ok(show(&Screen { id: card.gift_card_id.to_string(), figures: figures(&page, card), page }))
}

/// `/wallet/live/gift-cards/{id}`
pub(crate) async fn live(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Response {
    live::part(visit, Pulse::Every, move |visit: Visit| async move {
        let page = Page::new(&visit, "outside-kind-gift-card").await;
        let card = read(&visit, id).await?;
        live::rendered(&figures(&page, card))
    })
}

async fn read(visit: &Visit, id: Uuid) -> Result<GiftCard, Failure> {
    visit.get(Address::query("/v1/gift-cards").segment(&id.to_string())).await
}

fn figures(page: &Page, card: GiftCard) -> Figures {
    Figures {
        page: page.clone(),
        id: card.gift_card_id.to_string(),
        state: page.word("outside-state", &card.state),
        tone: card.state,
        product: card.product,
        money: page.format.money(&card.money.amount, &card.money.asset),
        account: card.account_id,
        code: card.code,
        began: page.format.time(&card.started_at),
        ended: card.ended_at.map(|at| page.format.time(&at)).unwrap_or_default(),
    }
}
