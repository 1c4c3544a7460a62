//! Pages of the console, taken apart. It reads what the console writes, and not every page of the web.

use std::collections::BTreeMap;

/// A piece of a page.
#[derive(Clone, Debug)]
pub enum Token {
    Begin(Tag),
    End(String),
    Text(String),
}

/// An element that begins.
#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// The pieces of a page. Texts have single spaces, and none at their ends.
pub fn read(page: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), page);
    while let Some(from) = rest.find('<') {
        push_text(&mut tokens, &rest[..from]);
        let to = end_of_tag(rest, from);
        let inside = &rest[from + 1..to];
        rest = &rest[to + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            tokens.push(Token::End(name.to_owned()));
        } else if !inside.starts_with('!') {
            tokens.push(Token::Begin(tag(inside)));
        }
    }
    push_text(&mut tokens, rest);
    tokens
}

fn push_text(tokens: &mut Vec<Token>, raw: &str) {
    let text = unescaped(raw).split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.is_empty() {
        tokens.push(Token::Text(text));
    }
}

/// Where the `>` of a tag is: none inside of quotes counts.
fn end_of_tag(page: &str, from: usize) -> usize {
    let mut quote = None;
    for (at, letter) in page[from..].char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '>') => return from + at,
            _ => {}
        }
    }
    panic!("a tag does not end: {:.80}", &page[from..]);
}

fn tag(inside: &str) -> Tag {
    let inside = inside.trim_end_matches('/');
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Tag { name: name.to_owned(), attributes };
        }
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=') else {
            attributes.insert(key, String::new());
            continue;
        };
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')).expect("a quoted value");
        let (value, after) = value[1..].split_once(quote).expect("the end of a value");
        attributes.insert(key, unescaped(value));
        rest = after;
    }
}

fn unescaped(raw: &str) -> String {
    let mut text = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let (name, after) = after.split_once(';').expect("an escaped character");
        let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        });
        text.push(match (name, number) {
            (_, Some(number)) => char::from_u32(number.expect("a number")).expect("a character"),
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            _ => panic!("an unknown character: {name}"),
        });
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Every piece of text that is shown.
pub fn texts(page: &[Token]) -> Vec<String> {
    let (mut texts, mut hidden) = (Vec::new(), false);
    for token in page {
        match token {
            Token::Begin(tag) if matches!(tag.name.as_str(), "title" | "script") => hidden = true,
            Token::End(name) if matches!(name.as_str(), "title" | "script") => hidden = false,
            Token::Text(text) if !hidden => texts.push(text.clone()),
            _ => {}
        }
    }
    texts
}

/// Where each link leads, and its text.
pub fn links(page: &[Token]) -> Vec<(String, String)> {
    let mut links: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for token in page {
        match token {
            Token::Begin(tag) if tag.name == "a" => {
                links.push((tag.get("href").to_owned(), String::new()));
                is_open = true;
            }
            Token::End(name) if name == "a" => is_open = false,
            Token::Text(text) if is_open => {
                let (_, shown) = links.last_mut().expect("a link");
                shown.push_str(text);
            }
            _ => {}
        }
    }
    links
}

/// A field, as it is sent if nobody changes it.
#[derive(Clone, Debug, Default)]
struct Field {
    name: String,
    id: String,
    label: String,
    value: String,
    is_sent: bool,
    is_box: bool,
    /// Of a list: the value and the text of each line.
    options: Vec<(String, String)>,
}

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub action: String,
    pub is_post: bool,
    fields: Vec<Field>,
    /// Text, name and value.
    buttons: Vec<(String, String, String)>,
}

/// All forms of a page.
pub fn forms(page: &[Token]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut rest = page.iter();
    while let Some(token) = rest.next() {
        if let Token::Begin(tag) = token
            && tag.name == "form"
        {
            let inside: Vec<&Token> =
                rest.by_ref().take_while(|token| !matches!(token, Token::End(name) if name == "form")).collect();
            forms.push(form(tag, &inside));
        }
    }
    forms
}

fn form(tag: &Tag, inside: &[&Token]) -> Form {
    let mut form =
        Form { action: tag.get("action").to_owned(), is_post: tag.get("method") == "post", ..Form::default() };
    // The label that is open: the field that it names, its text, and where the fields inside of it begin.
    let mut label: Option<(String, String, usize)> = None;
    let mut labels: Vec<(String, String)> = Vec::new();
    let mut holder = "";
    for token in inside {
        match token {
            Token::Begin(tag) => {
                begin(&mut form, tag);
                match tag.name.as_str() {
                    "label" => label = Some((tag.get("for").to_owned(), String::new(), form.fields.len())),
                    "option" | "button" => holder = tag.name.as_str(),
                    _ => {}
                }
            }
            Token::End(name) if name == "label" => {
                let (id, text, from) = label.take().expect("a label");
                form.fields[from..].iter_mut().for_each(|field| field.label.clone_from(&text));
                labels.push((id, text));
            }
            Token::End(_) => holder = "",
            Token::Text(text) => match (holder, &mut label) {
                ("option", _) => last_option(&mut form).1.push_str(text),
                ("button", _) => form.buttons.last_mut().expect("a button").0.push_str(text),
                (_, Some((_, said, _))) => said.push_str(text),
                _ => {}
            },
        }
    }
    for (id, text) in labels.into_iter().filter(|(id, _)| !id.is_empty()) {
        form.fields.iter_mut().filter(|field| field.id == id).for_each(|field| field.label.clone_from(&text));
    }
    form
}

fn begin(form: &mut Form, tag: &Tag) {
    let (name, id, value) = (tag.get("name").to_owned(), tag.get("id").to_owned(), tag.get("value").to_owned());
    match tag.name.as_str() {
        "input" => {
            let is_box = tag.get("type") == "checkbox";
            let is_sent = !is_box || tag.has("checked");
            form.fields.push(Field { name, id, value, is_sent, is_box, ..Field::default() });
        }
        "select" => form.fields.push(Field { name, id, is_sent: true, ..Field::default() }),
        "option" => {
            let list = form.fields.last_mut().expect("a list");
            if list.options.is_empty() || tag.has("selected") {
                list.value.clone_from(&value);
            }
            list.options.push((value, String::new()));
        }
        "button" => form.buttons.push((String::new(), name, value)),
        _ => {}
    }
}

fn last_option(form: &mut Form) -> &mut (String, String) {
    form.fields.last_mut().and_then(|list| list.options.last_mut()).expect("a line of a list")
}

impl Form {
    /// Whether a button of it has this text.
    pub fn has(&self, button: &str) -> bool {
        self.buttons.iter().any(|(text, ..)| text == button)
    }

    /// Types into the field with this label, chooses the line that begins with this, or ticks the box.
    pub fn fill(&mut self, label: &str, value: &str) {
        let known: Vec<String> = self.fields.iter().map(|field| field.label.clone()).collect();
        let field = self.fields.iter_mut().find(|field| field.label == label);
        let field = field.unwrap_or_else(|| panic!("{}: no field {label}, but {known:?}", self.action));
        field.is_sent = true;
        if !field.options.is_empty() {
            let line = field.options.iter().find(|(_, text)| text.starts_with(value));
            let (chosen, _) = line.unwrap_or_else(|| panic!("{label}: no line {value}: {:?}", field.options));
            field.value.clone_from(chosen);
        } else if !field.is_box {
            value.clone_into(&mut field.value);
        }
    }

    /// What is sent if this button is pressed.
    pub fn pairs(&self, button: &str) -> Vec<(String, String)> {
        let sent = self.fields.iter().filter(|field| field.is_sent && !field.name.is_empty());
        let pressed = self.buttons.iter().find(|(text, name, _)| text == button && !name.is_empty());
        let fields = sent.map(|field| (field.name.clone(), field.value.clone()));
        fields.chain(pressed.map(|(_, name, value)| (name.clone(), value.clone()))).collect()
    }
}
