//! Log lines as flat JSON objects: `time, level, service, target, message` and the fields, spans' fields included.

use std::fmt;

use kernel::{Clock, SystemClock};
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormattedFields, format::JsonFields, format::Writer},
    registry::LookupSpan,
};

pub(super) struct Json {
    service: &'static str,
}

impl Json {
    pub(super) fn new(service: &'static str) -> Self {
        Self { service }
    }
}

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let time = SystemClock.now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let mut line = Map::new();
        line.insert("time".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("service".to_owned(), self.service.into());
        line.insert("target".to_owned(), event.metadata().target().into());
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>();
            let fields = fields.and_then(|fields| serde_json::from_str::<Map<String, Value>>(&fields.fields).ok());
            for (name, value) in fields.into_iter().flatten() {
                // The innermost span wins: it comes first.
                line.entry(name).or_insert(value);
            }
        }
        event.record(&mut Fields(&mut line));
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        // The chain, because a cause is not repeated in the text of what it caused.
        let chain = std::iter::successors(Some(value), |error| error.source());
        let text: Vec<_> = chain.map(ToString::to_string).collect();
        self.put(field, text.join(": "));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the outer failed")]
    struct Outer(#[source] std::fmt::Error);

    #[test]
    fn a_line_is_one_flat_object_that_can_be_read_alone() {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer = fmt::layer().fmt_fields(JsonFields::new()).event_format(Json::new("tester"));
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let outer = tracing::info_span!("outer", view = "accounts", position = 1);
            let _outer = outer.enter();
            let inner = tracing::info_span!("inner", position = 2);
            let _inner = inner.enter();
            let error = Outer(std::fmt::Error);
            tracing::warn!(request.id = %"r-1", count = 7, error = &error as &dyn std::error::Error, "it \"broke\"\n");
        });
        let bytes = kept.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let mut line: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        let time = line.remove("time").and_then(|time| time.as_str().map(str::to_owned)).expect("a time");
        assert!(chrono::DateTime::parse_from_rfc3339(&time).is_ok() && time.ends_with('Z'), "{time}");
        let expected = serde_json::json!({
            "level": "WARN", "service": "tester", "target": "platform::telemetry::json::tests",
            "message": "it \"broke\"\n", "request.id": "r-1", "count": 7, "view": "accounts", "position": 2,
            "error": format!("the outer failed: {}", std::fmt::Error),
        });
        assert_eq!(Value::Object(line), expected);
    }
}
