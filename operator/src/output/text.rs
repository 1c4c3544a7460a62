//! Lines and numbers for people.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

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
    fn counts_get_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }
}
