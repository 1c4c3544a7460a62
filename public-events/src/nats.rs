//! How the public events stand in JetStream: the names that the publisher and the readers of the stream share.
//!
//! A message is a CloudEvent in structured content mode, as the NATS protocol binding of CloudEvents has it. The headers beside it let a reader
//! filter without reading the body.

use uuid::Uuid;

use crate::EventType;

/// The stream, if it is not set otherwise (`JANGBU_PUBLIC_STREAM`).
pub const STREAM: &str = "JANGBU_PUBLIC";
/// How many partitions there are: the events of one partition key are all in one of them.
pub const PARTITIONS: u8 = 16;

/// Header: the media type of the body, [`CloudEvent::CONTENT_TYPE`](crate::CloudEvent::CONTENT_TYPE).
pub const CONTENT_TYPE: &str = "content-type";
/// Header: the id of the event. JetStream drops a message whose id it has seen a short while ago.
pub const MESSAGE_ID: &str = "Nats-Msg-Id";
/// Header: the [`EventCursor`](crate::EventCursor) of the event.
pub const POSITION: &str = "Jangbu-Position";
/// Header: the account whose owner may hear of it; absent if there is none.
pub const ACCOUNT: &str = "Jangbu-Account";
/// Header: the member or partner who may hear of it; absent if the account says who.
pub const OWNER: &str = "Jangbu-Owner";
/// Header: the log that it was made from.
pub const LOG: &str = "Jangbu-Log-Id";

/// What every subject of a stream begins with: the name in lower case, with dots for underscores. `jangbu.public` for [`STREAM`].
pub fn prefix(stream: &str) -> String {
    stream.to_lowercase().replace('_', ".")
}

/// The subjects of a stream: `jangbu.public.>`.
pub fn subjects(stream: &str) -> String {
    format!("{}.>", prefix(stream))
}

/// The subject of an event in a stream: `jangbu.public.transfer.posted.<partition>`.
pub fn subject(stream: &str, event_type: EventType, partition_key: Uuid) -> String {
    format!("{}.{}.{:x}", prefix(stream), event_type.short(), partition(partition_key))
}

/// The partition of a key: the last hexadecimal digit of the id.
pub fn partition(key: Uuid) -> u8 {
    key.as_bytes()[15] % PARTITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_the_last_digit_of_the_key() {
        let key: Uuid = "019ab5f2-1111-7000-8000-00000000000c".parse().expect("a uuid");
        assert_eq!(subject(STREAM, EventType::PayoutRunStarted, key), "jangbu.public.payout.run.started.c");
        assert_eq!(subject("A_B", EventType::HoldPlaced, Uuid::nil()), "a.b.hold.placed.0");
    }
}
