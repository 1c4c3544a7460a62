//! Forms as data. A page draws one among what it shows. One that was not taken is drawn again on a page of its own, with what was typed and
//! what is wrong with it.

mod field;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    client::{Failure, Refusal},
    page::{Page, show},
    posted::Posted,
    trouble::status,
};
pub(crate) use field::Field;

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
    /// The name that a browser keeps the passwords of the form under.
    whose: String,
    key: String,
    has_file: bool,
    fields: Vec<Field>,
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

impl Form {
    /// A form that is sent there by a button with the words of this key.
    pub(crate) fn new(page: &Page, action: &str, button: &'static str) -> Self {
        Self {
            action: action.to_owned(),
            button,
            words: page.t(button),
            help: String::new(),
            tone: "primary",
            whose: String::new(),
            key: page.key(),
            has_file: false,
            fields: Vec::new(),
            page: page.clone(),
        }
    }

    /// One more field, under those before it.
    #[must_use]
    pub(crate) fn field(mut self, mut field: Field) -> Self {
        self.has_file |= field.is_file();
        field.id = format!("{}-{}", self.button, field.name);
        field.label = self.page.t(&field.label);
        if !field.help.is_empty() {
            field.help = self.page.t(&field.help);
        }
        self.fields.push(field);
        self
    }

    /// What to know before it is sent: the message with this key.
    #[must_use]
    pub(crate) fn helped(mut self, help: &'static str) -> Self {
        self.help = self.page.t(help);
        self
    }

    /// Its passwords are those of this name.
    #[must_use]
    pub(crate) fn of(mut self, name: &str) -> Self {
        name.clone_into(&mut self.whose);
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

    /// Alone, with what was typed and why it was not taken. Whose session has ended, and who may not send it, gets the failure itself: it
    /// leads to the log-in, or to an error page.
    pub(crate) fn again(mut self, typed: &Posted, failure: Failure, back: &str) -> Result<Response, Failure> {
        if failure.is_logged_out() || failure.is_forbidden() {
            return Err(failure);
        }
        // What may have been carried out has to keep its key; what was refused would be refused for ever under it.
        if failure.is_unsure() {
            self.key = typed.plain_act().key;
        }
        for field in &mut self.fields {
            field.fill(&typed.all(field.name));
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
            // The console itself names the field alone: what is wrong is what its code says.
            let message = if message.is_empty() { words.clone() } else { message };
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
