//! The beginning of a connection: each side proves that it has the key, on nonces of both.

use std::time::Duration;

use rand::TryRng;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    frame::{Direction, FrameError, Nonces, Tagger, read_frame, write_frame},
    keys::InternalKeys,
    message::{FORM, Hello},
};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(2);
/// The longest name of a key.
const LONGEST_ID: usize = 64;
/// The largest first frame.
const HELLO_LIMIT: usize = 1024;

/// Why a peer is not talked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the connection broke")]
    Io(#[from] std::io::Error),
    #[error("it did not prove that it has the key in time")]
    TooLate,
    #[error("it names a key that is not in the key file")]
    UnknownKey,
    #[error("it runs a build with another form of messages")]
    OtherForm,
    #[error("the key file holds no key")]
    NoKey,
    #[error("the machine gives no random bytes")]
    Random(#[source] rand::rngs::SysError),
}

/// The tags of both directions.
pub(crate) struct Tags {
    pub(crate) incoming: Tagger,
    pub(crate) outgoing: Tagger,
}

/// The side that was connected to. Until the peer has proved itself, nothing of it is read but its nonce, the name of its key and one small
/// frame.
pub(crate) async fn accept(stream: &mut TcpStream, keys: &InternalKeys) -> Result<Tags, Refused> {
    timeout(LIMIT, accept_in_time(stream, keys)).await.map_err(|_| Refused::TooLate)?
}

/// The side that connects.
pub(crate) async fn introduce(stream: &mut TcpStream, keys: &InternalKeys) -> Result<Tags, Refused> {
    timeout(LIMIT, introduce_in_time(stream, keys)).await.map_err(|_| Refused::TooLate)?
}

async fn accept_in_time(stream: &mut TcpStream, keys: &InternalKeys) -> Result<Tags, Refused> {
    let (server, mut client) = (fresh()?, [0; 32]);
    stream.write_all(&server).await?;
    stream.read_exact(&mut client).await?;
    let length = usize::from(stream.read_u8().await?);
    if length > LONGEST_ID {
        return Err(Refused::UnknownKey);
    }
    let mut id = vec![0; length];
    stream.read_exact(&mut id).await?;
    let secret = std::str::from_utf8(&id).ok().and_then(|id| keys.key(id)).ok_or(Refused::UnknownKey)?;
    let nonces = Nonces { server, client };
    let mut tags = Tags {
        incoming: Tagger::new(&secret, Direction::ToLeader, &nonces),
        outgoing: Tagger::new(&secret, Direction::ToFollower, &nonces),
    };
    let hello = read_frame(stream, &mut tags.incoming, HELLO_LIMIT).await?;
    check_form(&hello)?;
    write_frame(stream, &mut tags.outgoing, &own_hello()).await?;
    Ok(tags)
}

async fn introduce_in_time(stream: &mut TcpStream, keys: &InternalKeys) -> Result<Tags, Refused> {
    let (id, secret) = keys.current().ok_or(Refused::NoKey)?;
    let (mut server, client) = ([0; 32], fresh()?);
    stream.read_exact(&mut server).await?;
    let nonces = Nonces { server, client };
    let mut tags = Tags {
        incoming: Tagger::new(&secret, Direction::ToFollower, &nonces),
        outgoing: Tagger::new(&secret, Direction::ToLeader, &nonces),
    };
    let mut introduction = client.to_vec();
    introduction.push(u8::try_from(id.len()).map_err(|_| Refused::NoKey)?);
    introduction.extend_from_slice(id.as_bytes());
    introduction.extend_from_slice(&tags.outgoing.seal(&own_hello()));
    stream.write_all(&introduction).await?;
    // Whoever listens there may be anybody: no command is sent before it has proved itself.
    let hello = read_frame(stream, &mut tags.incoming, HELLO_LIMIT).await?;
    check_form(&hello)?;
    Ok(tags)
}

fn own_hello() -> Vec<u8> {
    format!(r#"{{"form":{FORM}}}"#).into_bytes()
}

fn check_form(hello: &[u8]) -> Result<(), Refused> {
    match serde_json::from_slice::<Hello>(hello) {
        Ok(Hello { form: FORM }) => Ok(()),
        _ => Err(Refused::OtherForm),
    }
}

fn fresh() -> Result<[u8; 32], Refused> {
    let mut nonce = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut nonce).map_err(Refused::Random)?;
    Ok(nonce)
}
