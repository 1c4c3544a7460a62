//! Whether the server can do its work now.

use std::{sync::Arc, time::Duration};

use platform::ops::Probes;
use reads::Reads;
use tokio::sync::watch;

/// The views must be readable, fed from the right log, of its history, and not too far behind. The log itself need not be there: without
/// it reads go on, and only tokens ahead of their view have to wait.
pub fn register(probes: &Probes, reads: &Arc<Reads>, ready_lag: Duration) {
    let views = reads.clone();
    probes.register("views", move || {
        let views = views.clone();
        async move { views.check_views().await.map_err(|error| chain(&error)) }
    });
    let logs = reads.clone();
    probes.register("log", move || {
        let agree = logs.logs_agree();
        async move {
            if agree { Ok(()) } else { Err("the views are fed from another log than JANGBU_LOG_READER_URL".to_owned()) }
        }
    });
    let histories = reads.clone();
    probes.register("history", move || {
        let other = histories.of_another_history();
        async move {
            other.map_or(Ok(()), |view| {
                Err(format!("{view} shows another history than the log: rebuild it (`jangbu views rebuild {view}`)"))
            })
        }
    });
    let lagging = reads.clone();
    probes.register("lag", move || {
        let lags = lagging.lags();
        async move {
            let late = lags.into_iter().find(|(_, _, lag)| !ready_lag.is_zero() && *lag > ready_lag);
            match late {
                Some((view, position, lag)) => {
                    Err(format!("{} is at {position}, {} s behind", view.name(), lag.as_secs()))
                }
                None => Ok(()),
            }
        }
    });
}

/// Once the list of revoked tokens was read, what is known of it stays in force while the vault is away.
pub fn register_revocations(probes: &Probes, read: watch::Receiver<bool>) {
    probes.register("revocations", move || {
        let read = *read.borrow();
        async move { if read { Ok(()) } else { Err("it was never read whose tokens count no more".to_owned()) } }
    });
}

fn chain(error: &dyn std::error::Error) -> String {
    let texts = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
