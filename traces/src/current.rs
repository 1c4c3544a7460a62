//! For which request an adapter works, whose port does not say it.

use crate::TraceContext;

tokio::task_local! {
    static CURRENT: TraceContext;
}

impl TraceContext {
    /// Does something for it: within it, it is the [current](Self::current) one. Tasks that it starts know nothing of that.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// The one that this is done for; [`TraceContext::UNRECORDED`] outside of all.
    pub fn current() -> Self {
        CURRENT.try_with(|current| *current).unwrap_or_default()
    }
}
