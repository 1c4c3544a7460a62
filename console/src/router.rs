//! Every address of the console.

use std::sync::Arc;

use axum::{
    Router,
    http::header,
    response::IntoResponse,
    routing::{any, get, post},
};

use crate::{assets, house::House, pages, wallet};

/// What is longer than other forms: a table of 4 MiB, which is what the command server takes, and what stands around it.
pub(crate) const LARGE_BODIES: &[(&str, usize)] = &[("/payout-runs/{id}/rows", 4 * 1024 * 1024 + 64 * 1024)];

/// The routes. A screen that is added has its lines here; its entry in the menu is in `navigation.rs`.
pub(crate) fn routes(house: Arc<House>) -> Router {
    let screens = Router::new()
        .route("/", get(pages::overview::screen))
        .route("/live/overview", get(pages::overview::live))
        .route("/login", get(pages::login::screen).post(pages::login::log_in))
        .route("/login/oidc", get(pages::oidc::begin))
        .route("/login/oidc/callback", get(pages::oidc::complete))
        .route("/logout", post(pages::login::log_out))
        .route("/preferences", post(pages::preferences::choose))
        .route("/find", get(pages::find::screen))
        .route("/accounts", get(pages::accounts::screen))
        .route("/accounts/freeze", get(pages::freeze_many::screen).post(pages::freeze_many::freeze))
        .route("/accounts/{id}", get(pages::account::screen))
        .route("/accounts/{id}/freeze", post(pages::account_acts::freeze))
        .route("/accounts/{id}/unfreeze", post(pages::account_acts::unfreeze))
        .route("/accounts/{id}/limits", post(pages::limit_forms::assign))
        .route("/accounts/{id}/holds", get(pages::holds::screen).post(pages::holds::place))
        .route("/live/accounts/{id}", get(pages::account::live))
        .route("/transfers", get(pages::transfers::screen))
        .route("/transfers/{id}", get(pages::transfer::screen))
        .route("/transfers/{id}/reverse", post(pages::transfer::reverse))
        .route("/members", get(pages::members::screen))
        .route("/members/{id}", get(pages::member::screen))
        .route("/members/{id}/disclose", post(pages::member::disclose))
        .route("/members/{id}/erase", post(pages::member::erase))
        .route("/views", get(pages::views::screen))
        .route("/live/views", get(pages::views::live))
        .route("/live/views/{name}", get(pages::view::live))
        .route("/views/{name}", get(pages::view::screen))
        .route("/views/{name}/{act}", post(pages::view::act))
        .route("/log", get(pages::log::screen))
        .route("/log/positions/{position}", get(pages::log_position::screen))
        .route("/log/streams/{stream}", get(pages::log_stream::screen))
        .route("/health", get(pages::health::screen))
        .route("/live/health", get(pages::health::live))
        .route("/health/{name}", get(pages::health_process::screen));
    let others = Router::new()
        .route("/assets/{*rest}", get(assets::serve))
        .route("/healthz", get(alive))
        .route("/{*path}", any(pages::missing::screen));
    screens.merge(money()).merge(staff()).merge(wallet::routes()).merge(others).with_state(house)
}

/// What money does beside transfers, and who does it from outside.
fn money() -> Router<Arc<House>> {
    Router::new()
        .route("/processes", get(pages::processes::screen))
        .route("/processes/{id}", get(pages::process::screen))
        .route("/processes/{id}/{act}", post(pages::process::act))
        .route("/holds/{id}", get(pages::hold::screen))
        .route("/holds/{id}/{act}", post(pages::hold::act))
        .route("/payout-runs", get(pages::payout_runs::screen).post(pages::payout_forms::open))
        .route("/payout-runs/{id}", get(pages::payout_run::screen))
        .route("/payout-runs/{id}/rows", post(pages::payout_forms::rows))
        .route("/payout-runs/{id}/start", post(pages::payout_forms::start))
        .route("/payout-runs/{id}/{act}", post(pages::payout_run::act))
        .route("/live/payout-runs/{id}", get(pages::payout_run::live))
        .route("/limits", get(pages::limits::screen).post(pages::limit_forms::set))
        .route("/limits/delete", post(pages::limit_forms::delete))
        .route("/rates", get(pages::rates::screen).post(pages::rates::set))
        .route("/partners", get(pages::partners::screen).post(pages::partners::create))
        .route("/partners/{id}", get(pages::partner::screen))
        .route("/partners/{id}/keys", post(pages::partner_acts::issue))
        .route("/partners/{id}/revoke", post(pages::partner_acts::revoke))
        .route("/partners/{id}/quotas", post(pages::partner_acts::quotas))
        .route("/webhooks", get(pages::webhooks::screen).post(pages::webhook_forms::create))
        .route("/webhooks/{id}", get(pages::webhook::screen))
        .route("/webhooks/{id}/resend", post(pages::webhook_acts::resend))
        .route("/webhooks/{id}/recover", post(pages::webhook_acts::recover))
        .route("/webhooks/{id}/example", post(pages::webhook_acts::example))
        .route("/webhooks/{id}/switch", post(pages::webhook_acts::switch))
        .route("/webhooks/{id}/change", post(pages::webhook_forms::change))
        .route("/webhooks/{id}/rotate", post(pages::webhook_forms::rotate))
        .route("/webhooks/{id}/delete", post(pages::webhook_forms::delete))
}

/// Who runs the bank, what they did, and what waits for a second one.
fn staff() -> Router<Arc<House>> {
    Router::new()
        .route("/approvals", get(pages::approvals::screen))
        .route("/approvals/{id}", get(pages::approval::screen))
        .route("/approvals/{id}/key", post(pages::approval::key))
        .route("/approvals/{id}/{act}", post(pages::approval::act))
        .route("/audit", get(pages::audit::screen))
        .route("/operators", get(pages::operators::screen).post(pages::operators::add))
        .route("/operators/me", get(pages::own::screen))
        .route("/operators/me/password", post(pages::operator_acts::password))
        .route("/operators/{id}", get(pages::operator::screen))
        .route("/operators/{id}/{act}", post(pages::operator_acts::act))
        .route("/operators/{id}/end-session", post(pages::operator::end_session))
}

async fn alive() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"status":"alive"}"#)
}
