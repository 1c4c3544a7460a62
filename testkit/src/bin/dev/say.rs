//! What a person sees.

use std::io::IsTerminal;

fn paint(code: &str, text: &str) -> String {
    if std::io::stderr().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A heading.
pub fn heading(text: &str) {
    eprintln!("\n{}", paint("1", text));
}

/// One thing and what became of it.
pub fn step(name: &str, detail: &str) {
    eprintln!("  {} {detail}", paint("36", &format!("{name:<15}")));
}

/// Something a person should know, though it went well.
pub fn note(text: &str) {
    eprintln!("  {} {text}", paint("33", "note"));
}

/// Why it did not work: each cause on a line of its own.
pub fn failure(error: &anyhow::Error) {
    eprintln!("\n{} {error}", paint("1;31", "failed:"));
    for cause in error.chain().skip(1) {
        eprintln!("  because {cause}");
    }
}
