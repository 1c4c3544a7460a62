//! When an attempt is made again, and when no more is sent.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use webhook_sender::{
    client::Outcome,
    health::{Health, StopReason},
    schedule::{Schedule, retry_after},
};

const HOUR: u64 = 3_600;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

fn answered(status: u16) -> Outcome {
    Outcome { status: Some(status), ..Outcome::default() }
}

#[test]
fn the_pauses_are_those_of_standard_webhooks() {
    let schedule: Schedule = Schedule::DEFAULT.parse().unwrap();
    let pauses = [0, 5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
    for (tries, pause) in pauses.into_iter().enumerate() {
        let tries = u32::try_from(tries).unwrap();
        assert_eq!(schedule.pause(tries, None, 0), Some(seconds(pause)));
        assert_eq!(schedule.pause(tries, None, 1_000), Some(seconds(pause) * 6 / 5), "a fifth longer at most");
    }
    assert_eq!(schedule.pause(10, None, 0), None, "ten attempts");
    assert_eq!(schedule.pause(10, Some(seconds(1)), 0), None);
}

#[test]
fn an_answer_can_ask_for_a_longer_pause_but_not_for_a_shorter_one_nor_for_more_than_a_day() {
    let schedule: Schedule = Schedule::DEFAULT.parse().unwrap();
    assert_eq!(schedule.pause(1, Some(seconds(60)), 0), Some(seconds(60)));
    assert_eq!(schedule.pause(2, Some(seconds(60)), 0), Some(seconds(300)));
    assert_eq!(schedule.pause(1, Some(seconds(1_000_000)), 0), Some(seconds(24 * HOUR)));
    assert!(schedule.pause(1, Some(seconds(60)), 500) > Some(seconds(60)), "never earlier than asked");
}

#[test]
fn a_schedule_that_cannot_be_read_is_an_error() {
    assert_eq!("10ms, 1d".parse::<Schedule>().unwrap().pause(1, None, 0), Some(seconds(24 * HOUR)));
    for text in ["", "5", "s", "5s,", "-5s", "5 s", "5w", "367d", "99999999999999999999s"] {
        text.parse::<Schedule>().expect_err(text);
    }
}

#[test]
fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
    let now = DateTime::parse_from_rfc3339("2026-12-01T10:00:00Z").unwrap().to_utc();
    assert_eq!(retry_after("120", now), Some(seconds(120)));
    assert_eq!(retry_after(" 0 ", now), Some(seconds(0)));
    assert_eq!(retry_after("Tue, 01 Dec 2026 10:02:00 GMT", now), Some(seconds(120)));
    assert_eq!(retry_after("Tue, 01 Dec 2026 09:00:00 GMT", now), Some(seconds(0)), "in the past");
    for text in ["", "soon", "-1", "1.5", "2026-12-01T10:02:00Z"] {
        assert_eq!(retry_after(text, now), None, "{text:?}");
    }
}

#[test]
fn nothing_more_is_sent_after_120_hours_of_failure() {
    let limit = seconds(120 * HOUR);
    let failing = Health::default().after(&answered(500), at(0), limit);
    assert_eq!(failing, Health { failing_since: Some(at(0)), ..Health::default() });
    let longer = failing.after(&Outcome::default(), at(119), limit);
    assert_eq!(longer, failing);
    let stopped = longer.after(&answered(404), at(120), limit);
    assert_eq!(stopped.stopped, Some((at(120), StopReason::Failing)));
    assert_eq!(stopped.after(&answered(200), at(121), limit), stopped, "only its owner enables it");
}

#[test]
fn one_success_in_between_is_enough() {
    let limit = seconds(120 * HOUR);
    let well = Health::default().after(&answered(500), at(0), limit).after(&answered(204), at(100), limit);
    assert_eq!(well, Health::default());
    assert_eq!(well.after(&answered(500), at(130), limit).stopped, None);
}

#[test]
fn who_is_gone_is_sent_nothing_more() {
    let gone = Health::default().after(&answered(410), at(0), seconds(120 * HOUR));
    assert_eq!(gone.stopped, Some((at(0), StopReason::Gone)));
}

#[test]
fn too_many_requests_and_unavailable_pause_the_webhook() {
    let limit = seconds(120 * HOUR);
    let ask = |status, seconds_asked| Outcome { retry_after: Some(seconds(seconds_asked)), ..answered(status) };
    for status in [429, 503] {
        let paused = Health::default().after(&ask(status, 2 * HOUR), at(0), limit);
        assert_eq!(paused.paused_until, Some(at(2)));
        assert_eq!(paused.after(&ask(status, HOUR), at(0), limit).paused_until, Some(at(2)), "the later one counts");
        assert_eq!(Health::default().after(&ask(status, 100 * HOUR), at(0), limit).paused_until, Some(at(24)));
    }
    assert_eq!(Health::default().after(&ask(500, HOUR), at(0), limit).paused_until, None, "speaks of one event");
    assert_eq!(Health::default().after(&answered(503), at(0), limit).paused_until, None);
}
