//! Pages with several forms: which of them was not taken, what was typed into it, and why it was not.

use super::trouble::Trouble;
use crate::{client::Failure, language::Language, posted::Posted};

/// What stands in the forms of a page. Without a form that was sent all are as they begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    form: &'static str,
    typed: Vec<(&'static str, String)>,
    trouble: Option<Trouble>,
}

impl Filled {
    /// A form that was not taken. Only these fields are shown again: a password is not.
    pub(crate) fn of(
        form: &'static str,
        posted: &Posted,
        fields: &[&'static str],
        failure: &Failure,
        language: Language,
    ) -> Self {
        let typed = fields.iter().map(|name| (*name, posted.get(name).trim().to_owned())).collect();
        Self { form, typed, trouble: Some(Trouble::of(failure, language)) }
    }

    /// What was typed into a field of a form; else what it begins with.
    pub(crate) fn value<'a>(&'a self, form: &str, field: &str, otherwise: &'a str) -> &'a str {
        let typed = self.typed.iter().find(|(name, _)| self.form == form && *name == field);
        typed.map_or(otherwise, |(_, value)| value.as_str())
    }

    /// Why a form was not taken.
    pub(crate) fn why(&self, form: &str) -> Option<&Trouble> {
        self.trouble.as_ref().filter(|_| self.form == form)
    }

    /// What is wrong with a field of a form.
    pub(crate) fn wrong(&self, form: &str, field: &str) -> Option<&str> {
        self.why(form)?.at(field)
    }
}
