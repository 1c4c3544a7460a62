//! A client of the stream of public events.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::{TestClient, eventually};

/// A comment comes every 15 seconds: a stream that is silent for longer is broken.
const SILENCE: Duration = Duration::from_secs(40);
/// How long an event may take to come, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// What stands between two empty lines of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    pub id: Option<String>,
    pub event: Option<String>,
    pub data: Option<Value>,
    pub comment: Option<String>,
}

impl Frame {
    pub fn parse(text: &str) -> Self {
        let mut frame = Self::default();
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("", comment)) => frame.comment = Some(comment.to_owned()),
                Some(("id", id)) => frame.id = Some(id.to_owned()),
                Some(("event", event)) => frame.event = Some(event.to_owned()),
                Some(("data", data)) => frame.data = Some(serde_json::from_str(data).unwrap()),
                Some(("retry", "2000")) => {}
                _ => panic!("not a line of a stream: {line:?}"),
            }
        }
        frame
    }

    /// Its id.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_else(|| panic!("no id: {self:?}"))
    }

    /// The event that it brings.
    #[track_caller]
    pub fn data(&self) -> &Value {
        self.data.as_ref().unwrap_or_else(|| panic!("no data: {self:?}"))
    }

    /// Whether it brings an event of this type about this subject.
    pub fn tells(&self, event: &str, subject: impl ToString) -> bool {
        self.event.as_deref() == Some(event)
            && self.data.as_ref().is_some_and(|data| data["subject"] == subject.to_string())
    }
}

/// One stream.
pub struct Listener {
    response: Response,
    read: Vec<u8>,
    /// The id of the last frame that has one.
    pub last: Option<String>,
}

impl Listener {
    /// Opens a stream, after the event with this id if there is one; again while the server says that it cannot now.
    pub async fn open(client: &TestClient, query: &str, last: Option<&str>) -> Self {
        let url = format!("{}/v1/events/stream{query}", client.query);
        let response = eventually("a stream", async || {
            let mut request = client.http.get(&url).bearer_auth(&client.token);
            if let Some(last) = last {
                request = request.header("last-event-id", last);
            }
            let response = request.send().await.map_err(|error| error.to_string())?;
            match response.status().as_u16() {
                200 => Ok(response),
                status @ (429 | 503) => Err(format!("{status}: {}", response.text().await.unwrap_or_default())),
                status => panic!("{status}: {}", response.text().await.unwrap_or_default()),
            }
        })
        .await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: Vec::new(), last: last.map(str::to_owned) }
    }

    /// The next frame; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.read.drain(..end + 2).collect();
                let frame = Frame::parse(std::str::from_utf8(&frame[..end]).unwrap());
                self.last = frame.id.clone().or(self.last.take());
                return Some(frame);
            }
            match timeout(SILENCE, self.response.chunk()).await.expect("the stream is silent") {
                Ok(Some(bytes)) => self.read.extend_from_slice(&bytes),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Frame {
        loop {
            let frame = self.next().await.expect("the stream goes on");
            assert_ne!(frame.event.as_deref(), Some("dropped"), "{frame:?}");
            if frame.event.is_some() {
                return frame;
            }
        }
    }

    /// Every event up to one, and that one.
    pub async fn until(&mut self, is_last: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let (begun, mut frames) = (Instant::now(), Vec::new());
        loop {
            let frame = self.event().await;
            let done = is_last(&frame);
            frames.push(frame);
            if done {
                return frames;
            }
            assert!(begun.elapsed() < PATIENCE, "it has not come: {frames:?}");
        }
    }
}
