//! The demonstration wallet: what a member does in the browser. Its session is a cookie of its own.

mod account;
mod account_acts;
mod amount;
mod barcode;
mod certificate;
mod code;
mod confirm;
mod drawing;
mod entries;
mod exchange;
mod filled;
mod gift_card;
mod hold;
mod holds;
mod home;
mod item;
mod items;
mod leave;
mod log_in;
mod mail;
mod member;
mod notifications;
mod offers;
mod order;
mod order_form;
mod orders;
mod outside;
mod own;
mod pay;
mod payee;
mod process;
mod profile;
mod profile_acts;
mod qr;
mod reset;
mod sign_up;
mod transfer;
mod verify;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::{house::House, pages, trouble};

/// The routes. An entry in the menu is in `navigation.rs`.
pub(crate) fn routes() -> Router<Arc<House>> {
    people().merge(money()).merge(things())
}

/// Who somebody is.
fn people() -> Router<Arc<House>> {
    Router::new()
        .route("/wallet/login", get(log_in::screen).post(log_in::log_in))
        .route("/wallet/logout", post(log_in::log_out))
        .route("/wallet/preferences", post(pages::preferences::choose))
        .route("/wallet/signup", get(sign_up::screen).post(sign_up::sign_up))
        .route("/wallet/signup/verify", get(verify::screen).post(verify::verify))
        .route("/wallet/signup/resend", post(verify::resend))
        .route("/wallet/reset", get(reset::screen).post(reset::begin))
        .route("/wallet/reset/complete", get(reset::code).post(reset::complete))
        .route("/wallet/mail", get(mail::screen).post(mail::look))
        .route("/wallet/profile", get(profile::screen))
        .route("/wallet/profile/contact", post(profile_acts::change_contact))
        .route("/wallet/profile/verify", post(profile_acts::verify_contact))
        .route("/wallet/profile/password", post(profile_acts::change_password))
        .route("/wallet/profile/notifications", post(notifications::choose))
        .route("/wallet/profile/end-session", post(profile_acts::end_session))
        .route("/wallet/profile/forget", post(profile_acts::forget_device))
        .route("/wallet/leave", get(leave::screen).post(leave::leave))
        .route("/wallet/erasures/{id}", get(certificate::screen))
}

/// Accounts, and what is paid.
fn money() -> Router<Arc<House>> {
    Router::new()
        .route("/wallet", get(home::screen))
        .route("/wallet/live/home", get(home::live))
        .route("/wallet/open", post(account_acts::open))
        .route("/wallet/accounts/{id}", get(account::screen))
        .route("/wallet/accounts/{id}/close", post(account_acts::close))
        .route("/wallet/live/accounts/{id}", get(account::live))
        .route("/wallet/transfers/{id}", get(transfer::screen))
        .route("/wallet/pay", get(pay::screen).post(pay::pay))
        .route("/wallet/pay/confirm", post(pay::confirm))
        .route("/wallet/code", get(code::screen).post(code::draw))
        .route("/wallet/holds", get(holds::screen))
        .route("/wallet/holds/{id}", get(hold::screen))
        .route("/wallet/holds/{id}/release", post(hold::release))
        .route("/wallet/outside", get(outside::screen))
        .route("/wallet/outside/top-up", post(outside::top_up))
        .route("/wallet/outside/payout", post(outside::payout))
        .route("/wallet/outside/gift-card", post(outside::gift_card))
        .route("/wallet/gift-cards/{id}", get(gift_card::screen))
        .route("/wallet/live/gift-cards/{id}", get(gift_card::live))
        .route("/wallet/exchange", get(exchange::screen).post(exchange::accept))
        .route("/wallet/exchange/quote", post(exchange::quote))
        .route("/wallet/processes/{id}", get(process::screen))
        .route("/wallet/live/processes/{id}", get(process::live))
}

/// Standing orders, items and offers.
fn things() -> Router<Arc<House>> {
    Router::new()
        .route("/wallet/orders", get(orders::screen))
        .route("/wallet/orders/new", get(order_form::screen).post(order_form::create))
        .route("/wallet/orders/new/confirm", post(order_form::confirm))
        .route("/wallet/orders/{id}", get(order::screen))
        .route("/wallet/orders/{id}/{act}", post(order::act))
        .route("/wallet/items", get(items::screen))
        .route("/wallet/items/{id}", get(item::screen))
        .route("/wallet/items/{id}/give", post(item::give))
        .route("/wallet/items/{id}/confirm", post(item::confirm))
        .route("/wallet/items/{id}/offer", post(item::offer))
        .route("/wallet/items/{id}/withdraw", post(item::withdraw))
        .route("/wallet/offers", get(offers::screen))
        .route("/wallet/offers/accept", post(offers::accept))
        .route("/wallet/offers/confirm", post(offers::confirm))
}
