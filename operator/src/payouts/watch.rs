//! Follows a payout run: a bar on a terminal, a line now and then elsewhere, both on standard error.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::run::Run;
use crate::{failure::Failure, output::Output};

const LOOK: Duration = Duration::from_millis(250);
/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(2);

/// Shows how far a run is until it is over; how it ended.
pub async fn until_over(views: &mut PgConnection, id: Uuid, output: Output) -> Result<Run, Failure> {
    let bar = (!output.json && stderr().is_terminal()).then(bar);
    let mut line: Option<(Instant, String)> = None;
    loop {
        let run = Run::read(views, id).await?;
        match &bar {
            Some(bar) => {
                bar.set_message(run.status.clone());
                bar.set_length(run.rows.unsigned_abs());
                bar.set_position(run.done().unsigned_abs());
            }
            None => show_line(&mut line, &run, output)?,
        }
        if run.is_over() {
            if let Some(bar) = &bar {
                bar.finish_and_clear();
            }
            return Ok(run);
        }
        sleep(LOOK).await;
    }
}

/// A line, if there is news and the last one is old enough.
fn show_line(last: &mut Option<(Instant, String)>, run: &Run, output: Output) -> Result<(), Failure> {
    let progress = run.progress();
    let is_due = last.as_ref().is_none_or(|(at, shown)| at.elapsed() >= LINE && *shown != progress);
    if is_due {
        match output.json {
            true => output.remark(serde_json::to_string(run).map_err(|error| Failure::Output(error.into()))?),
            false => output.remark(&progress),
        }
        *last = Some((Instant::now(), progress));
    }
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:<10} {bar:40} {human_pos}/{human_len} rows {per_sec} {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
