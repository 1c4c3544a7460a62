//! No file imports from one that, directly or over others, imports from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Result;

use crate::{
    modules::{self, Module, ModulePath},
    workspace::Workspace,
};

type Crate = BTreeMap<ModulePath, Module>;
type Graph<'a> = BTreeMap<&'a Path, BTreeSet<&'a Path>>;

/// Names that lead from one re-export to the next; more would be a circle of their own.
const MAX_REEXPORTS: u32 = 8;

/// The circles, each with the imports that make it.
pub fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for room in workspace.crates.values() {
        for root in modules::roots(&workspace.root.join(&room.folder))? {
            let modules = modules::read(&root)?;
            faults.extend(circles(&modules, &workspace.root));
        }
    }
    Ok(faults)
}

fn circles(modules: &Crate, root: &Path) -> Vec<String> {
    let graph = imports(modules);
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = graph.keys().map(|file| (*file, reach(&graph, file))).collect();
    let mut reported = BTreeSet::new();
    let mut faults = Vec::new();
    for (file, there) in &reached {
        let circle: Vec<&Path> = there.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if circle.is_empty() || !reported.insert(circle.clone()) {
            continue;
        }
        let arrows = circle.iter().flat_map(|from| {
            graph[from]
                .iter()
                .filter(|to| circle.contains(to))
                .map(|to| format!("{} -> {}", short(from, root), short(to, root)))
        });
        faults.push(format!(
            "files import from each other in a circle ({}): move what both need into a file of its own",
            arrows.collect::<Vec<_>>().join(", ")
        ));
    }
    faults
}

fn short(file: &Path, root: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}

/// From which files each file imports.
fn imports(modules: &Crate) -> Graph<'_> {
    let mut graph: Graph<'_> = modules.values().map(|module| (module.file.as_path(), BTreeSet::new())).collect();
    for (path, module) in modules {
        let from = module.file.as_path();
        for used in module.used.iter().filter_map(|name| resolve(modules, path, name, MAX_REEXPORTS)) {
            let to = modules[&used].file.as_path();
            if to != from {
                graph.entry(from).or_default().insert(to);
            }
        }
    }
    graph
}

/// Every file that this one needs, however far down. Contains itself only if it stands in a circle.
fn reach<'a>(graph: &Graph<'a>, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for used in &graph[file] {
            if reached.insert(*used) {
                open.push(used);
            }
        }
    }
    reached
}

/// The module that defines a name, as a module of that path writes it; `None` if it comes from another crate.
fn resolve(modules: &Crate, at: &[String], name: &[String], budget: u32) -> Option<ModulePath> {
    let (mut module, mut rest) = begin(modules, at, name)?;
    while let Some((next, after)) = rest.split_first() {
        if next == "super" {
            module.pop()?;
        } else {
            let child: ModulePath = module.iter().cloned().chain([next.clone()]).collect();
            if !modules.contains_key(&child) {
                return Some(definition(modules, module, next, budget));
            }
            module = child;
        }
        rest = after;
    }
    Some(module)
}

/// The module where a name begins, and what of the name is left.
fn begin<'a>(modules: &Crate, at: &[String], name: &'a [String]) -> Option<(ModulePath, &'a [String])> {
    let (first, rest) = name.split_first()?;
    match first.as_str() {
        "crate" => Some((vec![], rest)),
        "self" => Some((at.to_vec(), rest)),
        "super" => Some((at.to_vec(), name)),
        _ => {
            let child: ModulePath = at.iter().cloned().chain([first.clone()]).collect();
            modules.contains_key(&child).then_some((child, rest))
        }
    }
}

/// Where an item of a module is defined: there, or where a re-export leads.
fn definition(modules: &Crate, module: ModulePath, item: &str, budget: u32) -> ModulePath {
    let here = &modules[&module];
    if budget == 0 || here.defined.contains(item) {
        return module;
    }
    if let Some(target) = here.names.get(item) {
        return resolve(modules, &module, target, budget - 1).unwrap_or(module);
    }
    for glob in &here.globs {
        let Some(target) = resolve(modules, &module, glob, budget - 1) else { continue };
        let found = definition(modules, target, item, budget - 1);
        if modules[&found].defined.contains(item) {
            return found;
        }
    }
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let modules = files.iter().map(|(path, text)| {
            let path: ModulePath = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            let file = format!("{}.rs", path.join("/"));
            let module = Module::parse(Path::new(&file), text).expect("Rust");
            (path, module)
        });
        circles(&modules.collect(), Path::new(""))
    }

    #[test]
    fn two_files_that_import_from_each_other_are_a_circle() {
        let faults = faults(&[
            ("", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; fn f() { super::a::A; }"),
        ]);
        assert!(faults.len() == 1 && faults[0].contains("a.rs -> b.rs, b.rs -> a.rs"), "{faults:?}");
    }

    #[test]
    fn a_circle_over_a_third_file_and_over_a_reexport_is_found() {
        let lib = "mod a; mod b; mod c; pub use c::C;";
        let files = [
            ("", lib),
            ("a", "use crate::b::B;"),
            ("b", "use crate::C; pub struct B;"),
            ("c", "use super::a; pub struct C;"),
        ];
        assert_eq!(faults(&files).len(), 1);
        let lib = "mod a; mod b; mod c; pub use c::*;";
        assert_eq!(faults(&[("", lib), files[1], files[2], files[3]]).len(), 1);
    }

    #[test]
    fn what_a_parent_only_declares_or_passes_on_makes_no_circle() {
        let files = [("", "mod a; pub use a::A; pub struct Root;"), ("a", "use crate::Root; pub struct A;")];
        assert_eq!(faults(&files), Vec::<String>::new());
        let uses_it = ("", "mod a; use a::A; pub struct Root(A);");
        assert_eq!(faults(&[uses_it, files[1]]).len(), 1);
    }

    #[test]
    fn tests_may_import_what_they_test() {
        let files = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert_eq!(faults(&files), Vec::<String>::new());
    }
}
