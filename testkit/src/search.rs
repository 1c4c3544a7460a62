//! Looking for words where they must not be: in whole databases, folders and pages, byte by byte.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use url::Url;

/// How much is read at once.
const PIECE: usize = 1 << 20;

/// The words, in every form in which a store might hold them: as they are, in hexadecimal digits, and as JSON escapes
/// what is not ASCII.
#[derive(Clone, Debug)]
pub struct Words(Vec<(String, Vec<u8>)>);

/// What was looked through, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How many bytes were looked through.
    pub bytes: u64,
    /// The words that were found.
    pub found: Vec<String>,
}

impl Finding {
    /// Both together.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.bytes += other.bytes;
        self.found.extend(other.found);
        self.found.sort();
        self.found.dedup();
        self
    }
}

impl Words {
    /// These words. One of fewer than four bytes would be found by chance.
    pub fn new<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut forms = Vec::new();
        for word in words {
            let word = word.as_ref();
            ensure!(word.len() >= 4, "{word:?} is too short to be looked for");
            let hexadecimal: String = hex::encode(word);
            for form in [word.to_owned(), hexadecimal, escaped(word)] {
                let form = (word.to_owned(), form.into_bytes());
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
        Ok(Self(forms))
    }

    /// Looks through what a reader gives.
    pub fn in_reader(&self, mut reader: impl Read) -> Result<Finding> {
        let longest = self.0.iter().map(|(_, form)| form.len()).max().unwrap_or_default();
        let (mut finding, mut held) = (Finding::default(), Vec::with_capacity(PIECE + longest));
        let mut piece = vec![0; PIECE];
        loop {
            let length = reader.read(&mut piece).context("reading was interrupted")?;
            if length == 0 {
                return Ok(finding);
            }
            finding.bytes += length as u64;
            held.extend_from_slice(&piece[..length]);
            let found = self.0.iter().filter(|(_, form)| contains(&held, form)).map(|(word, _)| word.clone());
            finding = finding.join(Finding { bytes: 0, found: found.collect() });
            // A word may lie across two pieces.
            held.drain(..held.len().saturating_sub(longest));
        }
    }

    /// Looks through a text.
    pub fn in_text(&self, text: &str) -> Result<Finding> {
        self.in_reader(text.as_bytes())
    }

    /// Looks through every file under a folder, names included.
    pub fn in_folder(&self, folder: &Path) -> Result<Finding> {
        let mut finding = Finding::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
            for entry in entries.flatten() {
                let path: PathBuf = entry.path();
                finding = finding.join(self.in_text(&path.to_string_lossy())?);
                // NATS removes files while they are looked through.
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(file) = std::fs::File::open(&path) {
                    finding = finding.join(self.in_reader(file)?);
                }
            }
        }
        Ok(finding)
    }

    /// Looks through a dump of a whole database, as `pg_dump` writes it.
    pub fn in_database(&self, url: &str) -> Result<Finding> {
        let mut url = Url::parse(url).context("the database's URL cannot be read")?;
        let password = url.password().unwrap_or_default().to_owned();
        // Other users of the machine see what a program is started with.
        url.set_password(None).map_err(|()| anyhow::anyhow!("the database's URL takes no password"))?;
        let mut dump = Command::new("pg_dump")
            .arg(format!("--dbname={url}"))
            .env("PGPASSWORD", password)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run pg_dump; it comes with the Postgres server's packages")?;
        let out = dump.stdout.take().context("pg_dump gives nothing")?;
        let finding = self.in_reader(out)?;
        let ended = dump.wait_with_output().context("pg_dump was lost")?;
        if !ended.status.success() {
            bail!("pg_dump failed: {}", String::from_utf8_lossy(&ended.stderr).trim());
        }
        ensure!(finding.bytes > 0, "pg_dump gave an empty dump");
        Ok(finding)
    }

    /// Looks through a page.
    pub async fn in_page(&self, url: &str) -> Result<Finding> {
        let answer = reqwest::get(url).await.with_context(|| format!("{url} does not answer"))?;
        let text = answer.error_for_status()?.text().await.with_context(|| format!("{url} was interrupted"))?;
        self.in_text(&text)
    }
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let Some((first, rest)) = form.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if bytes[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

fn escaped(word: &str) -> String {
    let escape = |c: char| -> String {
        if c.is_ascii() {
            return c.to_string();
        }
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    word.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_every_form_and_across_pieces() {
        let words = Words::new(["canary", "카나리아"]).expect("words");
        let found = |text: &[u8]| words.in_reader(text).expect("read").found;
        assert_eq!(found(b"the canary sings"), ["canary"]);
        assert_eq!(found(b"\\x00636e 63616e617279"), ["canary"]);
        assert_eq!(found("새 카나리아".as_bytes()), ["카나리아"]);
        assert_eq!(found(br#"{"name":"\uce74\ub098\ub9ac\uc544"}"#), ["카나리아"]);
        assert_eq!(found(b"the canar y"), Vec::<String>::new());
        let mut across = vec![b'x'; PIECE - 3];
        across.extend_from_slice(b"canary");
        assert_eq!(found(&across), ["canary"]);
        assert!(Words::new(["abc"]).is_err());
    }
}
