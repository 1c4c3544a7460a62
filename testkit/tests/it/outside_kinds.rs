//! What the tests of all kinds of processes with the outside world have in common.

use events::recorded::ProcessKind;
use harness::LocalProviders;
use kernel::ProcessId;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    outside::{bank_payout, gift_card, held, payment_key, top_up},
    support::{Answer, TestClient},
};

/// What is not answered is stuck after three short pauses.
pub const QUICK: [(&str, &str); 2] = [("JANGBU_OUTSIDE_FIRST_PAUSE_MS", "20"), ("JANGBU_OUTSIDE_TRIES", "4")];
/// What each account has before its process.
pub const FUNDS: u64 = 1_000;
/// What each process is about.
pub const AMOUNT: u64 = 300;

/// What the provider makes of what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Done,
    /// It is refused; a payout is taken and comes back.
    Refused,
    /// It is carried out and cannot be taken back.
    Kept,
}

/// Where a process of this kind is asked for.
pub fn path(kind: ProcessKind) -> &'static str {
    match kind {
        ProcessKind::TopUp => "/v1/top-ups",
        ProcessKind::BankPayout => "/v1/bank-payouts",
        ProcessKind::GiftCard => "/v1/gift-cards",
    }
}

/// Who is asked for it.
pub fn provider(kind: ProcessKind) -> &'static str {
    match kind {
        ProcessKind::TopUp => "toss",
        ProcessKind::BankPayout => "bank",
        ProcessKind::GiftCard => "gift-cards",
    }
}

/// A process of this kind. What becomes of it outside is in its own words.
pub fn request(kind: ProcessKind, account: Uuid, verdict: Verdict) -> Value {
    match (kind, verdict) {
        (ProcessKind::TopUp, Verdict::Refused) => top_up(account, AMOUNT, &payment_key("refuse")),
        (ProcessKind::TopUp, _) => top_up(account, AMOUNT, &payment_key("ok")),
        (ProcessKind::BankPayout, Verdict::Refused) => bank_payout(account, AMOUNT, "00-110-234"),
        // What has settled stays settled.
        (ProcessKind::BankPayout, _) => bank_payout(account, AMOUNT, "110-234-567890"),
        (ProcessKind::GiftCard, Verdict::Done) => gift_card(account, AMOUNT, "coffee"),
        (ProcessKind::GiftCard, Verdict::Refused) => gift_card(account, AMOUNT, "sold-out"),
        (ProcessKind::GiftCard, Verdict::Kept) => gift_card(account, AMOUNT, "used"),
    }
}

/// The provider's book and the account say the same of a process that is over: all of its money moved, or nothing did.
pub async fn books_agree(
    providers: &LocalProviders,
    kind: ProcessKind,
    (owner, account): (&TestClient, Uuid),
    ended: &Answer,
) {
    let done = if ended.body["state"] == "done" { i128::from(AMOUNT) } else { 0 };
    assert_eq!(done_outside(providers, kind, ended.id("process_id")).await, done, "outside: {}", ended.body);
    let moved = if kind == ProcessKind::TopUp { done } else { -done };
    let expected = ("0".to_owned(), (i128::from(FUNDS) + moved).to_string());
    assert_eq!(held(owner, account, ended).await, expected, "here: {}", ended.body);
}

/// How much the provider has done for a process, by its own book.
async fn done_outside(providers: &LocalProviders, kind: ProcessKind, process: Uuid) -> i128 {
    let (asked, done) = match kind {
        ProcessKind::TopUp => ("confirm", "confirmed"),
        ProcessKind::BankPayout => ("submit", "settled"),
        ProcessKind::GiftCard => ("issue", "issued"),
    };
    let key = ProcessId::new(process).call_key(asked).to_string();
    let url = format!("{}/{}/books", providers.url(), provider(kind));
    let books: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let items = books["items"].as_array().unwrap().iter();
    let ours: Vec<&Value> = items.filter(|item| item["key"] == key.as_str() && item["state"] == done).collect();
    ours.iter().map(|item| item["amount"].as_str().unwrap().parse::<i128>().unwrap()).sum()
}
