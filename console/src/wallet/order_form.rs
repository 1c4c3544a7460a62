//! A new standing order: whom, how much, when.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    amount,
    confirm::{Confirm, fact, fields, settle, settled, unsure},
    filled::Filled,
    member::LoggedIn,
    orders::Schedule,
    own::{self, Account, Choice, choices, words},
    payee::Payee,
    trouble::again,
};
use crate::{
    client::{Address, Failure, Server},
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

const FIELDS: [&str; 12] =
    ["source", "number", "amount", "memo", "every", "time", "from", "weekday", "day", "until", "count", "if_refused"];
/// The name of the form on its page.
const FORM: &str = "order";
const NEW: &str = "/wallet/orders/new";
const EVERY: [&str; 4] = ["month", "week", "day", "once"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const IF_REFUSED: [&str; 2] = ["skip", "stop"];

#[derive(Template)]
#[template(path = "wallet/order_form.html")]
struct Screen {
    page: Page,
    sources: Vec<Choice>,
    every: Vec<Choice>,
    weekdays: Vec<Choice>,
    if_refused: Vec<Choice>,
    filled: Filled,
}

/// What the form says.
struct Wanted {
    source: Account,
    payee: Payee,
    body: Value,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    Ok(show(&form(&visit, Filled::default()).await?))
}

async fn form(visit: &Visit, filled: Filled) -> Result<Screen, Failure> {
    let page = Page::new(visit, "order-new").await;
    let accounts = own::accounts(visit).await?;
    let typed = |field: &str| filled.value(FORM, field, "");
    Ok(Screen {
        sources: choices(&page, &accounts, typed("source")),
        every: words(&page, "every", &EVERY, typed("every")),
        weekdays: words(&page, "weekday", &WEEKDAYS, typed("weekday")),
        if_refused: words(&page, "order-refused", &IF_REFUSED, typed("if_refused")),
        filled,
        page,
    })
}

/// The form again, with what was typed and why it was not taken.
async fn refill(visit: &Visit, posted: &Posted, failure: Failure) -> Result<Response, Failure> {
    let filled = Filled::of(FORM, posted, &FIELDS, &failure, visit.language());
    Ok(again(failure, show(&form(visit, filled).await?)))
}

/// Shows whom the number belongs to, and when what is paid.
pub(crate) async fn confirm(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    let wanted = match read(&visit, &form).await {
        Ok(wanted) => wanted,
        Err(failure) => return refill(&visit, &form, failure).await,
    };
    let page = Page::new(&visit, "wallet-confirm").await;
    let schedule: Schedule = serde_json::from_value(wanted.body["schedule"].clone()).unwrap_or_default();
    let amount = wanted.body["money"]["amount"].as_str().unwrap_or_default();
    let facts = vec![
        fact(&page, "wallet-from", wanted.source.name().to_owned()),
        fact(&page, "wallet-to", wanted.payee.text(&page)),
        fact(&page, "column-amount", page.format.money(amount, &wanted.source.asset)),
        fact(&page, "order-when", schedule.text(&page)),
    ];
    settle(&mut form, &wanted.body);
    Ok(show(&Confirm::new(page, facts, fields(&form, &FIELDS), (NEW, NEW), "order-create")))
}

pub(crate) async fn create(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    match send(&visit, &mut form).await {
        Ok(id) => Ok(Redirect::to(&format!("/wallet/orders/{id}?done=ordered")).into_response()),
        Err(failure) => match unsure(&visit, &form, &FIELDS, NEW, failure) {
            Ok(again) => Ok(again),
            Err(failure) => refill(&visit, &form, failure).await,
        },
    }
}

async fn send(visit: &Visit, form: &mut Posted) -> Result<Uuid, Failure> {
    let body = if let Some(body) = settled(form)? { body } else { read(visit, form).await?.body };
    settle(form, &body);
    let done = visit.act(Address::command("/v1/standing-orders"), &form.plain_act(), &body).await?;
    let id = done.body["order_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "an order without an id".to_owned()))
}

async fn read(visit: &Visit, form: &Posted) -> Result<Wanted, Failure> {
    let source = own::account(visit, form.get("source")).await?;
    let payee = Payee::of_number(visit, form.get("number")).await?;
    if payee.asset != source.asset {
        return Err(refused(422, "asset-mismatch"));
    }
    let money = amount::money(visit, form.get("amount"), &source.asset).await?;
    let schedule = schedule(&|name| form.get(name).trim().to_owned(), visit.house().zone)?;
    let mut body = json!({
        "source": source.account_id,
        "destination": payee.account_number,
        "money": money,
        "schedule": schedule,
    });
    for name in ["memo", "if_refused"] {
        let typed = form.get(name).trim();
        if !typed.is_empty() {
            body[name] = json!(typed);
        }
    }
    Ok(Wanted { source, payee, body })
}

/// What the servers take as a schedule. Days and times are those of the console's zone.
fn schedule(typed: &dyn Fn(&str) -> String, zone: Tz) -> Result<Value, Failure> {
    let every = typed("every");
    let time = NaiveTime::parse_from_str(&typed("time"), "%H:%M").map_err(|_| refused(400, "time-unreadable"))?;
    if every == "once" {
        let day = typed("from").parse::<NaiveDate>().map_err(|_| refused(400, "day-unreadable"))?;
        let at = zone.from_local_datetime(&day.and_time(time)).earliest();
        let at = at.ok_or_else(|| refused(400, "time-unreadable"))?.with_timezone(&Utc);
        return Ok(json!({ "at": at.format("%Y-%m-%dT%H:%M:%SZ").to_string() }));
    }
    let mut schedule = json!({ "every": every, "time": time.format("%H:%M").to_string(), "zone": zone.name() });
    if every == "week" {
        schedule["weekday"] = json!(typed("weekday"));
    }
    if every == "month" {
        schedule["day"] = json!(number(&typed("day"))?);
    }
    for name in ["from", "until"] {
        let day = typed(name);
        if !day.is_empty() {
            let day = day.parse::<NaiveDate>().map_err(|_| refused(400, "day-unreadable"))?;
            schedule[name] = json!(day.to_string());
        }
    }
    let count = typed("count");
    if !count.is_empty() {
        schedule["count"] = json!(number(&count)?);
    }
    Ok(schedule)
}

fn number(typed: &str) -> Result<u32, Failure> {
    typed.parse().map_err(|_| refused(400, "number-unreadable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<Value> {
        let typed = |name: &str| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        };
        schedule(&typed, Tz::Asia__Seoul).ok()
    }

    #[test]
    fn what_was_typed_becomes_a_schedule() {
        let time = ("time", "09:00");
        assert_eq!(
            of(&[("every", "once"), time, ("from", "2026-12-24"), ("weekday", "monday"), ("day", "3")]),
            Some(json!({"at": "2026-12-24T00:00:00Z"})),
            "a day in Seoul, and no more"
        );
        assert_eq!(
            of(&[("every", "week"), time, ("weekday", "friday"), ("day", "3"), ("count", "5")]),
            Some(json!({"every": "week", "time": "09:00", "zone": "Asia/Seoul", "weekday": "friday", "count": 5}))
        );
        assert_eq!(
            of(&[("every", "month"), time, ("day", "31"), ("from", "2026-12-01"), ("until", "2027-12-31")]),
            Some(json!({
                "every": "month", "time": "09:00", "zone": "Asia/Seoul", "day": 31, "from": "2026-12-01", "until": "2027-12-31",
            }))
        );
        for none in [
            vec![("every", "day")],
            vec![("every", "day"), ("time", "9 o'clock")],
            vec![("every", "once"), time],
            vec![("every", "month"), time, ("day", "last")],
            vec![("every", "day"), time, ("until", "never")],
            vec![("every", "day"), time, ("count", "-1")],
        ] {
            assert_eq!(of(&none), None, "{none:?}");
        }
    }
}
