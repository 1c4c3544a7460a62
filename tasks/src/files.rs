//! Files that are whole or not there: written beside their place and moved to it.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Readable and writable by the owner only.
pub const PRIVATE: u32 = 0o600;

/// Tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u64, i64, i64, u64);

/// The state of a file.
pub fn stamp(path: &Path) -> io::Result<Stamp> {
    let meta = fs::metadata(path)?;
    Ok(Stamp(meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}

/// Whether others than the owner may read or write it.
pub fn is_exposed(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Makes a file unless there is one, and its folder; `false` if there was one. Of two processes that make it at once, one
/// does, and the other finds it whole.
pub fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    put(path, content, mode, |beside, place| {
        let linked = fs::hard_link(beside, place);
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            linked => fs::remove_file(beside).map(|()| linked.is_ok()),
        }
    })
}

/// Puts a file in the place of another: a reader finds the old one or the new one.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    put(path, content, mode, |beside, place| fs::rename(beside, place).map(|()| true)).map(|_| ())
}

/// Opens a file so that its content can be overwritten after another file has taken its place.
pub(crate) fn open_to_overwrite(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).open(path)
}

/// Writes zeros over the whole file.
pub(crate) fn overwrite(mut file: &fs::File) -> io::Result<()> {
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()
}

/// Keeps other processes from changing a file until the lock is dropped, if they ask for it too.
pub fn lock(path: &Path) -> io::Result<fs::File> {
    let beside = place(path).with_extension("lock");
    let file = fs::OpenOptions::new().create(true).append(true).mode(PRIVATE).open(beside)?;
    file.lock()?;
    Ok(file)
}

/// Reads a file, and wipes what was read from memory when it is dropped.
pub fn read_secret(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    fs::read(path).map(Zeroizing::new)
}

fn put(
    path: &Path,
    content: &[u8],
    mode: u32,
    settle: impl FnOnce(&Path, &Path) -> io::Result<bool>,
) -> io::Result<bool> {
    let place = place(path);
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.{}.{}", std::process::id(), unique()));
    let done = write_beside(&beside, content, mode).and_then(|()| settle(&beside, &place));
    if done.is_err() {
        // It may hold a secret. The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    let done = done?;
    fs::File::open(folder)?.sync_all()?;
    Ok(done)
}

fn write_beside(beside: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Where a file is, behind links: the link stays.
fn place(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Two threads of a process do not meet.
fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
