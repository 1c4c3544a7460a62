//! What must have become of money, holds, limits, items, quotes, orders and runs, by what was asked and answered, in
//! the order of positions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    done::{Done, Side, id, sides, time, units},
    exchange::Exchange,
    limits::Used,
    orders::Orders,
    runs::Runs,
};

struct Account {
    asset: String,
    /// The bank's own may be below zero.
    is_of_bank: bool,
    /// Stands for the outside. What it had before is not looked at.
    is_outside: bool,
    balance: i128,
    held: i128,
    used: Used,
}

pub(super) struct Hold {
    pub(super) source: Uuid,
    /// As what limits count it.
    pub(super) kind: &'static str,
    placed: i128,
    pub(super) captured: i128,
    pub(super) released: i128,
    pub(super) expires_at: DateTime<Utc>,
}

/// An item that is offered.
pub(super) struct Offer {
    pub(super) item: Uuid,
    seller: usize,
    pub(super) expires_at: DateTime<Utc>,
}

/// A movement that may be reversed.
struct Paid {
    what: &'static str,
    /// As what limits counted it.
    kind: &'static str,
    sides: Vec<Side>,
    /// What each account paid that was counted.
    payers: Vec<(Uuid, i128)>,
    /// The quote that it used, or whose use it undid.
    quote: Option<(Uuid, i128)>,
}

#[derive(Default)]
pub struct Model {
    accounts: HashMap<Uuid, Account>,
    /// Of each asset, how much there is in all accounts together.
    totals: HashMap<&'static str, i128>,
    pub(super) holds: HashMap<Uuid, Hold>,
    paid: HashMap<Uuid, Paid>,
    reversed: HashSet<Uuid>,
    codes: HashSet<String>,
    owners: HashMap<Uuid, usize>,
    pub(super) offers: HashMap<Uuid, Offer>,
    /// The offer of each item that is offered.
    pub(super) open: HashMap<Uuid, Uuid>,
    number_of: HashMap<String, usize>,
    exchange: Exchange,
    pub orders: Orders,
    pub runs: Runs,
    /// When the last command was recorded that says so.
    now: Option<DateTime<Utc>>,
}

/// As what limits count a movement.
fn kind_of(what: &'static str) -> &'static str {
    match what {
        "order-run" => "transfer",
        "row" => "payout",
        other => other,
    }
}

impl Account {
    fn of_bank(asset: &str) -> Self {
        let used = Used::new(false);
        Self { asset: asset.to_owned(), is_of_bank: true, is_outside: false, balance: 0, held: 0, used }
    }

    fn outside(asset: &str) -> Self {
        Self { is_outside: true, ..Self::of_bank(asset) }
    }
}

impl Hold {
    pub(super) fn remaining(&self) -> i128 {
        self.placed - self.captured - self.released
    }
}

impl Model {
    pub fn new(funds: &[(&[Uuid], &'static str, i128)], numbers: &[String], assigned: Uuid) -> Self {
        let mut model = Self::default();
        for (accounts, asset, balance) in funds {
            for account in *accounts {
                let used = Used::new(*account == assigned);
                let (name, balance) = ((*asset).to_owned(), *balance);
                model.accounts.insert(
                    *account,
                    Account { asset: name, is_of_bank: false, is_outside: false, balance, held: 0, used },
                );
                *model.totals.entry(*asset).or_default() += balance;
            }
        }
        model.number_of = numbers.iter().cloned().enumerate().map(|(index, number)| (number, index)).collect();
        model
    }

    pub fn apply(&mut self, done: &Done) {
        let body = &done.answer.body;
        // The log's clock never goes back.
        if body["recorded_at"].is_string() {
            let recorded_at = time(&body["recorded_at"]);
            assert!(self.now.is_none_or(|before| before <= recorded_at), "{}: {body}", done.what);
            self.now = Some(recorded_at);
        }
        match done.what {
            "hold" => self.placed(done, "hold"),
            "charge-hold" => {
                self.use_code(done);
                self.placed(done, "charge");
            }
            "increase" => {
                let by = units(&done.asked["money"]["amount"]);
                let hold = self.holds.get_mut(&id(&body["hold_id"])).expect("it was placed");
                hold.placed += by;
                let source = hold.source;
                assert_eq!(units(&body["remaining"]), hold.remaining(), "{body}");
                self.hold(source, by);
                self.count(source, "hold", by, 0);
            }
            "release" => self.release(done),
            "mint" | "give" | "offer" | "cancel-offer" => self.item(done),
            "rate" => self.exchange.set(done),
            "quote" => {
                let asset = |field: &str| self.accounts[&id(&done.asked[field])].asset.clone();
                let assets = [asset("source"), asset("destination")];
                self.exchange.quoted(done, assets, self.now);
            }
            "order" => self.orders.placed(done),
            "pause-order" | "resume-order" | "cancel-order" => self.orders.changed(done),
            "open-run" | "rows" | "start-run" | "pause-run" | "resume-run" | "cancel-run" => self.runs.changed(done),
            "order-run" => {
                let is_posted = self.orders.ran(done);
                self.by_itself(done, is_posted);
            }
            "row" => {
                let is_posted = self.runs.paid(done);
                self.by_itself(done, is_posted);
            }
            "reversal" => self.reversal(done),
            _ => self.moved(done),
        }
    }

    fn placed(&mut self, done: &Done, kind: &'static str) {
        let body = &done.answer.body;
        let (source, placed) = (id(&body["source"]), units(&body["money"]["amount"]));
        let expires_at = time(&body["expires_at"]);
        let hold = Hold { source, kind, placed, captured: 0, released: 0, expires_at };
        self.holds.insert(id(&body["hold_id"]), hold);
        self.hold(source, placed);
        self.count(source, kind, placed, 1);
    }

    fn use_code(&mut self, done: &Done) {
        let code = done.asked["code"].as_str().unwrap().to_owned();
        assert!(self.codes.insert(code), "a code paid twice: {}", done.answer.body);
    }

    fn by_itself(&mut self, done: &Done, is_posted: bool) {
        if is_posted { self.moved(done) } else { self.refused(done) }
    }

    fn item(&mut self, done: &Done) {
        let body = &done.answer.body;
        let item = id(&body["item_id"]);
        match done.what {
            "mint" => {
                let owner = self.number_of[done.asked["owner"].as_str().unwrap()];
                assert!(self.owners.insert(item, owner).is_none(), "an item of one serial twice");
            }
            "give" => {
                let to = self.number_of[done.asked["to"].as_str().unwrap()];
                assert!(!self.open.contains_key(&item), "an item that is offered was given away");
                assert_eq!(self.owners.insert(item, to), done.person, "given by who does not own it");
            }
            "cancel-offer" => {
                let offer = self.offers.remove(&id(&body["offer_id"])).expect("it was open");
                assert_eq!(Some(offer.seller), done.person, "taken back by who did not make it");
                self.open.remove(&offer.item);
            }
            _ => {
                let (offer, seller) = (id(&body["offer_id"]), done.person.expect("a person"));
                assert_eq!(self.owners[&item], seller, "offered by who does not own it");
                assert!(self.open.insert(item, offer).is_none(), "offered twice");
                self.offers.insert(offer, Offer { item, seller, expires_at: time(&body["expires_at"]) });
            }
        }
    }

    /// Something that the bank did by itself was refused: it could not be paid.
    fn refused(&mut self, done: &Done) {
        let body = &done.answer.body;
        let (source, amount) = (id(&body["source"]), units(&body["money"]["amount"]));
        let account = &self.accounts[&source];
        match body["code"].as_str().unwrap() {
            "insufficient-funds" => assert!(account.balance - account.held < amount, "it had enough: {body}"),
            "limit-exceeded" => {
                let has_room = account.used.has_room_for(&account.asset, kind_of(done.what), amount);
                assert!(!has_room, "its limits had room: {body}");
            }
            "same-account" => assert_eq!(body["source"], body["destination"], "{body}"),
            "asset-mismatch" => assert_ne!(self.accounts[&id(&body["destination"])].asset, account.asset, "{body}"),
            _ => panic!("{}: {} {body}", done.what, done.asked),
        }
    }

    /// Moves what the legs say.
    fn post(&mut self, done: &Done) -> Vec<Side> {
        let body = &done.answer.body;
        let sides = sides(body);
        let mut sums: HashMap<&str, i128> = HashMap::new();
        for side in &sides {
            *sums.entry(&side.asset).or_default() += side.amount;
            match done.what {
                "exchange" => {
                    self.accounts.entry(side.account).or_insert_with(|| Account::of_bank(&side.asset));
                }
                "deposit" | "withdrawal" => {
                    self.accounts.entry(side.account).or_insert_with(|| Account::outside(&side.asset));
                }
                _ => {}
            }
            let account = self.accounts.get_mut(&side.account).expect("an account");
            assert_eq!(account.asset, side.asset, "{body}");
            account.balance += side.amount;
            let is_right = account.is_outside || side.balance_after.is_none_or(|after| after == account.balance);
            assert!(is_right, "{}: {body}", account.balance);
            // What is captured is not held any more, which is looked at when all of it has happened.
            let may_be_short = account.is_of_bank || done.what == "capture";
            assert!(may_be_short || account.balance >= account.held, "short in between: {body}");
        }
        assert!(sums.values().all(|sum| *sum == 0), "{body}");
        sides
    }

    fn moved(&mut self, done: &Done) {
        let body = &done.answer.body;
        let sides = self.post(done);
        let mut payers: HashMap<Uuid, i128> = HashMap::new();
        for side in sides.iter().filter(|side| side.amount < 0 && !self.accounts[&side.account].is_of_bank) {
            *payers.entry(side.account).or_default() -= side.amount;
        }
        let (mut quote, mut kind) = (None, kind_of(done.what));
        match done.what {
            "capture" => kind = self.captured(done, sides.iter().map(|side| side.amount).max().unwrap()),
            "charge" => self.use_code(done),
            "trade" => {
                let Offer { item, seller, .. } = self.offers.remove(&id(&body["offer_id"])).expect("accepted once");
                assert_eq!((id(&body["item_id"]), self.owners[&item]), (item, seller));
                self.open.remove(&item);
                self.owners.insert(item, done.person.expect("a person"));
            }
            "exchange" => quote = Some((self.exchange.used(done, &sides), 1)),
            _ => {}
        }
        if done.what != "capture" {
            payers.iter().for_each(|(account, amount)| self.count(*account, kind, *amount, 1));
        }
        let paid = Paid { what: done.what, kind, sides, payers: payers.into_iter().collect(), quote };
        assert!(self.paid.insert(id(&body["transfer_id"]), paid).is_none(), "a transfer of one id twice: {body}");
    }

    fn reversal(&mut self, done: &Done) {
        let body = &done.answer.body;
        let sides = self.post(done);
        let of = id(&body["reverses"]);
        assert!(self.reversed.insert(of), "reversed twice");
        let Paid { what, kind, sides: original, payers, quote } =
            self.paid.remove(&of).expect("only what was made is reversed");
        // In whatever order.
        let mut taken_back: Vec<_> = original.iter().map(|side| (side.account, -side.amount)).collect();
        let mut moved: Vec<_> = sides.iter().map(|side| (side.account, side.amount)).collect();
        taken_back.sort_unstable();
        moved.sort_unstable();
        assert_eq!(moved, taken_back, "{body}");
        for (account, amount) in payers {
            self.count(account, kind, -amount, if what == "capture" { 0 } else { -1 });
        }
        if let Some((quote, sign)) = quote {
            self.exchange.book(quote, -sign);
        }
        // It may be reversed in turn, and what it takes back was not counted.
        let (payers, quote) = (Vec::new(), quote.map(|(quote, sign)| (quote, -sign)));
        self.paid.insert(id(&body["transfer_id"]), Paid { what: "reversal", kind: "transfer", sides, payers, quote });
    }

    /// As what limits count it.
    fn captured(&mut self, done: &Done, amount: i128) -> &'static str {
        let hold = self.holds.get_mut(&id(&done.answer.body["hold_id"])).expect("it was placed");
        hold.captured += amount;
        assert!(hold.remaining() >= 0, "more was captured than held");
        let rest = if done.asked["final"] == true { hold.remaining() } else { 0 };
        hold.released += rest;
        let (source, kind) = (hold.source, hold.kind);
        self.hold(source, -amount - rest);
        // It was counted when the funds were held.
        self.count(source, kind, -rest, 0);
        kind
    }

    fn release(&mut self, done: &Done) {
        let body = &done.answer.body;
        let hold = self.holds.get_mut(&id(&body["hold_id"])).expect("it was placed");
        let part = done.asked.get("money").map_or(hold.remaining(), |money| units(&money["amount"]));
        hold.released += part;
        assert!(hold.remaining() >= 0, "more was released than held");
        assert_eq!(units(&body["remaining"]), hold.remaining(), "{body}");
        let (source, kind, never) = (hold.source, hold.kind, hold.remaining() == 0 && hold.captured == 0);
        self.hold(source, -part);
        self.count(source, kind, -part, if never { -1 } else { 0 });
    }

    pub(super) fn hold(&mut self, account: Uuid, amount: i128) {
        self.accounts.get_mut(&account).expect("an account").held += amount;
    }

    pub(super) fn count(&mut self, account: Uuid, kind: &str, amount: i128, count: i64) {
        let account = self.accounts.get_mut(&account).expect("an account");
        account.used.count(&account.asset, kind, amount, count);
    }

    /// What must hold after each command.
    pub fn check(&self) {
        let (mut of_bank, mut totals): (HashMap<&str, i128>, HashMap<&str, i128>) = Default::default();
        for (id, account) in &self.accounts {
            *totals.entry(&account.asset).or_default() += account.balance;
            if account.is_outside {
                continue;
            }
            if account.is_of_bank {
                *of_bank.entry(&account.asset).or_default() += account.balance;
            } else {
                assert!(account.held >= 0 && account.balance >= account.held, "account {id} is short");
            }
        }
        for (asset, expected) in &self.totals {
            assert_eq!(totals[*asset], *expected, "{asset} was made or lost");
            let has = of_bank.get(*asset).copied().unwrap_or_default();
            assert_eq!(has, self.exchange.balance(asset), "{asset} of the bank, and by its quotes");
        }
        let of_holds: i128 = self.holds.values().map(Hold::remaining).sum();
        assert_eq!(of_holds, self.accounts.values().map(|account| account.held).sum::<i128>(), "what is held");
        for (id, hold) in &self.holds {
            let amounts = [hold.captured, hold.released, hold.remaining()];
            assert!(amounts.iter().all(|amount| *amount >= 0), "hold {id}: {amounts:?}");
        }
    }

    /// Each account as it must be shown: its fields, and what is used of its limits.
    pub fn accounts(&self) -> impl Iterator<Item = (Uuid, [Value; 4], Option<&Used>)> {
        self.accounts.iter().filter(|(_, account)| !account.is_outside).map(|(id, account)| {
            let amounts = [account.balance, account.held, account.balance - account.held];
            let [balance, held, available] = amounts.map(|amount| json!(amount.to_string()));
            (*id, [json!(account.asset), balance, held, available], Some(&account.used).filter(|_| !account.is_of_bank))
        })
    }

    /// Each hold as it must be shown: what was held, captured, released, and remains.
    pub fn holds(&self) -> impl Iterator<Item = (Uuid, [i128; 4])> {
        let amounts = |hold: &Hold| [hold.placed, hold.captured, hold.released, hold.remaining()];
        self.holds.iter().map(move |(id, hold)| (*id, amounts(hold)))
    }

    /// The items of a person.
    pub fn items_of(&self, person: usize) -> HashSet<Uuid> {
        self.owners.iter().filter(|(_, owner)| **owner == person).map(|(item, _)| *item).collect()
    }
}
