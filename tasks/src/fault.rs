//! Faults for tests, in debug builds only: a running task can be made to panic from outside, and a program to die.
//!
//! The variable `JANGBU_FAULT_TASKS` names a folder. While it holds a file with the name of a task (with `-` for `/`), that
//! task panics. The file is removed first, unless it holds the word `always`.
//!
//! The variable `JANGBU_FAULT_POINT` names a place in the code. A program that comes there dies at once.

use std::fmt;

/// Panics if a test wants it. For threads, which have no future that could be interrupted.
pub fn fault_point(name: &str) {
    #[cfg(debug_assertions)]
    if inside::is_wanted(name) {
        panic!("a test wants the task {name} to panic");
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// Ends the program at once, as `kill -9` would, if `JANGBU_FAULT_POINT` is this name. A release build never looks at it.
pub fn kill_point(name: impl fmt::Display) {
    #[cfg(debug_assertions)]
    if (*inside::POINT).as_ref().is_some_and(|wanted| *wanted == name.to_string()) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// Never returns. Panics when a test wants it.
#[cfg(debug_assertions)]
pub(crate) async fn wait(name: &str) {
    if inside::FOLDER.is_none() {
        return std::future::pending().await;
    }
    loop {
        fault_point(name);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Never returns.
#[cfg(not(debug_assertions))]
pub(crate) async fn wait(_: &str) {
    std::future::pending().await
}

#[cfg(debug_assertions)]
mod inside {
    use std::{path::PathBuf, sync::LazyLock};

    #[expect(clippy::disallowed_methods, reason = "a test names in the environment of a process what is to break")]
    pub(super) static FOLDER: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var("JANGBU_FAULT_TASKS").ok().map(PathBuf::from));

    #[expect(clippy::disallowed_methods, reason = "a test names in the environment of a process where it is to die")]
    pub(super) static POINT: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("JANGBU_FAULT_POINT").ok().filter(|name| !name.is_empty()));

    pub(super) fn is_wanted(name: &str) -> bool {
        let Some(folder) = &*FOLDER else { return false };
        let file = folder.join(name.replace('/', "-"));
        match std::fs::read_to_string(&file) {
            Ok(text) if text.trim() == "always" => true,
            Ok(_) => std::fs::remove_file(&file).is_ok(),
            Err(_) => false,
        }
    }
}
