//! Tables for people.
//!
//! Whatever the cells hold, a table fits the terminal it is shown at: columns for which there is no room continue below their
//! row. A pipe gets each row whole, on one line.

use std::io::{IsTerminal, stdout};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A terminal that does not say how wide it is.
const USUAL: usize = 80;
/// Between two columns.
const GAP: &str = "  ";
/// Before what continues below a row.
const INDENT: &str = "    ";

/// A table in plain text: columns aligned by their widest cell, numbers to the right.
#[derive(Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// How a column is laid out.
#[derive(Clone, Copy)]
struct Column {
    width: usize,
    to_the_right: bool,
}

impl Table {
    /// A table with these columns.
    pub fn new(head: impl Into<Vec<&'static str>>) -> Self {
        Self::titled(head.into().into_iter().map(str::to_owned))
    }

    /// A table with columns whose names are known only now.
    pub fn titled(head: impl IntoIterator<Item = String>) -> Self {
        Self { head: head.into_iter().map(on_one_line).collect(), rows: Vec::new() }
    }

    /// One more row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(on_one_line).collect());
    }

    /// The text for standard output, each line ended.
    pub fn render(&self) -> String {
        let columns = rustix::termios::tcgetwinsize(stdout()).map_or(0, |size| usize::from(size.ws_col));
        let room = if columns == 0 { USUAL } else { columns };
        self.render_within(stdout().is_terminal().then_some(room))
    }

    /// The text with lines that are no longer than this, if there is a limit.
    fn render_within(&self, room: Option<usize>) -> String {
        let natural = self.columns(|head| head.width());
        match room {
            Some(room) if width_of(&natural) > room => self.narrow(room),
            _ => self.wide(&natural),
        }
    }

    fn columns(&self, width_of_head: impl Fn(&str) -> usize) -> Vec<Column> {
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let column = |(index, head): (usize, &String)| Column {
            width: cells(index).map(|cell| cell.width()).fold(width_of_head(head), usize::max),
            to_the_right: cells(index).all(|cell| is_number(cell)),
        };
        self.head.iter().enumerate().map(column).collect()
    }

    fn wide(&self, columns: &[Column]) -> String {
        let all = std::iter::once(&self.head).chain(&self.rows);
        all.map(|row| line(row, columns)).collect()
    }

    /// The first columns that fit, beneath heads of several lines; the others below each row, with their names.
    fn narrow(&self, room: usize) -> String {
        let mut columns = self.columns(|head| head.split(' ').map(|word| word.width()).max().unwrap_or(0));
        while width_of(&columns) > room {
            columns.pop();
        }
        let fitting = columns.len();
        let heads: Vec<Vec<&str>> = self.head[..fitting].iter().zip(&columns).map(|(h, c)| fold(h, c.width)).collect();
        let height = heads.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for level in 0..height {
            let words = heads.iter().map(|words| (level + words.len()).checked_sub(height).map_or("", |at| words[at]));
            text.push_str(&line(&words.collect::<Vec<_>>(), &columns));
        }
        for (index, row) in self.rows.iter().enumerate() {
            let first = row.len().min(fitting);
            text.push_str(&if fitting > 0 { line(&row[..first], &columns) } else { String::new() });
            let rest = self.head.iter().zip(row).skip(first).filter(|(_, cell)| !matches!(cell.as_str(), "" | "-"));
            let named = rest.map(|(head, cell)| if head.is_empty() { cell.clone() } else { format!("{head}: {cell}") });
            let indent = if fitting > 0 && room > 2 * INDENT.len() { INDENT } else { "" };
            let below = named.flat_map(|cell| {
                let folded = fold(&cell, room - indent.len()).into_iter().map(str::to_owned);
                folded.collect::<Vec<_>>()
            });
            below.for_each(|part| text.push_str(&format!("{indent}{part}\n")));
            // Rows without a line of their own are told apart by an empty one.
            text.push_str(if fitting == 0 && index + 1 < self.rows.len() { "\n" } else { "" });
        }
        text
    }
}

fn width_of(columns: &[Column]) -> usize {
    columns.iter().map(|column| column.width).sum::<usize>() + GAP.len() * columns.len().saturating_sub(1)
}

fn line(row: &[impl AsRef<str>], columns: &[Column]) -> String {
    let cells = row.iter().zip(columns).map(|(cell, column)| {
        let cell = cell.as_ref();
        let fill = " ".repeat(column.width.saturating_sub(cell.width()));
        if column.to_the_right { format!("{fill}{cell}") } else { format!("{cell}{fill}") }
    });
    format!("{}\n", cells.collect::<Vec<_>>().join(GAP).trim_end())
}

/// Broken at spaces, and within a word only if it is too long for a line.
fn fold(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while rest.width() > room {
        let end = fitting(rest, room);
        let space = if rest[end..].starts_with(' ') { Some(end) } else { rest[..end].rfind(' ') };
        let cut = space.unwrap_or(end);
        lines.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

/// How many bytes of the text fit, at least one character.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > room && at > 0 {
            return at;
        }
    }
    text.len()
}

/// A cell cannot break the table, whatever was recorded: neither by a new line, nor by telling the terminal something.
fn on_one_line(cell: String) -> String {
    if cell.contains(char::is_control) { cell.replace(char::is_control, " ") } else { cell }
}

fn is_number(cell: &str) -> bool {
    matches!(cell, "" | "-") || cell.bytes().all(|b| b.is_ascii_digit() || b",.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_takes_two_columns_for_each_letter() {
        let mut table = Table::new(["name", "state"]);
        table.row(["김민수".into(), "open".into()]);
        table.row(["lee".into(), "open".into()]);
        assert_eq!(table.render_within(None), "name    state\n김민수  open\nlee     open\n");
    }

    #[test]
    fn columns_align_and_numbers_stand_right() {
        let mut table = Table::new(["name", "count"]);
        table.row(["a".into(), "1,000".into()]);
        table.row(["long one".into(), "7".into()]);
        assert_eq!(table.render_within(None), "name      count\na         1,000\nlong one      7\n");
    }

    #[test]
    fn what_finds_no_room_continues_below_its_row() {
        let mut table = Table::new(["view", "lag events", "owner", "error"]);
        table.row(["accounts".into(), "12".into(), "김민수".into(), "no such account: 잔액이 모자란다".into()]);
        table.row(["transfers".into(), "0".into(), "-".into(), String::new()]);
        let narrow = "              lag\n\
                      view       events  owner\n\
                      accounts       12  김민수\n    error: no such\n    account: 잔액이\n    모자란다\n\
                      transfers       0  -\n";
        assert_eq!(table.render_within(Some(25)), narrow);
        assert!(table.render_within(Some(90)).starts_with("view       lag events  owner   error\n"));
    }

    #[test]
    fn a_cell_that_is_wider_than_the_terminal_stands_alone() {
        let mut table = Table::new(["key", "value"]);
        table.row(["a".repeat(25), "x".into()]);
        table.row(["b".into(), "two\nlines \u{1b}[31m".into()]);
        let expected = "key:\naaaaaaaaaaaaaaaaaaaa\naaaaa\nvalue: x\n\nkey: b\nvalue: two lines\n[31m\n";
        assert_eq!(table.render_within(Some(20)), expected);
    }

    #[test]
    fn every_width_is_kept_and_nothing_is_lost() {
        let cells = [
            "",
            "-",
            "12,345,678",
            "한국어와 English",
            "a-word-of-more-than-twenty-columns",
            "가나다라마바사아자차카타",
        ];
        for columns in 1..9 {
            let mut table = Table::titled((0..columns).map(|n| format!("the head {n}")));
            for row in 0..7 {
                table.row((0..columns).map(|column| cells[(row * columns + column) % cells.len()].to_owned()));
            }
            for room in 4..200 {
                let text = table.render_within(Some(room));
                assert!(text.lines().all(|line| line.width() <= room), "{columns} columns in {room}:\n{text}");
                let kept = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').count();
                let whole = table.rows.iter().flatten().map(|cell| kept(cell)).sum::<usize>();
                assert!(kept(&text) >= whole, "{columns} columns in {room}:\n{text}");
            }
        }
    }
}
