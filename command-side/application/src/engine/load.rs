//! Loading streams: many in one round trip, each folded on its own, so that one that is damaged holds up no other.

use kernel::{StreamId, Version};
use log::{FromVersion, ReadError, ReadStreams, StreamRead, Wanted};

use super::stream::{FoldError, Stream};

/// A stream as far as it could be folded.
pub type Loaded = Result<Stream, FoldError>;

/// Reads streams on from where they are held, in the order given. Fails only if the log cannot be read at all.
pub async fn load(log: &(impl ReadStreams + ?Sized), held: Vec<(StreamId, Stream)>) -> Result<Vec<Loaded>, ReadError> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<_> = held.iter().map(|(id, stream)| (*id, stream.read_on())).collect();
    let mut loaded = Vec::with_capacity(held.len());
    match log.read_streams(&asked).await {
        Ok(read) => {
            for ((id, stream), read) in held.into_iter().zip(read) {
                loaded.push(fold(log, id, stream, read).await?);
            }
        }
        Err(ReadError::NotFetched(wanted)) => return load_others(log, held, &wanted).await,
        // Which of them is damaged is not said: each is read alone.
        Err(ReadError::Damaged { .. }) => {
            for ((id, from), (_, stream)) in asked.into_iter().zip(held) {
                loaded.push(match read_one(log, id, from).await? {
                    Ok(read) => fold(log, id, stream, read).await?,
                    Err(damage) => Err(damage),
                });
            }
        }
        Err(error) => return Err(error),
    }
    Ok(loaded)
}

/// Reads the streams that need not be fetched first.
async fn load_others(
    log: &(impl ReadStreams + ?Sized),
    held: Vec<(StreamId, Stream)>,
    wanted: &[Wanted],
) -> Result<Vec<Loaded>, ReadError> {
    let wanted_of =
        |id: StreamId| wanted.iter().find(|wanted| matches!(wanted, Wanted::Stream(stream, _) if *stream == id));
    let ids: Vec<StreamId> = held.iter().map(|(id, _)| *id).collect();
    let others: Vec<_> = held.into_iter().filter(|(id, _)| wanted_of(*id).is_none()).collect();
    // It must come to an end.
    if others.len() == ids.len() {
        return Err(ReadError::NotFetched(wanted.to_vec()));
    }
    let mut others = Box::pin(load(log, others)).await?.into_iter();
    let loaded = ids.into_iter().filter_map(|stream| match wanted_of(stream) {
        Some(wanted) => Some(Err(FoldError::NotFetched { stream, wanted: *wanted })),
        None => others.next(),
    });
    Ok(loaded.collect())
}

/// A snapshot that is no account's is of another process, or of another version of the bank: the events say which.
async fn fold(
    log: &(impl ReadStreams + ?Sized),
    id: StreamId,
    stream: Stream,
    read: StreamRead,
) -> Result<Loaded, ReadError> {
    match stream.load(id, read) {
        Err(FoldError::Snapshot { .. }) => {
            let read = read_one(log, id, FromVersion::After(Version::ZERO)).await?;
            Ok(read.and_then(|read| Stream::EMPTY.load(id, read)))
        }
        loaded => Ok(loaded),
    }
}

async fn read_one(
    log: &(impl ReadStreams + ?Sized),
    stream: StreamId,
    from: FromVersion,
) -> Result<Result<StreamRead, FoldError>, ReadError> {
    match log.read_streams(&[(stream, from)]).await {
        Ok(read) => Ok(Ok(read.into_iter().next().unwrap_or_default())),
        Err(ReadError::NotFetched(_)) => {
            Ok(Err(FoldError::NotFetched { stream, wanted: Wanted::Stream(stream, from) }))
        }
        Err(source @ ReadError::Damaged { .. }) => Ok(Err(FoldError::Damaged { stream, source })),
        Err(error) => Err(error),
    }
}
