//! A payout run as the view has it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{db::failed, failure::Failure, output::thousands};

/// A payout run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub run_id: Uuid,
    pub status: String,
    pub source: Uuid,
    pub asset: String,
    pub name: String,
    pub reference: String,
    pub opened_by: Uuid,
    pub rows: i64,
    pub posted: i64,
    pub refused: i64,
    pub total: String,
    pub paid: String,
    /// When it was started or resumed last.
    pub paying_since: Option<DateTime<Utc>>,
    /// How many rows had come out then.
    #[serde(skip)]
    done_before: i64,
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
}

impl Run {
    /// Reads it; it is an error if there is none.
    pub async fn read(views: &mut PgConnection, id: Uuid) -> Result<Self, Failure> {
        let found = sqlx::query_as!(
            Run,
            r#"select run_id as "run_id!", status as "status!", source as "source!", asset as "asset!", name as "name!",
                      reference as "reference!", opened_by as "opened_by!", rows as "rows!", posted as "posted!",
                      refused as "refused!", total::text as "total!", paid::text as "paid!", paying_since,
                      done_before as "done_before!", position as "position!", recorded_at as "recorded_at!"
               from live.payout_runs where run_id = $1"#,
            id
        )
        .fetch_optional(views)
        .await
        .map_err(failed("reading the payout run"))?;
        found.ok_or_else(|| Failure::Absent(format!("there is no payout run {id}")))
    }

    /// How many rows were paid or refused.
    pub fn done(&self) -> i64 {
        self.posted + self.refused
    }

    /// Whether nothing more happens to it.
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "finished" | "cancelled")
    }

    /// Whether every row was paid.
    pub fn is_well(&self) -> bool {
        self.status == "finished" && self.refused == 0
    }

    /// How many seconds the rest takes, if it goes on as fast as since it was started or resumed; none while that is not known.
    pub fn seconds_left(&self) -> Option<i64> {
        let (rest, done) = (self.rows - self.done(), self.done() - self.done_before);
        let took = (self.recorded_at - self.paying_since?).num_milliseconds();
        let is_known = self.status == "running" && done > 0 && took >= 0;
        is_known.then(|| rest.saturating_mul(took) / done / 1000)
    }

    /// How far it is, in words.
    pub fn progress(&self) -> String {
        let refused = match self.refused {
            0 => String::new(),
            refused => format!(", {} refused", thousands(refused)),
        };
        let left = self.seconds_left().map(|left| format!(", {left} s left")).unwrap_or_default();
        format!("{} {} of {} rows{refused}{left}", self.status, thousands(self.done()), thousands(self.rows))
    }

    /// All that is known of it.
    pub fn text(&self) -> String {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let lines = [
            ("run", self.run_id.to_string()),
            ("name", self.name.clone()),
            ("reference", self.reference.clone()),
            ("progress", self.progress()),
            ("total", format!("{} {} in minor units", self.total, self.asset)),
            ("paid", format!("{} {} for {} rows", self.paid, self.asset, thousands(self.posted))),
            ("source", self.source.to_string()),
            ("opened by", self.opened_by.to_string()),
            ("paying since", self.paying_since.map_or_else(|| "never".to_owned(), time)),
            ("changed", format!("{} at position {}", time(self.recorded_at), self.position)),
        ];
        let lines = lines.iter().map(|(name, value)| format!("{name:<12}  {value}\n"));
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn run() -> Run {
        let recorded_at = "2026-11-30T03:00:10Z".parse().expect("a time");
        Run {
            run_id: Uuid::nil(),
            status: "running".into(),
            source: Uuid::nil(),
            asset: "KRW".into(),
            name: "salaries".into(),
            reference: "payroll-11".into(),
            opened_by: Uuid::nil(),
            rows: 4000,
            posted: 1998,
            refused: 2,
            total: "40000".into(),
            paid: "19980".into(),
            paying_since: Some(recorded_at - TimeDelta::seconds(10)),
            done_before: 1000,
            position: 7,
            recorded_at,
        }
    }

    #[test]
    fn how_far_it_is_and_how_long_it_takes() {
        assert_eq!(run().progress(), "running 2,000 of 4,000 rows, 2 refused, 20 s left");
        let paused = Run { status: "paused".into(), ..run() };
        assert_eq!(paused.progress(), "paused 2,000 of 4,000 rows, 2 refused");
        let begun = Run { done_before: 2000, refused: 0, posted: 2000, ..run() };
        assert_eq!(begun.progress(), "running 2,000 of 4,000 rows");
        let finished = Run { status: "finished".into(), ..run() };
        assert!(finished.is_over() && !finished.is_well() && !run().is_over());
        assert!(Run { refused: 0, ..finished }.is_well());
    }
}
