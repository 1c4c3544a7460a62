//! What a migration may hold: statements that shape the schema, none that write rows. Data is not a schema's business:
//! it would be written once, here, and differ everywhere else.

/// A statement that does not shape the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a migration holds DDL only, but this starts with {0:?}")]
pub struct NotDdl(String);

/// What a statement may begin with.
const ALLOWED: [&str; 9] = ["create", "alter", "drop", "grant", "revoke", "comment", "do", "set", "reindex"];

/// The one row that is part of the schema: the head of the log.
const THE_ROW: &str = "insert into log_head default values";

/// Statements that write rows, wherever in an anonymous block they stand.
const WRITES: [&str; 6] = ["insert", "update", "delete", "merge", "truncate", "copy"];

/// Refuses a text that writes rows.
pub fn check(sql: &str) -> Result<(), NotDdl> {
    for statement in statements(sql) {
        let words: Vec<&str> = statement.text.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        if words.join(" ") == THE_ROW {
            continue;
        }
        if !ALLOWED.contains(first) {
            return Err(NotDdl((*first).to_owned()));
        }
        if *first == "do" {
            check_block(&statement.bodies)?;
        }
    }
    Ok(())
}

/// In a block every statement is looked at; a function's body is not, since it runs later.
fn check_block(body: &str) -> Result<(), NotDdl> {
    for statement in statements(body) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut words = statement.text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        if let Some(write) = words.find(|word| WRITES.contains(word)) {
            return Err(NotDdl(write.to_owned()));
        }
    }
    Ok(())
}

/// A statement in lower case, without comments, string literals and quoted names; what stood between dollar quotes is
/// kept apart.
#[derive(Default)]
struct Statement {
    text: String,
    bodies: String,
}

fn statements(sql: &str) -> Vec<Statement> {
    let mut found = vec![Statement::default()];
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let Some(statement) = found.last_mut() else { break };
        if rest.starts_with("--") {
            rest = after(rest, 2, "\n");
        } else if rest.starts_with("/*") {
            rest = after(rest, 2, "*/");
        } else if next == '\'' || next == '"' {
            rest = after(rest, 1, &rest[..1]);
        } else if let Some(tag) = dollar_tag(rest) {
            let ended = after(rest, tag.len(), tag);
            let body = &rest[tag.len()..rest.len() - ended.len()];
            statement.bodies.push_str(body.strip_suffix(tag).unwrap_or(body));
            rest = ended;
        } else {
            match next {
                ';' => found.push(Statement::default()),
                _ => statement.text.extend(next.to_lowercase()),
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    found
}

/// What follows the first `end` after `skip` bytes.
fn after<'a>(text: &'a str, skip: usize, end: &str) -> &'a str {
    text[skip..].find(end).map_or("", |at| &text[skip + at + end.len()..])
}

/// `$$` or `$word$` at the beginning of the text.
fn dollar_tag(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let length = name.find('$')?;
    name[..length].chars().all(|c| c.is_alphanumeric() || c == '_').then(|| &text[..length + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> String {
        check(sql).expect_err(sql).0
    }

    #[test]
    fn ddl_passes() {
        for sql in [
            "create table a (b int); -- insert into a\n alter table a add c text default 'delete from x; drop';",
            "/* update a */ create index on a (b);",
            "create function f() returns trigger language plpgsql as $$ begin insert into a values (1); end $$;",
            "do $x$ begin execute format('alter role %I set x = %L', 'insert', 'update'); end $x$;",
            "insert into log_head default values;",
            "grant insert, update on a to b;",
            "",
        ] {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn writing_rows_is_refused() {
        assert_eq!(refused("insert into a values (1)"), "insert");
        assert_eq!(refused("create table a (b int); UPDATE a set b = 2"), "update");
        assert_eq!(refused("with gone as (delete from a returning *) select 1"), "with");
        assert_eq!(refused("do $$ begin delete from a; end $$"), "delete");
        assert_eq!(refused("do $body$ begin if true then insert into a values (1); end if; end $body$"), "insert");
        assert_eq!(refused("insert into log_head (position) values (5)"), "insert");
        assert_eq!(refused("copy a from '/tmp/x'"), "copy");
        assert_eq!(refused("select set_config('a', 'b', false)"), "select");
    }
}
