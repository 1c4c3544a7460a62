//! What an approval asks for, in the reader's words: one view for each kind of action. What this console does not know, such as a kind of a
//! newer server, stands there as the server has it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::log_event::plain;
use crate::{
    client::Address,
    format::{count, decimal},
    links,
    page::Page,
    visit::Visit,
};

/// Seconds of each unit of time, and its words for one and for many.
const SPANS: [(u64, &str, &str); 4] = [
    (86_400, "approval-day", "approval-days"),
    (3_600, "approval-hour", "approval-hours"),
    (60, "approval-minute", "approval-minutes"),
    (1, "approval-second", "approval-seconds"),
];

/// A part of what is asked for.
pub(super) struct Detail {
    pub(super) name: String,
    pub(super) pieces: Vec<Piece>,
}

/// One of the values of a part.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) href: Option<String>,
}

/// The transfer that a reversal undoes.
#[derive(Deserialize)]
struct Undone {
    status: String,
    money: Option<Money>,
    reversed_by: Option<String>,
    #[serde(default)]
    postings: Vec<Posting>,
    recorded_at: String,
}

#[derive(Deserialize)]
struct Money {
    asset: String,
    amount: String,
}

#[derive(Deserialize)]
struct Posting {
    account_id: String,
    asset: String,
    amount: String,
}

/// All of what is asked for. The transfer that a reversal undoes is read; if it cannot be, the details say so.
pub(super) async fn details(visit: &Visit, page: &Page, asked: &Value) -> Vec<Detail> {
    let mut left = asked.as_object().cloned().unwrap_or_default();
    let kind = left.remove("kind").map(|kind| plain(&kind)).unwrap_or_default();
    // The digest of a key says nothing to people.
    left.remove("digest");
    let mut sheet = Sheet { page, left, rows: Vec::new() };
    match kind.as_str() {
        "reversal" => sheet.reversal(visit).await,
        "freeze-many" => sheet.freeze_many(),
        "erasure" => {
            sheet.link("column-member", "member", "member");
            sheet.text("reason", "reason");
        }
        "limit-set" => sheet.limit_set(),
        "limit-deleted" => sheet.text("limit-delete", "name"),
        "limits-assigned" => {
            sheet.link("column-account", "account", "account");
            sheet.names("limit-names", "limits");
        }
        "partner-quotas" => sheet.partner_quotas(),
        "rate-set" => sheet.rate_set(),
        "partner-key" => sheet.partner_key(),
        "view-promotion" => {
            sheet.link("column-view", "view", "view");
            sheet.text("column-generation", "generation");
            sheet.number("approval-differing", "differences");
            sheet.text("approval-fingerprint", "fingerprint");
        }
        _ => {}
    }
    sheet.finish()
}

/// The details of one approval: what is shown already, and the fields that are not.
struct Sheet<'a> {
    page: &'a Page,
    left: Map<String, Value>,
    rows: Vec<Detail>,
}

impl Sheet<'_> {
    /// The fields that no view knows, by the names of the servers.
    fn finish(self) -> Vec<Detail> {
        let Self { left, mut rows, .. } = self;
        rows.extend(left.into_iter().map(|(name, value)| {
            let values = match value {
                Value::Array(all) => all,
                other => vec![other],
            };
            let pieces = values.iter().map(|value| Piece { text: plain(value), href: None }).collect();
            Detail { name, pieces }
        }));
        rows
    }

    /// A field, which is then shown. None if it is missing or null.
    fn take(&mut self, field: &str) -> Option<Value> {
        self.left.remove(field).filter(|value| !value.is_null())
    }

    fn take_text(&mut self, field: &str) -> String {
        self.take(field).map(|value| plain(&value)).unwrap_or_default()
    }

    fn take_list(&mut self, field: &str) -> Vec<String> {
        match self.take(field) {
            Some(Value::Array(all)) => all.iter().map(plain).collect(),
            Some(other) => vec![plain(&other)],
            None => Vec::new(),
        }
    }

    fn put(&mut self, name: String, pieces: Vec<Piece>) {
        self.rows.push(Detail { name, pieces });
    }

    /// A row that says something of what was taken.
    fn say(&mut self, key: &str, text: String) {
        self.put(self.page.t(key), vec![Piece { text, href: None }]);
    }

    fn text(&mut self, key: &str, field: &str) {
        if let Some(value) = self.take(field) {
            self.say(key, plain(&value));
        }
    }

    fn number(&mut self, key: &str, field: &str) {
        if let Some(value) = self.take(field) {
            self.say(key, value.as_i64().map_or_else(|| plain(&value), count));
        }
    }

    fn link(&mut self, key: &str, field: &str, kind: &str) {
        if let Some(value) = self.take(field) {
            let text = plain(&value);
            self.put(self.page.t(key), vec![Piece { href: Some(links::to(kind, &text)), text }]);
        }
    }

    /// Names, or that there are none.
    fn names(&mut self, key: &str, field: &str) {
        let names = self.take_list(field);
        let text = if names.is_empty() { self.page.t("approval-none") } else { names.join(", ") };
        self.say(key, text);
    }

    async fn reversal(&mut self, visit: &Visit) {
        let id = self.left.get("transfer").map(plain).unwrap_or_default();
        self.link("column-transfer", "transfer", "transfer");
        let read = visit.get::<Undone>(Address::query("/v1/transfers").segment(&id)).await;
        let (undone, trouble) = self.page.part(read);
        if let Some(undone) = undone {
            self.undone(undone);
        }
        if let Some(trouble) = trouble {
            self.say("approval-transfer-unread", trouble);
        }
        self.text("column-memo", "reason");
    }

    /// The transfer as it is now: how much, between whom, when, and whether it still can be undone.
    fn undone(&mut self, undone: Undone) {
        let page = self.page;
        if let Some(Money { asset, amount }) = undone.money {
            self.say("column-amount", page.format.money(&amount, &asset));
        }
        for Posting { account_id, asset, amount } in undone.postings {
            let key = if amount.starts_with('-') { "approval-debited" } else { "approval-credited" };
            let account = Piece { href: Some(links::to("account", &account_id)), text: account_id };
            self.put(page.t(key), vec![account, Piece { text: page.format.money(&amount, &asset), href: None }]);
        }
        self.say("approval-posted", page.format.time(&undone.recorded_at).shown);
        self.say("approval-transfer-state", page.word("transfer", &undone.status));
        if let Some(id) = undone.reversed_by {
            self.put(page.t("approval-reversed-by"), vec![Piece { href: Some(links::to("transfer", &id)), text: id }]);
        }
    }

    fn freeze_many(&mut self) {
        let accounts = self.take_list("accounts");
        let many = count(i64::try_from(accounts.len()).unwrap_or(i64::MAX));
        let name = self.page.language().text_with("approval-accounts", &[("count", &many)]);
        let link = |id: String| Piece { href: Some(links::to("account", &id)), text: id };
        self.put(name, accounts.into_iter().map(link).collect());
        let scope = self.take_text("scope");
        self.say("approval-scope", self.page.word("freeze", &scope));
        self.text("reason", "reason");
    }

    /// What is not limited has no row.
    fn limit_set(&mut self) {
        let page = self.page;
        self.text("column-name", "name");
        let asset = self.take_text("asset");
        let kinds: Vec<String> = self.take_list("kinds").iter().map(|kind| page.word("limited", kind)).collect();
        self.say("limit-kinds", kinds.join(", "));
        let is_for_everyone = self.take("everyone") == Some(Value::Bool(true));
        self.say("limit-whose", page.t(if is_for_everyone { "limit-everyone" } else { "limit-assigned" }));
        self.say("column-asset", asset.clone());
        if let Some(most) = self.take("per_transfer") {
            self.say("limit-per-transfer", page.format.money(&plain(&most), &asset));
        }
        for (field, amount_key, count_key) in [
            ("per_day", "limit-day-amount", "limit-day-count"),
            ("per_month", "limit-month-amount", "limit-month-count"),
        ] {
            let Some(cap) = self.take(field) else { continue };
            if let Some(most) = cap.get("amount").filter(|most| !most.is_null()) {
                self.say(amount_key, page.format.money(&plain(most), &asset));
            }
            if let Some(most) = cap.get("count").filter(|most| !most.is_null()) {
                self.say(count_key, most.as_i64().map_or_else(|| plain(most), count));
            }
        }
        self.text("limit-zone", "zone");
    }

    /// What is not set is as usual.
    fn partner_quotas(&mut self) {
        self.link("approval-partner", "partner", "partner");
        for (key, field) in [("partner-per-second", "requests_per_second"), ("partner-burst", "burst")] {
            match self.take(field) {
                Some(value) => self.say(key, value.as_i64().map_or_else(|| plain(&value), count)),
                None => self.say(key, self.page.t("partner-usual")),
            }
        }
        self.names("limit-names", "limits");
    }

    fn rate_set(&mut self) {
        let page = self.page;
        let [from, to, rate] = ["from", "to", "rate"].map(|field| self.take_text(field));
        self.say("rate-rate", format!("1 {from} = {rate} {to}"));
        let hundredths = self.take_text("spread_bps");
        self.say("approval-spread", format!("{} %", decimal(&hundredths, 2)));
        if let Some(value) = self.take("valid_for") {
            let time = value.as_u64().map_or_else(|| plain(&value), |seconds| span(page, seconds));
            let text = page.language().text_with("approval-from-then", &[("time", &time)]);
            self.say("approval-counts-for", text);
        }
    }

    fn partner_key(&mut self) {
        self.link("approval-partner", "partner", "partner");
        self.text("partner-key-id", "key");
        self.names("partner-scopes", "scopes");
        let expires = self.take("expires_at").map(|value| self.page.format.time(&plain(&value)).shown);
        self.say("column-expires", expires.unwrap_or_else(|| self.page.t("approval-never")));
    }
}

/// Seconds as people say them: `1 day 2 hours`.
fn span(page: &Page, seconds: u64) -> String {
    let (mut left, mut words) = (seconds, Vec::new());
    for (unit, one, many) in SPANS {
        let number = left / unit;
        left %= unit;
        match number {
            0 => {}
            1 => words.push(page.t(one)),
            _ => words.push(page.language().text_with(many, &[("count", &number.to_string())])),
        }
    }
    words.join(" ")
}
