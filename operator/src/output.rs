//! Data to standard output, for people or for programs; the rest to standard error.

use std::io::{self, IsTerminal, Write, stderr};

use serde::Serialize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON for programs instead of text for people.
    pub json: bool,
}

impl Output {
    /// One line of text.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.as_ref()).map_err(Failure::Output)
    }

    /// One JSON document, indented.
    pub fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Output(e.into()))?;
        self.line(text)
    }

    /// One JSON document on one line, for streams of them.
    pub fn record(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|e| Failure::Output(e.into()))?;
        self.line(text)
    }

    /// The value as JSON, or the text made from it.
    pub fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        if self.json { self.document(value) } else { self.line(text(value).trim_end()) }
    }

    /// A remark on standard error; lost if nobody listens.
    pub fn remark(&self, text: impl AsRef<str>) {
        let _ = writeln!(stderr().lock(), "{}", text.as_ref());
    }

    /// Says on standard error why a command stopped, what caused it and what to do.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let (error, causes, advice) = (failure.to_string(), failure.causes(), failure.advice());
            self.remark(serde_json::json!({ "error": error, "causes": causes, "advice": advice }).to_string());
            return;
        }
        // A program that reads the text finds each sentence on one line.
        let show = |label: &str, text: &str| match stderr().is_terminal() {
            true => self.remark(wrap(label, text)),
            false => self.remark(format!("{label}{text}")),
        };
        show("jangbu: ", &failure.to_string());
        failure.causes().iter().for_each(|cause| show("  because: ", cause));
        if let Some(advice) = failure.advice() {
            show("  to do: ", &advice);
        }
    }
}

/// The flag of a command that cannot be undone.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Confirm {
    /// Do what cannot be undone without asking
    #[arg(long)]
    yes: bool,
}

impl Confirm {
    /// Asks, unless `--yes` was given. Where nobody can answer, the answer is no.
    pub fn ask(self, what: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::Unconfirmed(what.to_owned()));
        }
        let _ = write!(stderr().lock(), "{what}: this cannot be undone. Go on? [y/N] ");
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        match read {
            Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
            _ => Err(Failure::Unconfirmed(what.to_owned())),
        }
    }
}

/// Lines of text end here, but for tables and what has no space to break at.
const LINE: usize = 80;

/// Text behind a label, broken at spaces; further lines are indented as far as the label is long. What stands in backticks is
/// not broken: it is to be copied.
pub fn wrap(label: &str, text: &str) -> String {
    let indent = label.width();
    let mut lines = label.to_owned();
    let mut column = indent;
    for (index, word) in unbroken(text).enumerate() {
        if index > 0 && column + 1 + word.width() > LINE {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if index > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.width();
    }
    lines
}

fn unbroken(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    })
}

/// A table in plain text: columns aligned by their widest cell, numbers to the right.
#[derive(Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(head: impl Into<Vec<&'static str>>) -> Self {
        Self::titled(head.into().into_iter().map(str::to_owned))
    }

    /// A table with columns whose names are known only now.
    pub fn titled(head: impl IntoIterator<Item = String>) -> Self {
        Self { head: head.into_iter().collect(), rows: Vec::new() }
    }

    /// One more row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, each line ended.
    pub fn render(&self) -> String {
        let head = &self.head;
        let all = || std::iter::once(head).chain(&self.rows);
        let width = |column: usize| all().filter_map(|r| r.get(column)).map(|c| c.width()).max().unwrap_or(0);
        let numeric = |column: usize| self.rows.iter().filter_map(|r| r.get(column)).all(|cell| is_number(cell));
        let columns: Vec<(usize, bool)> = (0..head.len()).map(|c| (width(c), numeric(c))).collect();
        let mut text = String::new();
        for row in all() {
            let cells = row.iter().zip(&columns).map(|(cell, (width, numeric))| {
                let fill = " ".repeat(width.saturating_sub(cell.width()));
                if *numeric { format!("{fill}{cell}") } else { format!("{cell}{fill}") }
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

fn is_number(cell: &str) -> bool {
    matches!(cell, "" | "-") || cell.bytes().all(|b| b.is_ascii_digit() || b",.-".contains(&b))
}

/// The value itself if it is one, a list for several.
pub fn one_or_all(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

/// A count with a comma at every thousand.
pub fn thousands(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_goes_on_below_its_own_beginning() {
        let text = "one two three ".repeat(8);
        let wrapped = wrap("  to do: ", text.trim());
        assert!(wrapped.lines().count() == 2 && wrapped.lines().all(|line| line.width() <= LINE), "{wrapped}");
        assert!(wrapped.lines().nth(1).is_some_and(|line| line.starts_with("         ")), "{wrapped}");
        let command = format!("{} `jangbu views parked add accounts --position 17`", "word ".repeat(13).trim());
        assert!(wrap("", &command).ends_with("\n`jangbu views parked add accounts --position 17`"));
    }

    #[test]
    fn korean_takes_two_columns_for_each_letter() {
        let mut table = Table::new(["name", "state"]);
        table.row(["김민수".into(), "open".into()]);
        table.row(["lee".into(), "open".into()]);
        assert_eq!(table.render(), "name    state\n김민수  open\nlee     open\n");
    }

    #[test]
    fn counts_get_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn columns_align_and_numbers_stand_right() {
        let mut table = Table::new(["name", "count"]);
        table.row(["a".into(), "1,000".into()]);
        table.row(["long one".into(), "7".into()]);
        assert_eq!(table.render(), "name      count\na         1,000\nlong one      7\n");
    }
}
