//! Instances as text for people.

use chrono::SecondsFormat;
use log::ProcessInstance;

use crate::output::Table;

/// One line for each.
pub fn list(instances: &[ProcessInstance]) -> String {
    let mut table = Table::new(["process", "instance", "state", "due", "tries", "since", "last error"]);
    for instance in instances {
        table.row([
            instance.process.clone(),
            instance.instance.to_string(),
            instance.state.as_str().to_owned(),
            instance.due.map(|due| due.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default(),
            instance.tries.to_string(),
            instance.started_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            instance.error.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

/// All that is known of each.
pub fn all(instances: &[ProcessInstance]) -> String {
    instances.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(instance: &ProcessInstance) -> String {
    let mut lines = vec![
        format!("process   {}", instance.process),
        format!("instance  {}", instance.instance),
        format!("state     {}", instance.state.as_str()),
    ];
    let mut line = |name: &str, text: Option<String>| {
        lines.extend(text.map(|text| format!("{name:<9} {text}")));
    };
    line("due", instance.due.map(|due| due.to_rfc3339()));
    line("tries", (instance.tries > 0).then(|| instance.tries.to_string()));
    line("error", instance.error.clone());
    line("note", instance.note.clone());
    line("started", Some(instance.started_at.to_rfc3339()));
    line("changed", Some(instance.changed_at.to_rfc3339()));
    line("data", Some(instance.data.to_string()));
    lines.push(String::new());
    lines.join("\n")
}
