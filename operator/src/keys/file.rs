//! Key files: made once, whole, and replaced whole if ever.

use std::{fs, io, io::Write, path::Path};

use super::KeyError;

pub(super) fn read(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })
}

/// Writes a file unless there is one; `false` if there was. Others see it whole or not at all: it is written
/// beside its place and linked to it, and a link is refused where a file is.
pub(super) fn create(path: &Path, content: &[u8], mode: u32) -> Result<bool, KeyError> {
    if path.exists() {
        return Ok(false);
    }
    link_new(path, content, mode).map_err(|source| KeyError::Write { path: path.to_owned(), source })
}

/// Puts a file in the place of another: others see the old one or the new one.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), KeyError> {
    let draft = draft(path);
    let replaced = write_draft(&draft, content, mode).and_then(|()| fs::rename(&draft, path));
    replaced.map_err(|source| KeyError::Write { path: path.to_owned(), source })
}

/// A name beside the file's own.
fn draft(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

fn link_new(path: &Path, content: &[u8], mode: u32) -> io::Result<bool> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = draft(path);
    let written = write_draft(&draft, content, mode).and_then(|()| match fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    });
    let removed = fs::remove_file(&draft);
    let made = written?;
    removed?;
    Ok(made)
}

fn write_draft(draft: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}
