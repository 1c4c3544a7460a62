//! A client of the stream of public events: what an app on a telephone has open.

use anyhow::{Context, Error, Result, bail, ensure};
use reqwest::Response;
use testkit::client::Caller;
use tokio::time::{sleep, timeout};

use crate::public_event::{LIMIT, PAUSE, PublicEvent};

/// An open stream.
pub struct LiveStream {
    response: Response,
    read: Vec<u8>,
}

impl LiveStream {
    /// Opens a stream of events of these types, from now on.
    pub async fn open(query_url: &str, who: &Caller, types: &[&str]) -> Result<Self> {
        // No limit on the whole answer: it goes on for as long as somebody listens.
        let client = reqwest::Client::new();
        let url = format!("{query_url}/v1/events/stream?types={}", types.join(","));
        let opened = async {
            loop {
                let asked = client.get(&url).bearer_auth(who.bearer()).send().await;
                let response = asked.context("the query server does not answer")?;
                match response.status().as_u16() {
                    200 => return Ok::<_, Error>(Self { response, read: Vec::new() }),
                    // A server that has just started is not level with the log yet.
                    429 | 503 => sleep(PAUSE).await,
                    status => bail!("the answer is {status}: {}", response.text().await.unwrap_or_default()),
                }
            }
        };
        timeout(LIMIT, opened).await.context("it cannot be opened for a minute; does event-publisher run?")?
    }

    /// The next events, so many of them.
    pub async fn events(&mut self, count: usize) -> Result<Vec<PublicEvent>> {
        let told = async {
            let mut events = Vec::new();
            while events.len() < count {
                events.push(self.event().await?);
            }
            Ok::<_, Error>(events)
        };
        timeout(LIMIT, told).await.with_context(|| format!("{count} events have not come after a minute"))?
    }

    async fn event(&mut self) -> Result<PublicEvent> {
        loop {
            while let Some(frame) = self.frame() {
                if let Some(event) = event_in(std::str::from_utf8(&frame)?)? {
                    return Ok(event);
                }
            }
            let bytes = self.response.chunk().await.context("the stream broke")?.context("the stream has ended")?;
            self.read.extend_from_slice(&bytes);
        }
    }

    /// The next part between two empty lines, if all of it was read.
    fn frame(&mut self) -> Option<Vec<u8>> {
        let end = self.read.windows(2).position(|pair| pair == b"\n\n")?;
        Some(self.read.drain(..end + 2).collect())
    }
}

/// The event that a frame brings. A place and a comment bring none.
fn event_in(frame: &str) -> Result<Option<PublicEvent>> {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    ensure!(field("event") != Some("dropped"), "the server has dropped the stream: {frame}");
    field("data").map(|data| PublicEvent::parse(data.as_bytes())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_brings_an_event_or_a_place_alone() {
        let told = "id: 7.0\nevent: hold.placed\ndata: {\"type\":\"bank.jangbu.hold.placed.v1\",\"data\":{\"amount\":\"5\"}}\n\n";
        let event = event_in(told).unwrap().unwrap();
        assert_eq!((event.short_type(), event.amount("amount").unwrap()), ("hold.placed", 5));
        assert!(event_in(": all up to 7.0\nid: 7.0\n\n").unwrap().is_none());
        assert!(event_in("event: dropped\ndata: {\"reason\":\"too-slow\"}\n\n").is_err());
    }
}
