//! A stream of answers that gives up when Postgres is silent for too long.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, stream::BoxStream};
use sqlx::Error;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    limits::{Limits, Measure, no_answer},
    state::State,
};

/// Answers of one statement. Time that the consumer takes between two of them does not count.
pub(crate) struct Waiting<'c, T> {
    answers: BoxStream<'c, Result<T, Error>>,
    state: &'c mut State,
    limits: Limits,
    left: Duration,
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl<'c, T> Waiting<'c, T> {
    pub fn new(answers: BoxStream<'c, Result<T, Error>>, state: &'c mut State, limits: Limits) -> Self {
        Self { answers, state, limits, left: limits.statement, since: None, timer: None, ended: false }
    }

    fn answered(&mut self) {
        let Some(since) = self.since.take() else { return };
        self.timer = None;
        if self.limits.measure == Measure::Whole {
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }

    fn end(&mut self, state: State) {
        self.ended = true;
        *self.state = state;
    }
}

impl<T> Stream for Waiting<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        match this.answers.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(answer))) => {
                this.answered();
                Poll::Ready(Some(Ok(answer)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.end(State::after(&error));
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(None) => {
                this.end(State::Ready);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let left = this.left;
                this.since.get_or_insert_with(Instant::now);
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(left)));
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                this.end(State::Broken);
                Poll::Ready(Some(Err(no_answer(this.limits.statement))))
            }
        }
    }
}
