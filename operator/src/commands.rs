//! The table of all commands, as docs/commands.md has it.

use std::fmt::Write;

use clap::{Arg, Command};

const HEAD: &str = "# The commands of `jangbu`\n\n\
    Generated from the program (`./justw generate`). What they are for: [operations.md](operations.md#the-operators-command-line).\n\
    Every command also takes `--json`, `--no-env-file` and the variables that `jangbu help COMMAND` lists. Data goes to standard output,\n\
    the rest to standard error; exit 0 done, 1 it found something wrong or could not do it, 2 wrong use.\n\n\
    | command | what it does | arguments and options |\n|---|---|---|\n";

/// A row for each command that does something.
pub fn table(mut program: Command) -> String {
    program.build();
    let mut text = HEAD.to_owned();
    rows(&program, program.get_name(), &mut text);
    text
}

fn rows(command: &Command, name: &str, text: &mut String) {
    let own = || command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    if own().next().is_none() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let arguments: Vec<String> = command.get_arguments().filter(|arg| is_own(arg)).map(shown).collect();
        let _ = writeln!(text, "| `{name}` | {} | {} |", about.replace('|', "\\|"), arguments.join(" "));
    }
    own().for_each(|one| rows(one, &format!("{name} {}", one.get_name()), text));
}

/// Not one that every command takes.
fn is_own(argument: &Arg) -> bool {
    !argument.is_global_set() && !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
}

fn shown(argument: &Arg) -> String {
    let argument = argument.to_string().replace('|', "\\|");
    format!("`{argument}`")
}
