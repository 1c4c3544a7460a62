//! The state of a follower in a file, so that a restart does not read the whole log.
//!
//! The file is believed only by a build that writes the same form, for the same log, and if its digest is right. In any other
//! case the log is read from its first commit.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use kernel::{CommitRef, LogId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{segments::Segments, state::State};
use crate::{
    account::Account,
    approvals::Approvals,
    chain::Digest,
    exchange::Exchange,
    findings::Findings,
    fold::Fold,
    holds::Holds,
    id_map::{IdMap, IdSet},
    items::Items,
    ledger::Ledger,
    limits::Limits,
    operators::Operators,
    orders::Orders,
    partners::Partners,
    payment_codes::PaymentCodes,
    payouts::Payouts,
    processes::Processes,
    streams::{Parts, Streams},
};

/// The form of the file: raised when what the port of the log gives for the same commit changes, or how an event is read.
const FORM: u32 = 2;
/// The sources that say what is in the file, and what it means. A build with others may fold differently: it begins anew.
const SOURCES: [&str; 28] = [
    include_str!("checkpoint.rs"),
    include_str!("read.rs"),
    include_str!("segments.rs"),
    include_str!("state.rs"),
    include_str!("../account.rs"),
    include_str!("../approvals.rs"),
    include_str!("../chain.rs"),
    include_str!("../exchange/mod.rs"),
    include_str!("../exchange/price.rs"),
    include_str!("../findings.rs"),
    include_str!("../fold.rs"),
    include_str!("../holds/mod.rs"),
    include_str!("../id_map.rs"),
    include_str!("../items/mod.rs"),
    include_str!("../ledger/mod.rs"),
    include_str!("../limits/mod.rs"),
    include_str!("../limits/parts.rs"),
    include_str!("../limits/uses.rs"),
    include_str!("../operators.rs"),
    include_str!("../orders/mod.rs"),
    include_str!("../orders/schedule.rs"),
    include_str!("../partners.rs"),
    include_str!("../payment_codes.rs"),
    include_str!("../payouts/mod.rs"),
    include_str!("../payouts/outcomes.rs"),
    include_str!("../processes.rs"),
    include_str!("../streams.rs"),
    include_str!("../transfers.rs"),
];

/// Names the build: two with the same sources fold alike.
fn build() -> String {
    let mut digest = Sha256::new();
    SOURCES.iter().for_each(|source| digest.update(source));
    hex::encode(&digest.finalize()[..8])
}

/// Why a checkpoint is not used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error("the file cannot be used")]
    File(#[from] io::Error),
    /// Its content is not what this build writes.
    #[error("the content is not a checkpoint of this build")]
    Content(#[from] serde_json::Error),
    /// Another form, or another build.
    #[error("it was written by build {build} in form {form}")]
    OtherForm {
        /// The form.
        form: u32,
        /// The name of the build.
        build: String,
    },
    /// Bytes have changed or are missing.
    #[error("its digest is wrong")]
    Damaged,
}

/// What comes first.
#[derive(Serialize, Deserialize)]
struct Header {
    form: u32,
    build: String,
    /// How many bytes the body has.
    body: u64,
    /// How many ids follow: commands, then each sort of short streams.
    ids: Vec<u64>,
    /// How many ids with a position follow, for each sort of short streams.
    placed: Vec<u64>,
}

/// What is not ids.
#[derive(Serialize, Deserialize)]
struct Body {
    log: LogId,
    standing: CommitRef,
    /// The digests of the commits up to there, chained.
    chain: Digest,
    accounts: HashMap<uuid::Uuid, Account>,
    holds: Holds,
    limits: Limits,
    payment_codes: PaymentCodes,
    items: Items,
    orders: Orders,
    payouts: Payouts,
    processes: Processes,
    exchange: Exchange,
    partners: Partners,
    operators: Operators,
    approvals: Approvals,
    left: Vec<kernel::MemberId>,
    erased: Vec<kernel::MemberId>,
    streams: Vec<(uuid::Uuid, i64, i64, i64, Option<usize>, bool)>,
    stream_count: u64,
    segments: Segments,
    counts: Vec<(String, u64, u64)>,
}

/// Bytes on their way, with their digest.
struct Digesting<T> {
    inner: T,
    digest: Sha256,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.digest.update(&bytes[..read]);
        Ok(read)
    }
}

/// Writes the state beside the file and puts it in its place, so that a crash leaves the old one or the new one. An empty log has
/// nothing to be kept.
pub fn write_checkpoint(path: &Path, state: &State) -> Result<(), CheckpointError> {
    let Some(body) = Body::of(state) else { return Ok(()) };
    let body = serde_json::to_vec(&body)?;
    let sets: Vec<&IdSet> = std::iter::once(&state.commands).chain(state.fold.streams.short()).collect();
    let ids = sets.iter().map(|set| set.len() as u64).collect();
    let placed = state.fold.streams.placed().map(|ids| ids.len() as u64).collect();
    let header = Header { form: FORM, build: build(), body: body.len() as u64, ids, placed };
    let draft = path.with_extension("draft");
    let mut file = Digesting { inner: BufWriter::new(File::create(&draft)?), digest: Sha256::new() };
    serde_json::to_writer(&mut file, &header)?;
    file.write_all(b"\n")?;
    file.write_all(&body)?;
    for (id, ()) in sets.iter().flat_map(|set| set.iter()) {
        file.write_all(&id.to_be_bytes())?;
    }
    for (id, position) in state.fold.streams.placed().flat_map(IdMap::iter) {
        file.write_all(&id.to_be_bytes())?;
        file.write_all(&position.to_be_bytes())?;
    }
    let Digesting { mut inner, digest } = file;
    inner.write_all(&digest.finalize())?;
    inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(std::fs::rename(draft, path)?)
}

/// Reads what [`write_checkpoint`] wrote; nothing, if there is no file.
pub fn read_checkpoint(path: &Path) -> Result<Option<State>, CheckpointError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut file = Digesting { inner: BufReader::with_capacity(1 << 16, file), digest: Sha256::new() };
    let header: Header = serde_json::from_slice(&line(&mut file)?)?;
    if header.form != FORM || header.build != build() {
        return Err(CheckpointError::OtherForm { form: header.form, build: header.build });
    }
    let mut body = Vec::new();
    (&mut file).take(header.body).read_to_end(&mut body)?;
    let mut sets = Vec::with_capacity(header.ids.len());
    for count in &header.ids {
        let ids = (0..*count).map(|_| Ok((u128::from_be_bytes(bytes(&mut file)?), ())));
        sets.push(ids.collect::<Result<IdSet, io::Error>>()?);
    }
    let mut placed = Vec::with_capacity(header.placed.len());
    for count in &header.placed {
        let ids =
            (0..*count).map(|_| Ok((u128::from_be_bytes(bytes(&mut file)?), i64::from_be_bytes(bytes(&mut file)?))));
        placed.push(ids.collect::<Result<IdMap<i64>, io::Error>>()?);
    }
    let Digesting { mut inner, digest } = file;
    let mut written = Vec::new();
    inner.read_to_end(&mut written)?;
    if written != digest.finalize()[..] {
        return Err(CheckpointError::Damaged);
    }
    let body: Body = serde_json::from_slice(&body)?;
    body.into_state(sets, placed).map(Some).ok_or(CheckpointError::Damaged)
}

fn bytes<const COUNT: usize>(file: &mut impl Read) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    file.read_exact(&mut bytes).map(|()| bytes)
}

/// The first line: a header of some hundred bytes.
fn line(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.len() < 4096 {
        file.read_exact(&mut byte)?;
        match byte {
            [b'\n'] => break,
            [other] => line.push(other),
        }
    }
    Ok(line)
}

impl Body {
    fn of(state: &State) -> Option<Self> {
        let Ledger { accounts, left, erased, noted: _ } = &state.fold.ledger;
        let counts = state.findings.checks().iter();
        Some(Self {
            log: state.log?,
            standing: state.standing?,
            chain: state.chain,
            accounts: accounts.clone(),
            holds: state.fold.holds.clone(),
            limits: state.fold.limits.clone(),
            payment_codes: state.fold.payment_codes.clone(),
            items: state.fold.items.clone(),
            orders: state.fold.orders.clone(),
            payouts: state.fold.payouts.clone(),
            processes: state.fold.processes.clone(),
            exchange: state.fold.exchange.clone(),
            partners: state.fold.partners.clone(),
            operators: state.fold.operators.clone(),
            approvals: state.fold.approvals.clone(),
            left: left.iter().copied().collect(),
            erased: erased.iter().copied().collect(),
            streams: state.fold.streams.long().collect(),
            stream_count: state.fold.streams.count(),
            segments: state.segments.clone(),
            counts: counts.map(|check| (check.rule.to_owned(), check.checked, check.found)).collect(),
        })
    }

    fn into_state(self, mut sets: Vec<IdSet>, placed: Vec<IdMap<i64>>) -> Option<State> {
        let short = sets.split_off(1.min(sets.len()));
        let mut findings = Findings::new();
        findings.go_on_from(self.counts);
        let parts = Parts { long: self.streams, short, placed, count: self.stream_count };
        let streams = Streams::restore(parts)?;
        let (left, erased) = (self.left.into_iter().collect(), self.erased.into_iter().collect());
        let ledger = Ledger { accounts: self.accounts, left, erased, ..Ledger::default() };
        let Self { holds, limits, payment_codes, items, orders, payouts, processes, .. } = self;
        let (exchange, partners) = (self.exchange, self.partners);
        let (operators, approvals) = (self.operators, self.approvals);
        Some(State {
            log: Some(self.log),
            standing: Some(self.standing),
            chain: self.chain,
            fold: Fold {
                ledger,
                holds,
                limits,
                payment_codes,
                items,
                orders,
                payouts,
                processes,
                exchange,
                partners,
                operators,
                approvals,
                streams,
            },
            commands: sets.pop()?,
            segments: self.segments,
            findings,
        })
    }
}
