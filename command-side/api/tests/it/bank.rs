//! What requests ask for, and what a bank with money enough answers.

use std::sync::Arc;

use application::{
    AccountAnswer, AddPayoutRows, Answer, AskWebhook, AssignLimits, AssignedLimits, ChangeWebhook, Charge, Command,
    DirectProcess, DirectedAnswer, HoldAnswer, IssuePartnerKey, ItemAnswer, LimitAnswer, OfferAnswer, OrderAnswer,
    Outcome, PartnerAnswer, PartnerKeyAnswer, PaymentCodeAnswer, PayoutAnswer, Posting, ProcessAnswer, QuotasAnswer,
    QuoteAnswer, RateAnswer, RevokePartnerKey, SetPartnerQuotas, StartProcess, Submission, TransferAnswer,
    TransferBatch,
};
use chrono::{DateTime, NaiveTime, Utc};
use domain::{HoldStatus, ItemStatus, OfferStatus, OrderStatus, PayoutStatus};
use events::recorded::{
    Cap, Every, HoldAmounts, HoldPlaced, IfRefused, ItemMinted, Legs, LimitSet, LimitedKind, OfferOpened,
    PartnerQuotasSet, PaymentCodeIssued, PayoutRunOpened, ProcessDirected, ProcessDirection, ProcessKind, ProcessOf,
    ProcessPurpose, ProcessStarted, ProcessState, ProcessStep, QuoteMade, RateSet, Repeated, Schedule,
    StandingOrderPlaced, Trade, TransferKind, TransferPosted,
};
use kernel::{
    AccountId, AccountNumber, Actor, CommandId, ConsistencyToken, HoldId, ItemId, LogId, MemberId, Minor, Money,
    OfferId, OrderId, PartnerId, PaymentCodeId, PayoutRunId, Position, ProcessId, QuoteId, Role, Scope, TransferId,
    Version,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{approvals, operators, webhooks};

pub const NOW: i64 = 1_800_000_000;
pub const ALICE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000a);
pub const BOB: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000b);
pub const SOURCE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
pub const DESTINATION: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002);
pub const TRANSFER: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0003);
pub const HOLD: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0004);
/// A payment code.
pub const CODE: &str = "482915730264819537460214";

/// What the log knows a payment code by.
pub fn code_id(code: &str) -> PaymentCodeId {
    PaymentCodeId::new(Uuid::from_u128(code.parse().expect("digits")))
}

pub fn answer(outcome: Outcome) -> Answer {
    let token = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(0x10c)), Position::new(42));
    Answer { answer: Arc::new(outcome), replayed: false, token }
}

pub fn account(status: &'static str) -> AccountAnswer {
    AccountAnswer {
        account_id: AccountId::new(SOURCE),
        account_number: AccountNumber::from_digits(1_234_567_890),
        owner: MemberId::new(ALICE),
        asset: "KRW".parse().expect("a code"),
        status,
        freeze: None,
        balance: Minor::ZERO,
        held: Minor::ZERO,
        version: Version::new(1),
    }
}

/// Alice's account pays Bob's.
pub fn transfer(kind: TransferKind) -> TransferAnswer {
    let minor = |units| Minor::new(units).expect("an amount");
    let side = |account: Uuid, owner: Uuid, amount, after, version| Posting {
        account_id: AccountId::new(account),
        asset: "KRW".parse().expect("a code"),
        owner: Some(MemberId::new(owner)),
        amount: minor(amount),
        balance_after: minor(after),
        version: Version::new(version),
    };
    TransferAnswer {
        transfer_id: TransferId::new(TRANSFER),
        posted: TransferPosted {
            kind,
            legs: Legs::between(
                AccountId::new(SOURCE),
                AccountId::new(DESTINATION),
                Money { asset: "KRW".parse().expect("a code"), amount: minor(12_500) },
            ),
            memo: Some("rent".to_owned()),
            reference: None,
            reverses: None,
            hold: (kind == TransferKind::Capture).then_some(HoldId::new(HOLD)),
            despite_freeze: false,
            trade: (kind == TransferKind::Trade)
                .then_some(Trade { item: ItemId::new(TRANSFER), offer: OfferId::new(HOLD) }),
            order: None,
            asked_by: None,
            counted: Vec::new(),
        },
        postings: vec![side(SOURCE, ALICE, -12_500, 87_500, 3), side(DESTINATION, BOB, 12_500, 12_500, 2)],
        position: Position::new(42),
        recorded_at: DateTime::from_timestamp_micros(NOW * 1_000_000 + 123_456).expect("a time"),
    }
}

/// Alice's funds, held for Bob: 30,000, of which 12,500 were paid.
pub fn hold() -> HoldAnswer {
    let minor = |units| Minor::new(units).expect("an amount");
    HoldAnswer {
        hold_id: HoldId::new(HOLD),
        placed: HoldPlaced {
            source: AccountId::new(SOURCE),
            destination: Some(AccountId::new(DESTINATION)),
            asset: "KRW".parse().expect("a code"),
            amount: minor(25_000),
            expires_at: time(604_800),
            memo: Some("rent".to_owned()),
            reference: Some("order-7".to_owned()),
            placed_by: Actor { role: Role::Member, id: MemberId::new(ALICE) },
            counted: Vec::new(),
        },
        amounts: HoldAmounts { amount: minor(30_000), captured: minor(12_500), released: Minor::ZERO },
        status: HoldStatus::Active,
        position: Position::new(42),
        recorded_at: time(0),
    }
}

/// At most a million won a day.
fn limit() -> LimitAnswer {
    let minor = |units| Minor::new(units).expect("an amount");
    let set = LimitSet {
        name: "daily".to_owned(),
        asset: "KRW".parse().expect("a code"),
        kinds: vec![LimitedKind::Transfer, LimitedKind::Charge],
        everyone: true,
        per_transfer: Some(minor(500_000)),
        per_day: Some(Cap { amount: Some(minor(1_000_000)), count: Some(20) }),
        per_month: None,
        zone: "Asia/Seoul".to_owned(),
    };
    LimitAnswer { set, position: Position::new(42), recorded_at: time(0) }
}

fn payment_code() -> PaymentCodeAnswer {
    let issued = PaymentCodeIssued {
        source: AccountId::new(SOURCE),
        asset: "KRW".parse().expect("a code"),
        max: None,
        expires_at: time(60),
    };
    PaymentCodeAnswer { issued, position: Position::new(42), recorded_at: time(0) }
}

/// An item of Alice's.
fn item() -> ItemAnswer {
    let minted = ItemMinted {
        collection: "Seoul Skyline".to_owned(),
        serial: "17/100".to_owned(),
        owner: MemberId::new(ALICE),
        metadata_url: Some("https://example.com/skyline/17.json".to_owned()),
        digest: Some("ab".repeat(32)),
    };
    ItemAnswer {
        item_id: ItemId::new(TRANSFER),
        minted,
        owner: MemberId::new(ALICE),
        status: ItemStatus::Free,
        position: Position::new(42),
        recorded_at: time(0),
    }
}

/// Alice's offer of it.
fn offer(status: OfferStatus) -> OfferAnswer {
    let opened = OfferOpened {
        item: ItemId::new(TRANSFER),
        collection: "Seoul Skyline".to_owned(),
        seller: MemberId::new(ALICE),
        price: Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") },
        destination: AccountId::new(SOURCE),
        expires_at: time(604_800),
    };
    OfferAnswer { offer_id: OfferId::new(HOLD), opened, status, position: Position::new(42), recorded_at: time(0) }
}

/// Alice's rent.
fn standing_order(status: OrderStatus) -> OrderAnswer {
    let placed = StandingOrderPlaced {
        owner: MemberId::new(ALICE),
        source: AccountId::new(SOURCE),
        destination: AccountId::new(DESTINATION),
        money: Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") },
        memo: Some("rent".to_owned()),
        schedule: Schedule::Every(Repeated {
            every: Every::Month(25),
            time: NaiveTime::from_hms_opt(9, 0, 0).expect("a time"),
            zone: "Asia/Seoul".to_owned(),
            from: None,
            until: None,
            count: Some(12),
        }),
        if_refused: IfRefused::Stop,
        catch_up: false,
        next_at: time(3_600),
    };
    OrderAnswer {
        order_id: OrderId::new(HOLD),
        next_at: (status == OrderStatus::Active).then_some(placed.next_at),
        placed,
        status,
        runs_done: 0,
        position: Position::new(42),
        recorded_at: time(0),
    }
}

/// The salaries of two people, from Alice's account.
pub fn payout(status: PayoutStatus) -> PayoutAnswer {
    let opened = PayoutRunOpened {
        source: AccountId::new(SOURCE),
        asset: "KRW".parse().expect("a code"),
        name: "Salaries, November".to_owned(),
        reference: "payroll-2026-11".to_owned(),
        opened_by: Actor { role: Role::Service, id: MemberId::new(ALICE) },
    };
    PayoutAnswer {
        run_id: PayoutRunId::new(HOLD),
        opened,
        status,
        rows: 2,
        total: Minor::new(5_200_000).expect("an amount"),
        posted: 0,
        refused: 0,
        paid: Minor::ZERO,
        position: Position::new(42),
        recorded_at: time(0),
    }
}

/// 12,500 won of Alice's, from or for the outside.
fn started(process_id: ProcessId, purpose: ProcessPurpose) -> ProcessAnswer {
    let has_hold = !matches!(purpose, ProcessPurpose::TopUp { .. });
    let started = ProcessStarted {
        owner: MemberId::new(ALICE),
        account: AccountId::new(SOURCE),
        money: Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") },
        hold: has_hold.then_some(HoldId::new(HOLD)),
        deadline: time(3_600),
        purpose,
    };
    ProcessAnswer { process_id, started, position: Position::new(42), recorded_at: time(0) }
}

fn directed(process_id: ProcessId, direction: ProcessDirection, reason: &str) -> DirectedAnswer {
    let (step, leaves) = (ProcessStep::Confirm, ProcessState::Running);
    let of = ProcessOf { kind: ProcessKind::TopUp, account: AccountId::new(SOURCE), owner: MemberId::new(ALICE) };
    let directed = ProcessDirected { of, direction, step, tries: 3, reason: reason.to_owned(), leaves };
    DirectedAnswer { process_id, directed, position: Position::new(42), recorded_at: time(0) }
}

/// A dollar for 1350.25 won.
fn rate() -> RateAnswer {
    let (expires_at, recorded_at) = (time(3_600), time(0));
    let (from, to) = ("USD".parse().expect("a code"), "KRW".parse().expect("a code"));
    let set = RateSet { from, to, rate: "1350.25".to_owned(), spread_bps: 50, expires_at };
    RateAnswer { set, position: Position::new(42), recorded_at }
}

/// A dollar of Alice's for won.
fn quote() -> QuoteAnswer {
    let money = |asset: &str, units| Money {
        asset: asset.parse().expect("a code"),
        amount: Minor::new(units).expect("an amount"),
    };
    let made = QuoteMade {
        owner: MemberId::new(ALICE),
        source: AccountId::new(SOURCE),
        destination: AccountId::new(DESTINATION),
        pay: money("USD", 100),
        receive: money("KRW", 1_343),
        rate: "1343.49875".to_owned(),
        expires_at: time(30),
    };
    QuoteAnswer { quote_id: QuoteId::new(HOLD), made, position: Position::new(42), recorded_at: time(0) }
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros((NOW + seconds) * 1_000_000 + 123_456).expect("a time")
}

/// What a bank with money enough answers; to what is no movement of money, an account as it was left.
pub fn posted(submission: &Submission) -> Answer {
    answer(match &submission.command {
        Command::OpenAccount(_) => Outcome::Opened(account("open")),
        Command::Deposit(_) => Outcome::Posted(transfer(TransferKind::Deposit)),
        Command::Withdraw(_) => Outcome::Posted(transfer(TransferKind::Withdrawal)),
        Command::Transfer(_) => Outcome::Posted(transfer(TransferKind::Transfer)),
        Command::Reverse(_) => Outcome::Posted(transfer(TransferKind::Reversal)),
        Command::CompoundTransfer(_) => Outcome::Posted(transfer(TransferKind::Compound)),
        Command::PlaceHold(_) => Outcome::HoldPlaced(hold()),
        Command::IncreaseHold(_) | Command::ReleaseHold(_) => Outcome::HoldChanged(hold()),
        Command::CaptureHold(_) => Outcome::Posted(transfer(TransferKind::Capture)),
        Command::SetRate(_) => Outcome::RateSet(rate()),
        Command::QuoteExchange(_) => Outcome::Quoted(quote()),
        Command::UseQuote(_) => Outcome::Posted(transfer(TransferKind::Exchange)),
        Command::SetLimit(_) => Outcome::LimitSet(limit()),
        Command::DeleteLimit(_) => Outcome::LimitDeleted,
        Command::AssignLimits(AssignLimits { account, limits }) => {
            Outcome::LimitsAssigned(AssignedLimits { account_id: *account, limits: limits.clone() })
        }
        Command::IssuePaymentCode(_) => Outcome::PaymentCodeIssued(payment_code()),
        Command::Charge(Charge { hold: true, .. }) => Outcome::HoldPlaced(hold()),
        Command::Charge(_) => Outcome::Posted(transfer(TransferKind::Charge)),
        Command::MintItem(_) => Outcome::ItemMinted(item()),
        Command::TransferItem(_) => Outcome::ItemTransferred(item()),
        Command::OpenOffer(_) => Outcome::OfferOpened(offer(OfferStatus::Open)),
        Command::AcceptOffer(_) => Outcome::Posted(transfer(TransferKind::Trade)),
        Command::CancelOffer(_) => Outcome::OfferEnded(offer(OfferStatus::Cancelled)),
        Command::PlaceOrder(_) => Outcome::OrderPlaced(standing_order(OrderStatus::Active)),
        Command::PauseOrder(_) => Outcome::OrderChanged(standing_order(OrderStatus::Paused)),
        Command::ResumeOrder(_) => Outcome::OrderChanged(standing_order(OrderStatus::Active)),
        Command::CancelOrder(_) => Outcome::OrderChanged(standing_order(OrderStatus::Cancelled)),
        Command::OpenPayoutRun(_) => Outcome::PayoutOpened(payout(PayoutStatus::Open)),
        Command::AddPayoutRows(AddPayoutRows { rows, .. }) => {
            let rows = u32::try_from(rows.len()).expect("few");
            Outcome::PayoutChanged(PayoutAnswer { rows, ..payout(PayoutStatus::Open) })
        }
        Command::StartPayoutRun(_) | Command::ResumePayoutRun(_) => {
            Outcome::PayoutChanged(payout(PayoutStatus::Running))
        }
        Command::PausePayoutRun(_) => Outcome::PayoutChanged(payout(PayoutStatus::Paused)),
        Command::CancelPayoutRun(_) => Outcome::PayoutChanged(payout(PayoutStatus::Cancelled)),
        Command::TransferBatch(TransferBatch { orders, .. }) => {
            Outcome::Batch(vec![Ok(transfer(TransferKind::Transfer)); orders.len()])
        }
        other => other_sides(other, submission.meta.command_id),
    })
}

/// The same for what others than members and operators have to do with.
fn other_sides(command: &Command, command_id: CommandId) -> Outcome {
    match command {
        Command::CreateWebhook(_) => Outcome::WebhookCreated(webhooks::webhook(true)),
        Command::ChangeWebhook(ChangeWebhook { enabled, .. }) => {
            Outcome::WebhookChanged(webhooks::webhook(enabled.unwrap_or(true)))
        }
        Command::RotateWebhook(_) => Outcome::WebhookRotated(webhooks::rotated()),
        Command::AskWebhook(AskWebhook { webhook, .. }) => Outcome::WebhookAsked(*webhook),
        Command::DeleteWebhook(_) => Outcome::WebhookDeleted,
        Command::StartProcess(StartProcess { process, purpose, .. }) => {
            Outcome::ProcessStarted(started(*process, purpose.clone()))
        }
        Command::DirectProcess(DirectProcess { process, direction, reason }) => {
            Outcome::ProcessDirected(directed(*process, *direction, reason))
        }
        Command::CreatePartner(partner) => Outcome::PartnerCreated(PartnerAnswer {
            partner_id: PartnerId::new(HOLD),
            name: partner.name.clone(),
            recorded_at: time(0),
        }),
        Command::IssuePartnerKey(IssuePartnerKey { partner, scopes, expires_at, .. }) => {
            let (scopes, expires_at) = (scopes.clone(), *expires_at);
            let key_id = command_id.partner_key();
            Outcome::PartnerKeyIssued(PartnerKeyAnswer { key_id, partner_id: *partner, scopes, expires_at })
        }
        Command::RevokePartnerKey(RevokePartnerKey { partner, key }) => {
            let scopes = vec![Scope::AccountsRead];
            let answer = PartnerKeyAnswer { key_id: *key, partner_id: *partner, scopes, expires_at: None };
            Outcome::PartnerKeyRevoked(answer)
        }
        Command::SetPartnerQuotas(SetPartnerQuotas { partner, requests_per_second, burst, limits }) => {
            let (requests_per_second, burst, limits) = (*requests_per_second, *burst, limits.clone());
            let set = PartnerQuotasSet { requests_per_second, burst, limits };
            Outcome::PartnerQuotasSet(QuotasAnswer { partner_id: *partner, set, position: Position::new(42) })
        }
        Command::AddOperator(_)
        | Command::SetOperatorRole(_)
        | Command::SwitchOperator(_)
        | Command::ResetOperator(_)
        | Command::EndOperatorSession(_) => operators::outcome(command),
        Command::FreezeAccounts(_) | Command::DecideApproval(_) | Command::PromoteView(_) => {
            approvals::outcome(command)
        }
        _ => Outcome::Changed(account("open")),
    }
}

pub fn order() -> Value {
    json!({"source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}, "memo": "rent"})
}

/// One of the payments of a compound transfer.
pub fn payment() -> Value {
    json!({"source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}})
}

/// Funds to be held.
pub fn hold_order() -> Value {
    json!({
        "source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}, "expires_in": 60,
        "memo": "rent", "reference": "order-7",
    })
}

pub fn booking() -> Value {
    json!({"account_id": SOURCE, "money": {"asset": "KRW", "amount": "12500"}, "reference": "bank-17"})
}
