//! Files of the archive: lines, compressed.

use std::io::{BufRead, BufReader, Cursor, Write};

use bytes::Bytes;
use zstd::stream::{read::Decoder, write::Encoder};

use super::{digest::Digest, error::ArchiveError, manifest::Events};
use crate::commit::Commit;

/// How hard zstd tries: as small as 9 or so makes it, at a speed that Postgres does not reach.
const LEVEL: i32 = 7;

/// How much is decompressed at a time.
const PIECE: usize = 256 * 1024;

/// A compressed file in the making.
pub struct Pack(Encoder<'static, Vec<u8>>);

impl Pack {
    /// Nothing in it yet.
    pub fn new() -> Result<Self, ArchiveError> {
        let mut encoder = Encoder::new(Vec::new(), LEVEL).map_err(ArchiveError::Compress)?;
        // The file says itself if it was cut short, also to those who have no manifest.
        encoder.include_checksum(true).map_err(ArchiveError::Compress)?;
        Ok(Self(encoder))
    }

    /// Adds lines.
    pub fn add(&mut self, lines: &[u8]) -> Result<(), ArchiveError> {
        self.0.write_all(lines).map_err(ArchiveError::Compress)
    }

    /// The file, and its digest.
    pub fn finish(self) -> Result<(Vec<u8>, Digest), ArchiveError> {
        let bytes = self.0.finish().map_err(ArchiveError::Compress)?;
        let digest = Digest::of(&bytes);
        Ok((bytes, digest))
    }
}

/// A segment in the making: commits that follow one another.
pub struct Segment {
    pack: Pack,
    lines: Vec<u8>,
    about: Option<Events>,
}

impl Segment {
    /// Nothing in it yet.
    pub fn new() -> Result<Self, ArchiveError> {
        Ok(Self { pack: Pack::new()?, lines: Vec::with_capacity(1 << 20), about: None })
    }

    /// How many events it holds.
    pub fn events(&self) -> i64 {
        self.about.as_ref().map_or(0, |about| about.events)
    }

    /// Adds the next commit.
    pub fn push(&mut self, commit: &Commit) -> Result<(), ArchiveError> {
        commit.write(&mut self.lines).map_err(|e| ArchiveError::Compress(e.into()))?;
        match &mut self.about {
            Some(about) => about.extend(commit),
            None => self.about = Some(Events::of(commit)),
        }
        if self.lines.len() >= PIECE {
            self.pack.add(&self.lines)?;
            self.lines.clear();
        }
        Ok(())
    }

    /// The file, its digest and what it holds; nothing, if it holds nothing.
    pub fn finish(mut self) -> Result<Option<(Vec<u8>, Digest, Events)>, ArchiveError> {
        let Some(about) = self.about else { return Ok(None) };
        self.pack.add(&self.lines)?;
        let (bytes, digest) = self.pack.finish()?;
        Ok(Some((bytes, digest, about)))
    }
}

/// The lines of a file, one after another.
pub struct Lines {
    reader: BufReader<Decoder<'static, Cursor<Bytes>>>,
    line: Vec<u8>,
}

impl Lines {
    /// From its beginning.
    pub fn of(file: Bytes) -> std::io::Result<Self> {
        let decoder = Decoder::with_buffer(Cursor::new(file))?;
        Ok(Self { reader: BufReader::with_capacity(PIECE, decoder), line: Vec::new() })
    }

    /// The next line, without its end; nothing after the last one.
    pub fn read_line(&mut self) -> std::io::Result<Option<&[u8]>> {
        self.line.clear();
        if self.reader.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        Ok(Some(self.line.strip_suffix(b"\n").unwrap_or(&self.line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_and_a_cut_file_is_an_error() {
        let mut pack = Pack::new().expect("a pack");
        let lines: Vec<String> = (0..20_000).map(|n| format!("line {n} {}", n * n)).collect();
        for line in &lines {
            pack.add(format!("{line}\n").as_bytes()).expect("added");
        }
        let (bytes, digest) = pack.finish().expect("a file");
        assert_eq!(digest, Digest::of(&bytes));
        let read = |bytes: Vec<u8>| {
            let mut found = Vec::new();
            let mut lines = Lines::of(bytes.into())?;
            while let Some(line) = lines.read_line()? {
                found.push(String::from_utf8_lossy(line).into_owned());
            }
            std::io::Result::Ok(found)
        };
        assert_eq!(read(bytes.clone()).expect("lines"), lines);
        assert!(read(bytes[..bytes.len() - 1].to_vec()).is_err(), "cut short");
        let mut turned = bytes.clone();
        turned[bytes.len() / 2] ^= 1;
        assert!(read(turned).is_err(), "a bit turned");
    }
}
