//! The fields of forms: what each is filled in with, and what is wrong with it.

use crate::page::Choice;

/// A field of a form. It has to be filled in, unless it is said to be optional.
pub(crate) struct Field {
    pub(super) name: &'static str,
    pub(super) id: String,
    /// Keys of messages, until the field is put into a form: then their words.
    pub(super) label: String,
    pub(super) help: String,
    pub(super) value: String,
    input: Input,
    pub(super) mode: &'static str,
    /// What a browser may fill in by itself.
    pub(super) autocomplete: &'static str,
    pub(super) shortest: usize,
    pub(super) longest: usize,
    pub(super) is_required: bool,
    /// No page shows what was typed.
    is_secret: bool,
    pub(super) codes: &'static [&'static str],
    pub(super) errors: Vec<String>,
}

/// What a field is filled in with.
enum Input {
    Line,
    Lines,
    Password,
    /// Day and time of day, in the zone of the console.
    Time,
    Select(Vec<Choice>),
    /// As many of these as are ticked.
    Ticks(Vec<Choice>),
    /// Yes, if it is ticked.
    Tick(bool),
    File,
}

impl Field {
    /// A line of text of so many characters at most. Its label has this key.
    pub(crate) fn line(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self::new(name, label, Input::Line, longest)
    }

    /// A line of digits.
    pub(crate) fn digits(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { mode: "numeric", ..Self::new(name, label, Input::Line, longest) }
    }

    /// A line with a decimal number.
    pub(crate) fn decimal(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { mode: "decimal", ..Self::new(name, label, Input::Line, longest) }
    }

    /// A password: the browser is told which, such as `current-password`.
    pub(crate) fn password(
        name: &'static str,
        label: &'static str,
        longest: usize,
        autocomplete: &'static str,
    ) -> Self {
        Self { autocomplete, is_secret: true, ..Self::new(name, label, Input::Password, longest) }
    }

    /// The code that an authenticator shows.
    pub(crate) fn one_time_code(name: &'static str, label: &'static str) -> Self {
        // Authenticators show it in two groups.
        Self { autocomplete: "one-time-code", is_secret: true, ..Self::digits(name, label, 12) }
    }

    /// A time, as it is typed in the zone of the console.
    pub(crate) fn time(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Time, 0)
    }

    /// Several lines of text.
    pub(crate) fn lines(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self::new(name, label, Input::Lines, longest)
    }

    /// One of these.
    pub(crate) fn choice(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self::new(name, label, Input::Select(choices), 0)
    }

    /// As many of these as are ticked.
    pub(crate) fn ticks(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self::new(name, label, Input::Ticks(choices), 0)
    }

    /// One box. Ticked, it is sent with `yes`.
    pub(crate) fn tick(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Tick(false), 0)
    }

    /// A table of comma-separated values.
    pub(crate) fn table(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::File, 0)
    }

    /// Why it is to be done.
    pub(crate) fn reason() -> Self {
        Self::line("reason", "reason", 200).about(&["reason-required"])
    }

    fn new(name: &'static str, label: &'static str, input: Input, longest: usize) -> Self {
        Self {
            name,
            id: String::new(),
            label: label.to_owned(),
            help: String::new(),
            value: String::new(),
            input,
            mode: "text",
            autocomplete: "off",
            shortest: 0,
            longest,
            is_required: true,
            is_secret: false,
            codes: &[],
            errors: Vec::new(),
        }
    }

    /// It may be left empty.
    #[must_use]
    pub(crate) fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// It has so many characters at least.
    #[must_use]
    pub(crate) fn at_least(self, shortest: usize) -> Self {
        Self { shortest, ..self }
    }

    /// It is filled in with this.
    #[must_use]
    pub(crate) fn filled(self, value: &str) -> Self {
        Self { value: value.to_owned(), ..self }
    }

    /// What to know of it: the message with this key.
    #[must_use]
    pub(crate) fn helped(self, help: &'static str) -> Self {
        Self { help: help.to_owned(), ..self }
    }

    /// Refusals with these codes are about this field.
    #[must_use]
    pub(crate) fn about(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    /// Whether a server means it: `money`, `money.amount` and `money[0]` are all the field `money`.
    pub(super) fn is_meant(&self, field: &str) -> bool {
        field.strip_prefix(self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Holds what was typed, all of it. A browser never fills in a file.
    pub(super) fn fill(&mut self, typed: &[&str]) {
        if self.is_secret {
            return;
        }
        let first = typed.first().copied().unwrap_or_default().trim();
        match &mut self.input {
            Input::Line | Input::Lines | Input::Time => first.clone_into(&mut self.value),
            Input::Select(choices) => {
                // What was chosen stays, though it is offered no more.
                if !first.is_empty() && !choices.iter().any(|choice| choice.value == first) {
                    choices.push(Choice::plain(first));
                }
                for choice in choices {
                    choice.is_chosen = choice.value == first;
                }
            }
            Input::Ticks(choices) => {
                for choice in choices {
                    choice.is_chosen = typed.contains(&choice.value.as_str());
                }
            }
            Input::Tick(is_ticked) => *is_ticked = !first.is_empty(),
            Input::Password | Input::File => {}
        }
    }

    pub(super) fn is_lines(&self) -> bool {
        matches!(self.input, Input::Lines)
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.input, Input::File)
    }

    pub(super) fn is_select(&self) -> bool {
        matches!(self.input, Input::Select(_))
    }

    pub(super) fn is_password(&self) -> bool {
        matches!(self.input, Input::Password)
    }

    pub(super) fn is_time(&self) -> bool {
        matches!(self.input, Input::Time)
    }

    pub(super) fn is_ticks(&self) -> bool {
        matches!(self.input, Input::Ticks(_))
    }

    pub(super) fn is_tick(&self) -> bool {
        matches!(self.input, Input::Tick(_))
    }

    pub(super) fn is_ticked(&self) -> bool {
        matches!(self.input, Input::Tick(true))
    }

    pub(super) fn choices(&self) -> &[Choice] {
        match &self.input {
            Input::Select(choices) | Input::Ticks(choices) => choices,
            _ => &[],
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(super) fn is_described(&self) -> bool {
        self.is_wrong() || !self.help.is_empty()
    }

    /// The ids of what is said of it.
    pub(super) fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.id));
        let errors = self.is_wrong().then(|| format!("{}-errors", self.id));
        help.into_iter().chain(errors).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_meant_with_all_of_its_parts() {
        let field = Field::digits("money", "column-amount", 38);
        for (name, expected) in
            [("money", true), ("money.amount", true), ("money[0]", true), ("moneys", false), ("x.money", false)]
        {
            assert_eq!(field.is_meant(name), expected, "{name}");
        }
    }

    #[test]
    fn what_was_typed_stays() {
        let choices = || Vec::from(["all", "debits"].map(Choice::plain));
        let chosen = |field: &Field| {
            let chosen = field.choices().iter().filter(|choice| choice.is_chosen);
            chosen.map(|choice| choice.value.clone()).collect::<Vec<_>>()
        };
        let mut scope = Field::choice("scope", "account-scope", choices());
        scope.fill(&["debits"]);
        assert_eq!((chosen(&scope), scope.choices().len()), (vec!["debits".to_owned()], 2));
        scope.fill(&["offered before"]);
        assert_eq!(chosen(&scope), ["offered before"]);
        let mut ticks = Field::ticks("scopes", "partner-scopes", choices());
        ticks.fill(&["debits", "all", "nothing"]);
        assert_eq!(chosen(&ticks), ["all", "debits"]);
        ticks.fill(&[]);
        assert!(chosen(&ticks).is_empty());
        let mut tick = Field::tick("everyone", "limit-everyone");
        tick.fill(&["yes"]);
        assert!(tick.is_ticked());
        let mut line = Field::line("name", "column-name", 80).filled("before");
        line.fill(&[" <b> "]);
        assert_eq!(line.value, "<b>");
    }

    #[test]
    fn what_is_secret_is_never_filled_in() {
        let password = Field::password("new", "own-new", 128, "new-password");
        for mut field in [password, Field::one_time_code("totp", "login-code")] {
            field.fill(&["secret"]);
            assert_eq!(field.value, "", "{}", field.name);
        }
    }
}
