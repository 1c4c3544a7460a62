//! A frame: four bytes of length, a tag of 32 bytes, and the payload.
//!
//! The tag is HMAC-SHA256 over the direction, the nonces of both sides, the number of the frame in its direction, and the payload. So
//! a frame counts once, in its place, on its connection, from its side: one that is altered, replayed, reordered, sent back or
//! taken from another connection is refused, and the connection ends.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Distinguishes these tags from whatever else a key might be used for.
const DOMAIN: &[u8] = b"jangbu/internal/1";
const TAG: usize = 32;
const LENGTH: usize = 4;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a follower.
    ToLeader,
    /// From the leader.
    ToFollower,
}

/// A random number of each side, drawn for this connection.
#[derive(Clone, Copy, Debug)]
pub struct Nonces {
    /// Of the server.
    pub server: [u8; 32],
    /// Of the client.
    pub client: [u8; 32],
}

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It broke.
    #[error("the connection broke")]
    Io(#[from] std::io::Error),
    /// The tag does not fit.
    #[error("a frame is not authentic")]
    Forged,
    /// It is larger than any frame of ours.
    #[error("a frame of {0} bytes is too large")]
    TooLarge(usize),
}

/// Computes the tags of one direction of one connection, frame by frame.
pub struct Tagger {
    mac: Hmac<Sha256>,
    count: u64,
}

impl Tagger {
    /// For the first frame of that direction.
    pub fn new(secret: &[u8; 32], direction: Direction, nonces: &Nonces) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any size");
        mac.update(DOMAIN);
        mac.update(match direction {
            Direction::ToLeader => b"to leader  ",
            Direction::ToFollower => b"to follower",
        });
        mac.update(&nonces.server);
        mac.update(&nonces.client);
        Self { mac, count: 0 }
    }

    fn next(&mut self, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(&self.count.to_be_bytes());
        mac.update(payload);
        self.count += 1;
        mac
    }

    /// The whole frame.
    pub fn seal(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::with_capacity(LENGTH + TAG + payload.len());
        frame.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(&self.next(payload).finalize().into_bytes());
        frame.extend_from_slice(payload);
        frame
    }
}

/// Writes a frame.
pub async fn write_frame<W: AsyncWrite + Unpin>(
    writer: &mut W,
    tagger: &mut Tagger,
    payload: &[u8],
) -> Result<(), FrameError> {
    writer.write_all(&tagger.seal(payload)).await?;
    Ok(writer.flush().await?)
}

/// Reads the next frame and proves it. Nothing of one that does not hold is given out.
pub async fn read_frame<R: AsyncRead + Unpin>(
    reader: &mut R,
    tagger: &mut Tagger,
    limit: usize,
) -> Result<Vec<u8>, FrameError> {
    let (mut length, mut tag) = ([0; LENGTH], [0; TAG]);
    reader.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > limit {
        return Err(FrameError::TooLarge(length));
    }
    reader.read_exact(&mut tag).await?;
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).await?;
    // In constant time.
    tagger.next(&payload).verify_slice(&tag).map_err(|_| FrameError::Forged)?;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const NONCES: Nonces = Nonces { server: [1; 32], client: [2; 32] };
    const LIMIT: usize = 1024;

    fn tagger(direction: Direction, nonces: Nonces) -> Tagger {
        Tagger::new(&SECRET, direction, &nonces)
    }

    async fn read(bytes: &[u8], tagger: &mut Tagger) -> Result<Vec<u8>, FrameError> {
        read_frame(&mut &bytes[..], tagger, LIMIT).await
    }

    #[tokio::test]
    async fn frames_are_read_in_their_order_and_once() {
        let (mut sender, mut receiver) = (tagger(Direction::ToLeader, NONCES), tagger(Direction::ToLeader, NONCES));
        let (first, second) = (sender.seal(b"one"), sender.seal(b"two"));
        assert_eq!(read(&first, &mut receiver).await.expect("authentic"), b"one");
        assert!(matches!(read(&first, &mut receiver).await, Err(FrameError::Forged)), "replayed");
        let mut receiver = tagger(Direction::ToLeader, NONCES);
        assert!(matches!(read(&second, &mut receiver).await, Err(FrameError::Forged)), "out of order");
    }

    #[tokio::test]
    async fn a_frame_counts_only_on_its_connection_and_from_its_side() {
        let frame = tagger(Direction::ToLeader, NONCES).seal(b"one");
        let others = [
            tagger(Direction::ToFollower, NONCES),
            tagger(Direction::ToLeader, Nonces { server: [3; 32], ..NONCES }),
            tagger(Direction::ToLeader, Nonces { client: [3; 32], ..NONCES }),
            Tagger::new(&[8; 32], Direction::ToLeader, &NONCES),
        ];
        for mut other in others {
            assert!(matches!(read(&frame, &mut other).await, Err(FrameError::Forged)));
        }
    }

    #[tokio::test]
    async fn every_altered_bit_is_found_and_a_truncated_frame_is_none() {
        let frame = tagger(Direction::ToLeader, NONCES).seal(b"a payload");
        for bit in 0..frame.len() * 8 {
            let mut altered = frame.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let read = read(&altered, &mut tagger(Direction::ToLeader, NONCES)).await;
            assert!(read.is_err(), "bit {bit}");
        }
        for end in 0..frame.len() {
            let read = read(&frame[..end], &mut tagger(Direction::ToLeader, NONCES)).await;
            assert!(matches!(read, Err(FrameError::Io(_))), "{end} bytes");
        }
    }

    #[tokio::test]
    async fn a_frame_that_is_too_large_is_refused_before_it_is_read() {
        let frame = tagger(Direction::ToLeader, NONCES).seal(&[0; LIMIT + 1]);
        let read = read(&frame[..4], &mut tagger(Direction::ToLeader, NONCES)).await;
        assert!(matches!(read, Err(FrameError::TooLarge(size)) if size == LIMIT + 1));
    }
}
