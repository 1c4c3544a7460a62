//! Forms as data. A page draws one among what it shows. One that was not taken is drawn again on a page of its own, with what was typed and
//! what is wrong with it.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    client::{Failure, Refusal},
    page::{Choice, Page, show},
    posted::Posted,
    trouble::status,
};

/// A form: its fields, and the button that sends it.
#[derive(Template)]
#[template(path = "_fields.html")]
pub(crate) struct Form {
    page: Page,
    action: String,
    /// The key of the button's words. On a page no two forms have the same one.
    button: &'static str,
    words: String,
    help: String,
    tone: &'static str,
    key: String,
    has_file: bool,
    fields: Vec<Field>,
}

/// A field of a form. It has to be filled in, unless it is said to be optional.
pub(crate) struct Field {
    name: &'static str,
    id: String,
    /// Keys of messages, until the field is put into a form: then their words.
    label: String,
    help: String,
    value: String,
    input: Input,
    mode: &'static str,
    longest: usize,
    is_required: bool,
    codes: &'static [&'static str],
    errors: Vec<String>,
}

/// What a field is filled in with.
enum Input {
    Line,
    Lines,
    Select(Vec<Choice>),
    File,
}

/// A form alone on a page.
#[derive(Template)]
#[template(path = "form.html")]
struct Alone {
    page: Page,
    form: Form,
    trouble: Option<Trouble>,
    back: String,
}

/// Why a form was not taken.
struct Trouble {
    words: String,
    detail: String,
    /// What is wrong with something that is no field of the form.
    others: Vec<String>,
    /// Nobody knows whether it was carried out.
    is_unsure: bool,
    code: String,
    request_id: String,
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

    /// Several lines of text.
    pub(crate) fn lines(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self::new(name, label, Input::Lines, longest)
    }

    /// One of these.
    pub(crate) fn choice(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self::new(name, label, Input::Select(choices), 0)
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
            longest,
            is_required: true,
            codes: &[],
            errors: Vec::new(),
        }
    }

    /// It may be left empty.
    #[must_use]
    pub(crate) fn optional(self) -> Self {
        Self { is_required: false, ..self }
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
    fn is_meant(&self, field: &str) -> bool {
        field.strip_prefix(self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Holds what was typed. A browser never fills in a file.
    fn fill(&mut self, typed: &str) {
        match &mut self.input {
            Input::Line | Input::Lines => typed.clone_into(&mut self.value),
            Input::Select(choices) => {
                for choice in choices {
                    choice.is_chosen = choice.value == typed;
                }
            }
            Input::File => {}
        }
    }

    fn is_lines(&self) -> bool {
        matches!(self.input, Input::Lines)
    }

    fn is_file(&self) -> bool {
        matches!(self.input, Input::File)
    }

    fn is_select(&self) -> bool {
        matches!(self.input, Input::Select(_))
    }

    fn choices(&self) -> &[Choice] {
        match &self.input {
            Input::Select(choices) => choices,
            _ => &[],
        }
    }

    fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    fn is_described(&self) -> bool {
        self.is_wrong() || !self.help.is_empty()
    }

    /// The ids of what is said of it.
    fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.id));
        let errors = self.is_wrong().then(|| format!("{}-errors", self.id));
        help.into_iter().chain(errors).collect::<Vec<_>>().join(" ")
    }
}

impl Form {
    /// A form that is sent there by a button with the words of this key.
    pub(crate) fn new(page: &Page, action: &str, button: &'static str) -> Self {
        Self {
            action: action.to_owned(),
            button,
            words: page.t(button),
            help: String::new(),
            tone: "primary",
            key: page.key(),
            has_file: false,
            fields: Vec::new(),
            page: page.clone(),
        }
    }

    /// One more field, under those before it.
    #[must_use]
    pub(crate) fn field(mut self, field: Field) -> Self {
        self.has_file |= field.is_file();
        let help = if field.help.is_empty() { String::new() } else { self.page.t(&field.help) };
        self.fields.push(Field {
            id: format!("{}-{}", self.button, field.name),
            label: self.page.t(&field.label),
            help,
            ..field
        });
        self
    }

    /// What to know before it is sent: the message with this key.
    #[must_use]
    pub(crate) fn helped(mut self, help: &'static str) -> Self {
        self.help = self.page.t(help);
        self
    }

    /// What it does is not taken back.
    #[must_use]
    pub(crate) fn dangerous(mut self) -> Self {
        self.tone = "danger";
        self
    }

    /// Alone on a page.
    pub(crate) fn alone(self, back: &str) -> Response {
        let page = self.page.clone().titled(self.words.clone());
        show(&Alone { page, form: self, trouble: None, back: back.to_owned() })
    }

    /// Alone, with what was typed and why it was not taken. Whose session has ended gets the failure itself, which leads to the log-in.
    pub(crate) fn again(mut self, typed: &Posted, failure: Failure, back: &str) -> Result<Response, Failure> {
        if failure.is_logged_out() {
            return Err(failure);
        }
        // What may have been carried out has to keep its key; what was refused would be refused for ever under it.
        if failure.is_unsure() {
            self.key = typed.plain_act().key;
        }
        for field in &mut self.fields {
            field.fill(typed.get(field.name).trim());
        }
        let trouble = self.blame(&failure);
        let page = self.page.clone().titled(self.words.clone());
        let shown = Alone { page, form: self, trouble: Some(trouble), back: back.to_owned() };
        Ok((status(&failure), show(&shown)).into_response())
    }

    /// Puts to each field what is wrong with it; the rest is said above the form.
    fn blame(&mut self, failure: &Failure) -> Trouble {
        let words = failure.words(self.page.language());
        let refusal = match failure {
            Failure::Refused(refusal) => (**refusal).clone(),
            Failure::Unreachable(_) | Failure::Answer(..) => Refusal::default(),
        };
        for field in self.fields.iter_mut().filter(|field| field.codes.contains(&refusal.code.as_str())) {
            field.errors.push(words.clone());
        }
        let mut others = Vec::new();
        for (name, message) in refusal.wrong() {
            match self.fields.iter_mut().find(|field| field.is_meant(&name)) {
                Some(field) => field.errors.push(message),
                None => others.push(format!("{name}: {message}")),
            }
        }
        Trouble {
            detail: if refusal.detail == words { String::new() } else { refusal.detail },
            words,
            others,
            is_unsure: failure.is_unsure(),
            code: refusal.code,
            request_id: refusal.request_id,
        }
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
        let choice = |value: &str, is_chosen| Choice { value: value.to_owned(), name: value.to_owned(), is_chosen };
        let mut scope = Field::choice("scope", "account-scope", vec![choice("all", true), choice("debits", false)]);
        scope.fill("debits");
        let chosen: Vec<bool> = scope.choices().iter().map(|choice| choice.is_chosen).collect();
        assert_eq!(chosen, [false, true]);
        let mut line = Field::line("name", "column-name", 80).filled("before");
        line.fill("<b>");
        assert_eq!(line.value, "<b>");
    }
}
