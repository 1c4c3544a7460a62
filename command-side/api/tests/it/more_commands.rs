//! The rest of the table in `commands.rs`: payment codes, limits, items and standing orders.

use application::{
    AcceptOffer, AssignLimits, CancelOffer, CancelOrder, Cap, Charge, Command, DeleteLimit, Destination, Every,
    IfRefused, IssuePaymentCode, LimitedKind, MintItem, OpenOffer, PauseOrder, PlaceOrder, Repeated, ResumeOrder,
    Schedule, SetLimit, TransferItem,
};
use chrono::NaiveTime;
use kernel::{AccountId, ItemId, Minor, OfferId, OrderId, Zone};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    approvals,
    commands::{CUSTOMERS, MEMBERS, MEMBERS_AND_OPERATORS, OPERATORS, PROGRAMS, Sample, money, sample},
    operators, partners, payouts, processes,
    support::{CODE, DESTINATION, HOLD, SOURCE, TRANSFER, account, code_id},
    webhooks,
};

/// One of each.
pub fn samples() -> Vec<Sample> {
    of_payment_codes()
        .into_iter()
        .chain(of_limits())
        .chain(of_items())
        .chain(of_offers())
        .chain(of_orders())
        .chain(payouts::samples())
        .chain(webhooks::samples())
        .chain(processes::samples())
        .chain(partners::samples())
        .chain(operators::samples())
        .chain(approvals::samples())
        .collect()
}

fn won(amount: &str) -> Value {
    json!({"asset": "KRW", "amount": amount})
}

/// A charge of 12,500 won.
pub fn charge() -> Value {
    json!({"code": CODE, "destination": DESTINATION, "money": won("12500"), "reference": "receipt 17"})
}

/// At most a million won a day, twenty times.
pub fn limit() -> Value {
    json!({
        "asset": "KRW", "kinds": ["transfer", "charge"], "everyone": true, "per_transfer": "500000",
        "per_day": {"amount": "1000000", "count": 20}, "zone": "UTC",
    })
}

/// The rent, on the 25th of each month.
pub fn standing_order() -> Value {
    json!({
        "source": SOURCE, "destination": DESTINATION, "money": won("12500"), "memo": "rent",
        "schedule": {"every": "month", "day": 25, "time": "09:00", "zone": "UTC", "count": 12}, "if_refused": "stop",
        "catch_up": false,
    })
}

fn of_payment_codes() -> Vec<Sample> {
    vec![
        sample(
            "/v1/payment-codes",
            Uuid::nil(),
            json!({"source": SOURCE, "expires_in": 30, "max": won("12500")}),
            MEMBERS,
            Command::IssuePaymentCode(IssuePaymentCode {
                code: code_id(CODE),
                source: AccountId::new(SOURCE),
                expires_in: 30,
                max: Some(money()),
            }),
        ),
        sample(
            "/v1/charges",
            Uuid::nil(),
            charge(),
            PROGRAMS,
            Command::Charge(Charge {
                code: code_id(CODE),
                destination: Destination::Account(AccountId::new(DESTINATION)),
                money: money(),
                reference: "receipt 17".to_owned(),
                unique_reference: false,
                hold: false,
            }),
        ),
    ]
}

fn of_limits() -> Vec<Sample> {
    let minor = |units| Minor::new(units).expect("an amount");
    let set = SetLimit {
        name: "daily".to_owned(),
        asset: money().asset,
        kinds: vec![LimitedKind::Transfer, LimitedKind::Charge],
        everyone: true,
        per_transfer: Some(minor(500_000)),
        per_day: Some(Cap { amount: Some(minor(1_000_000)), count: Some(20) }),
        per_month: None,
        zone: Zone::UTC,
    };
    let delete = DeleteLimit { name: "daily".to_owned() };
    let assign = AssignLimits { account: AccountId::new(SOURCE), limits: vec!["daily".to_owned()] };
    let put = |sample: Sample| Sample { method: "PUT", ..sample };
    vec![
        put(sample("/v1/limits/{name}", Uuid::nil(), limit(), OPERATORS, Command::SetLimit(set))),
        Sample {
            method: "DELETE",
            ..sample("/v1/limits/{name}", Uuid::nil(), json!({}), OPERATORS, Command::DeleteLimit(delete))
        },
        put(sample(
            "/v1/accounts/{id}/limits",
            SOURCE,
            json!({"names": ["daily"]}),
            OPERATORS,
            Command::AssignLimits(assign),
        )),
    ]
}

fn of_items() -> Vec<Sample> {
    let number = account("open").account_number;
    let (url, digest) = ("https://example.com/skyline/17.json", "ab".repeat(32));
    let mint = MintItem {
        collection: "Seoul Skyline".to_owned(),
        serial: "17/100".to_owned(),
        owner: number,
        metadata_url: Some(url.to_owned()),
        digest: Some(digest.clone()),
    };
    vec![
        sample(
            "/v1/items",
            Uuid::nil(),
            json!({
                "collection": "Seoul Skyline", "serial": "17/100", "owner": number, "metadata_url": url,
                "digest": digest.to_uppercase(),
            }),
            PROGRAMS,
            Command::MintItem(mint),
        ),
        sample(
            "/v1/items/{id}/transfer",
            TRANSFER,
            json!({"to": number}),
            CUSTOMERS,
            Command::TransferItem(TransferItem { item: ItemId::new(TRANSFER), to: number }),
        ),
    ]
}

fn of_offers() -> Vec<Sample> {
    let offer = OfferId::new(HOLD);
    let open =
        OpenOffer { item: ItemId::new(TRANSFER), price: money(), destination: AccountId::new(SOURCE), expires_in: 60 };
    vec![
        sample(
            "/v1/offers",
            Uuid::nil(),
            json!({"item_id": TRANSFER, "price": won("12500"), "destination": SOURCE, "expires_in": 60}),
            MEMBERS,
            Command::OpenOffer(open),
        ),
        sample(
            "/v1/offers/{id}/accept",
            HOLD,
            json!({"source": SOURCE}),
            MEMBERS,
            Command::AcceptOffer(AcceptOffer { offer, source: AccountId::new(SOURCE) }),
        ),
        Sample {
            method: "DELETE",
            ..sample("/v1/offers/{id}", HOLD, json!({}), MEMBERS, Command::CancelOffer(CancelOffer { offer }))
        },
    ]
}

fn of_orders() -> Vec<Sample> {
    let order = OrderId::new(HOLD);
    let place = PlaceOrder {
        source: AccountId::new(SOURCE),
        destination: Destination::Account(AccountId::new(DESTINATION)),
        money: money(),
        memo: Some("rent".to_owned()),
        schedule: Schedule::Every(Repeated {
            every: Every::Month(25),
            time: NaiveTime::from_hms_opt(9, 0, 0).expect("a time"),
            zone: "UTC".to_owned(),
            from: None,
            until: None,
            count: Some(12),
        }),
        if_refused: IfRefused::Stop,
        catch_up: false,
    };
    let change = |route, command| sample(route, HOLD, json!({}), MEMBERS_AND_OPERATORS, command);
    vec![
        sample("/v1/standing-orders", Uuid::nil(), standing_order(), MEMBERS, Command::PlaceOrder(place)),
        change("/v1/standing-orders/{id}/pause", Command::PauseOrder(PauseOrder { order })),
        change("/v1/standing-orders/{id}/resume", Command::ResumeOrder(ResumeOrder { order })),
        Sample { method: "DELETE", ..change("/v1/standing-orders/{id}", Command::CancelOrder(CancelOrder { order })) },
    ]
}
