//! Standing orders: what may be ordered, and what each run leaves of one.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    EvolveError, Order, OrderStatus, Refusal,
    standing_order::{first_run, place},
};
use events::recorded::{
    self, Every, IfRefused, Repeated, Schedule, StandingOrderEvent, StandingOrderPlaced, StandingOrderRan,
    StandingOrderResumed, StandingOrderSkipped,
};
use kernel::{MemberId, Version};
use proptest::{option, prelude::*};
use uuid::Uuid;

use crate::{account_id, closed, credited, frozen, given, money, opened, schedule::repeated, system, transfer};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn owner() -> MemberId {
    MemberId::new(Uuid::from_u128(1))
}

fn daily(count: Option<u32>) -> Schedule {
    Schedule::Every(Repeated { count, ..repeated(Every::Day, "09:00:00", "UTC") })
}

/// An order that was placed at the beginning of December.
fn placed(schedule: Schedule, if_refused: IfRefused) -> StandingOrderPlaced {
    let next_at = first_run(&schedule, at("2026-12-01T00:00:00Z")).expect("a first run");
    StandingOrderPlaced {
        owner: owner(),
        source: account_id(1),
        destination: account_id(2),
        money: money("KRW", 5),
        memo: None,
        schedule,
        if_refused,
        catch_up: true,
        next_at,
    }
}

fn order(schedule: Schedule, if_refused: IfRefused) -> Order {
    Order::evolve(None, &placed(schedule, if_refused).into()).expect("an order")
}

fn after(order: &Order, event: impl Into<StandingOrderEvent>) -> Order {
    Order::evolve(Some(order.clone()), &event.into()).expect("an order")
}

fn next_run_of(order: &Order, refusal: Option<&str>) -> StandingOrderRan {
    let due_at = order.next_at.expect("a run is due");
    let following = order.following(due_at).expect("a known zone");
    order.ran(due_at, following, transfer(), refusal.map(recorded::Refusal::of))
}

fn run(order: &Order, refusal: Option<&str>) -> Order {
    after(order, next_run_of(order, refusal))
}

#[test]
fn an_order_is_placed_between_accounts_of_members_that_are_of_its_asset() {
    let (source, other) = (given(&[opened("KRW"), credited(1, 1)]), given(&[opened("KRW")]));
    let (euro, gone, bank) = (given(&[opened("EUR")]), given(&[opened("KRW"), closed()]), given(&[system("KRW")]));
    let shut = given(&[opened("KRW"), frozen(0)]);
    let of =
        |units, source, destination| place((account_id(1), source), (account_id(2), destination), money("KRW", units));
    // The funds, and whether the accounts are frozen, are looked at when a run is due.
    assert_eq!(of(5, Some(&source), Some(&other)), Ok(owner()));
    assert_eq!(of(5, Some(&shut), Some(&shut)), Ok(owner()));
    assert_eq!(of(0, None, None), Err(Refusal::AmountNotPositive));
    assert_eq!(of(-1, Some(&source), Some(&other)), Err(Refusal::AmountNotPositive));
    assert_eq!(of(5, None, Some(&other)), Err(Refusal::AccountUnknown));
    assert_eq!(of(5, Some(&source), None), Err(Refusal::AccountUnknown));
    assert_eq!(of(5, Some(&source), Some(&bank)), Err(Refusal::AccountUnknown));
    assert_eq!(of(5, Some(&source), Some(&euro)), Err(Refusal::AssetMismatch));
    assert_eq!(of(5, Some(&euro), Some(&other)), Err(Refusal::AssetMismatch));
    assert_eq!(of(5, Some(&gone), Some(&other)), Err(Refusal::AccountClosed));
    assert_eq!(of(5, Some(&source), Some(&gone)), Err(Refusal::AccountClosed));
    let party = (account_id(1), Some(&source));
    assert_eq!(place(party, party, money("KRW", 5)), Err(Refusal::SameAccount));
}

#[test]
fn an_order_has_a_run_ahead() {
    let now = at("2026-12-01T09:00:00Z");
    let until = Some(now.date_naive());
    assert_eq!(first_run(&daily(None), now), Ok(at("2026-12-02T09:00:00Z")));
    assert_eq!(first_run(&daily(Some(1)), now), Ok(at("2026-12-02T09:00:00Z")));
    assert_eq!(first_run(&Schedule::At(now + TimeDelta::seconds(1)), now), Ok(now + TimeDelta::seconds(1)));
    for empty in [
        Schedule::At(now),
        daily(Some(0)),
        Schedule::Every(Repeated { until, ..repeated(Every::Day, "09:00:00", "UTC") }),
        Schedule::Every(repeated(Every::Day, "09:00:00", "Asia/Nowhere")),
    ] {
        assert_eq!(first_run(&empty, now), Err(Refusal::ScheduleEmpty), "{empty:?}");
    }
}

#[test]
fn it_is_finished_after_so_many_runs() {
    let first = order(daily(Some(2)), IfRefused::Skip);
    assert_eq!((first.status, first.next_at, first.runs()), (OrderStatus::Active, Some(at("2026-12-01T09:00:00Z")), 0));
    assert!(first.is_next(at("2026-12-01T09:00:00Z")) && !first.is_next(at("2026-12-02T09:00:00Z")));
    // A refused run is one of them.
    let second = run(&first, Some("insufficient-funds"));
    assert_eq!(
        (second.status, second.next_at, second.runs()),
        (OrderStatus::Active, Some(at("2026-12-02T09:00:00Z")), 1)
    );
    assert!(!second.is_next(at("2026-12-01T09:00:00Z")));
    let over = run(&second, None);
    assert_eq!((over.status, over.next_at, over.runs()), (OrderStatus::Finished, None, 2));
}

#[test]
fn it_is_finished_after_its_last_day_and_once_is_once() {
    let until = Some(at("2026-12-02T00:00:00Z").date_naive());
    let days = Schedule::Every(Repeated { until, ..repeated(Every::Day, "09:00:00", "UTC") });
    let second = run(&order(days, IfRefused::Skip), None);
    assert_eq!(second.next_at, Some(at("2026-12-02T09:00:00Z")));
    assert_eq!(run(&second, None).status, OrderStatus::Finished);
    let once = order(Schedule::At(at("2026-12-24T18:00:00Z")), IfRefused::Skip);
    assert_eq!(run(&once, None).status, OrderStatus::Finished);
    assert_eq!(run(&once, Some("account-frozen")).status, OrderStatus::Finished);
}

#[test]
fn a_refused_run_ends_an_order_that_asks_for_it() {
    let order = order(daily(None), IfRefused::Stop);
    let posted = run(&order, None);
    assert_eq!(posted.status, OrderStatus::Active);
    let refused = next_run_of(&posted, Some("limit-exceeded"));
    assert_eq!(refused.next_at, None);
    let stopped = after(&posted, refused);
    assert_eq!((stopped.status, stopped.next_at, stopped.runs()), (OrderStatus::Stopped, None, 2));
    assert_eq!(stopped.cancel(), Err(Refusal::OrderNotActive));
}

#[test]
fn a_paused_order_has_no_next_run_until_it_is_resumed() {
    let order = order(daily(None), IfRefused::Skip);
    assert_eq!(order.resume(None), Err(Refusal::OrderNotPaused));
    let paused = after(&order, order.pause().expect("paused"));
    assert_eq!((paused.status, paused.next_at), (OrderStatus::Paused, None));
    assert!(!paused.is_next(at("2026-12-01T09:00:00Z")));
    assert_eq!(paused.pause(), Err(Refusal::OrderNotActive));
    let next_at = paused.following(at("2026-12-05T12:00:00Z")).expect("a known zone");
    let resumed = after(&paused, paused.resume(next_at).expect("resumed"));
    assert_eq!((resumed.status, resumed.next_at), (OrderStatus::Active, Some(at("2026-12-06T09:00:00Z"))));
    // All of its runs were due meanwhile.
    let over = after(&paused, paused.resume(None).expect("resumed"));
    assert_eq!((over.status, over.next_at), (OrderStatus::Finished, None));
    let cancelled = after(&paused, paused.cancel().expect("cancelled"));
    assert_eq!((cancelled.status, cancelled.next_at), (OrderStatus::Cancelled, None));
    for over in [over, cancelled] {
        assert_eq!(over.pause(), Err(Refusal::OrderNotActive));
        assert_eq!(over.resume(None), Err(Refusal::OrderNotPaused));
        assert_eq!(over.cancel(), Err(Refusal::OrderNotActive));
    }
}

#[test]
fn runs_that_are_left_out_do_not_count() {
    let order = order(daily(Some(1)), IfRefused::Skip);
    let (first, later) = (at("2026-12-01T09:00:00Z"), at("2026-12-04T09:00:00Z"));
    assert_eq!(order.skip_to(first), None);
    let skipped = order.skip_to(later).expect("some are left out");
    assert_eq!(skipped, StandingOrderSkipped { due_at: first, next_at: Some(later) });
    let order = after(&order, skipped);
    assert!(order.is_next(later));
    assert_eq!((run(&order, None).status, run(&order, None).runs()), (OrderStatus::Finished, 1));
}

#[test]
fn it_begins_once_and_nothing_follows_on_its_end() {
    let order = order(daily(None), IfRefused::Skip);
    let evolve = |state: Option<&Order>, event: &StandingOrderEvent| Order::evolve(state.cloned(), event).map(drop);
    let placed = placed(daily(None), IfRefused::Skip).into();
    assert_eq!(evolve(Some(&order), &placed), Err(EvolveError::OpenedTwice));
    let paused = StandingOrderEvent::from(order.pause().expect("paused"));
    assert_eq!(evolve(None, &paused), Err(EvolveError::NotOpened));
    let ran = StandingOrderEvent::from(next_run_of(&order, None));
    let resumed = StandingOrderEvent::from(StandingOrderResumed { next_at: None });
    assert_eq!(evolve(Some(&order), &resumed), Err(EvolveError::OutOfOrder));
    let while_paused = after(&order, paused.clone());
    for event in [&ran, &paused, &order.skip_to(at("2026-12-04T09:00:00Z")).expect("left out").into()] {
        assert_eq!(evolve(Some(&while_paused), event), Err(EvolveError::OutOfOrder));
    }
    let over = after(&order, order.cancel().expect("cancelled"));
    for event in [&ran, &paused, &resumed] {
        assert_eq!(evolve(Some(&over), event), Err(EvolveError::AfterTheLast));
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Run { is_refused: bool },
    SkipDays(i64),
    Pause,
    Resume { days: i64 },
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => prop::bool::weighted(0.3).prop_map(|is_refused| Action::Run { is_refused }),
        1 => (1..5_i64).prop_map(Action::SkipDays),
        1 => Just(Action::Pause),
        2 => (0..5_i64).prop_map(|days| Action::Resume { days }),
    ]
}

/// What an action comes to, if it may happen; with the newest time that is known.
fn event(order: &Order, action: Action, now: DateTime<Utc>) -> Option<StandingOrderEvent> {
    let is_active = order.status == OrderStatus::Active;
    match action {
        Action::Run { is_refused } => {
            is_active.then(|| next_run_of(order, is_refused.then_some("insufficient-funds")).into())
        }
        Action::SkipDays(days) => order.skip_to(order.next_at? + TimeDelta::days(days)).map(Into::into),
        Action::Pause => order.pause().ok().map(Into::into),
        Action::Resume { days } => {
            let next_at = order.following(now + TimeDelta::days(days)).expect("a known zone");
            order.resume(next_at).ok().map(Into::into)
        }
    }
}

proptest! {
    #[test]
    fn runs_are_due_one_after_the_other_and_no_more_than_are_asked_for(
        count in option::of(1..8_u32),
        if_refused in prop_oneof![4 => Just(IfRefused::Skip), 1 => Just(IfRefused::Stop)],
        actions in prop::collection::vec(actions(), 0..40),
    ) {
        let mut order = order(daily(count), if_refused);
        let (mut due, mut at_versions) = (Vec::new(), vec![0]);
        for action in actions {
            let now = due.last().copied().unwrap_or(at("2026-12-01T00:00:00Z"));
            let Some(event) = event(&order, action, now) else { continue };
            if let StandingOrderEvent::Ran(ran) = &event {
                due.push(ran.due_at);
            }
            order = after(&order, event);
            at_versions.push(due.len());
        }
        prop_assert!(due.is_sorted_by(|earlier, later| earlier < later));
        prop_assert_eq!(usize::try_from(order.runs()), Ok(due.len()));
        prop_assert!(count.is_none_or(|count| order.runs() <= count));
        // It ends with the last of them, unless a refused run ended it.
        if let Some(count) = count.filter(|_| order.status != OrderStatus::Stopped) {
            prop_assert_eq!(order.status == OrderStatus::Finished, order.runs() == count);
        }
        prop_assert_eq!(order.next_at.is_some(), order.status == OrderStatus::Active);
        // The number of runs is known for each event.
        for (index, runs) in at_versions.into_iter().enumerate() {
            let version = Version::new(i64::try_from(index).expect("few") + 1);
            prop_assert_eq!(usize::try_from(order.runs_at(version)), Ok(runs));
        }
    }
}
