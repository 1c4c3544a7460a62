//! How far a rebuild is: a bar on a terminal, lines elsewhere, JSON for programs.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use events::recorded::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use projection_engine::{Phase, Progress, Rebuilder};
use serde_json::json;
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, interval},
};

use crate::output::{Output, thousands};

const LOOK: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(2);

/// Shows the progress until it is ended. It goes to standard error: the result alone is data.
pub struct Watching {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Watching {
    /// Begins to show how far these are.
    pub fn start(rebuilders: &[&Rebuilder<Event>], output: Output) -> Self {
        let (stop, stopped) = oneshot::channel();
        let bars = (!output.json && stderr().is_terminal()).then(MultiProgress::new);
        let shows = rebuilders.iter().map(|rebuilder| {
            let view = rebuilder.projection.name();
            let bar = bars.as_ref().map(|bars| bars.add(bar(view)));
            Show { view, output, bar, seen: Seen::new(), progress: rebuilder.reporter.subscribe() }
        });
        Self { stop, task: tokio::spawn(follow(shows.collect(), stopped)) }
    }

    /// Makes room for the result.
    pub async fn end(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

struct Show {
    view: &'static str,
    output: Output,
    bar: Option<ProgressBar>,
    seen: Seen,
    progress: watch::Receiver<Progress>,
}

/// What was shown last, and since when the phase lasts.
struct Seen {
    phase: Phase,
    since: Instant,
    done_before: i64,
    line: Option<Instant>,
}

impl Seen {
    fn new() -> Self {
        Self { phase: Phase::Planning, since: Instant::now(), done_before: 0, line: None }
    }
}

async fn follow(mut shows: Vec<Show>, mut stopped: oneshot::Receiver<()>) {
    let mut look = interval(LOOK);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = look.tick() => shows.iter_mut().for_each(Show::show),
        }
    }
    for show in &mut shows {
        show.show();
        if let Some(bar) = &show.bar {
            bar.finish_and_clear();
        }
    }
}

impl Show {
    fn show(&mut self) {
        let progress = *self.progress.borrow();
        let changed = progress.phase != self.seen.phase;
        if changed {
            self.seen = Seen { phase: progress.phase, since: Instant::now(), done_before: progress.done, line: None };
        }
        match &self.bar {
            Some(bar) => {
                if changed {
                    bar.reset();
                }
                bar.set_message(progress.phase.word());
                bar.set_length(progress.total.unsigned_abs());
                bar.set_position(progress.done.unsigned_abs());
            }
            None => self.line(progress),
        }
    }

    fn line(&mut self, progress: Progress) {
        if progress.phase == Phase::Planning || self.seen.line.is_some_and(|last| last.elapsed() < LINE) {
            return;
        }
        self.seen.line = Some(Instant::now());
        let took = self.seen.since.elapsed().as_secs_f64();
        let rate = if took > 0.2 { (progress.done - self.seen.done_before) as f64 / took } else { 0.0 };
        let left = (rate > 0.0).then(|| ((progress.total - progress.done).max(0) as f64 / rate).ceil() as i64);
        let phase = progress.phase.word();
        let counts_events = matches!(progress.phase, Phase::Building | Phase::Tailing);
        if self.output.json {
            let line = json!({
                "view": self.view, "generation": progress.generation, "phase": phase, "done": progress.done,
                "total": progress.total, "per_second": rate.round(), "seconds_left": left,
            });
            self.output.remark(line.to_string());
            return;
        }
        let (done, total) = (thousands(progress.done), thousands(progress.total));
        let of = match progress.phase {
            Phase::Building | Phase::Tailing | Phase::Indexing | Phase::Comparing => format!(" {done} of {total}"),
            _ => String::new(),
        };
        let speed = if counts_events && rate > 0.0 {
            format!(", {} events/s, {} s left", thousands(rate as i64), left.unwrap_or(0))
        } else {
            String::new()
        };
        self.output.remark(format!("{} generation {}: {phase}{of}{speed}", self.view, progress.generation));
    }
}

fn bar(view: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_prefix(view.to_owned());
    let style =
        ProgressStyle::with_template("{prefix} {msg:<10} {bar:40} {human_pos}/{human_len} {per_sec} {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
