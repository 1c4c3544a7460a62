//! The modules of a crate: what each defines, passes on and uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

/// The names of the modules on the way from the root of the crate.
pub type ModulePath = Vec<String>;

/// One module.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file.
    pub file: PathBuf,
    /// Items that it defines.
    pub defined: BTreeSet<String>,
    /// Names that it imports or passes on, each with where from.
    pub names: BTreeMap<String, Vec<String>>,
    /// Modules of which it imports or passes on everything.
    pub globs: Vec<Vec<String>>,
    /// Paths that its code uses. What it only passes on is not among them.
    pub used: BTreeSet<Vec<String>>,
    /// Modules in files of their own.
    children: Vec<String>,
}

/// The root files of a crate: its library and its programs.
pub fn roots(folder: &Path) -> Result<Vec<PathBuf>> {
    let src = folder.join("src");
    let mut roots = vec![src.join("lib.rs"), src.join("main.rs")];
    if let Ok(programs) = std::fs::read_dir(src.join("bin")) {
        for program in programs {
            let path = program.with_context(|| format!("cannot read {}", src.display()))?.path();
            roots.push(if path.is_dir() { path.join("main.rs") } else { path });
        }
    }
    roots.retain(|root| root.is_file());
    Ok(roots)
}

/// Every module of the crate with this root, without those of tests.
pub fn read(root: &Path) -> Result<BTreeMap<ModulePath, Module>> {
    let mut modules = BTreeMap::new();
    let folder = root.parent().unwrap_or(root);
    let mut open = vec![(vec![], root.to_owned(), folder.to_owned())];
    while let Some((path, file, folder)) = open.pop() {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let module = Module::parse(&file, &text)?;
        for child in &module.children {
            let flat = folder.join(format!("{child}.rs"));
            let file = if flat.is_file() { flat } else { folder.join(child).join("mod.rs") };
            let path: ModulePath = path.iter().cloned().chain([child.clone()]).collect();
            open.push((path, file, folder.join(child)));
        }
        modules.insert(path, module);
    }
    Ok(modules)
}

impl Module {
    /// Reads the text of a file. Modules that stand inside of it count as part of it.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let parsed = syn::parse_file(text).with_context(|| format!("{} is not Rust", file.display()))?;
        let mut module = Self { file: file.to_owned(), ..Self::default() };
        module.visit_file(&parsed);
        Ok(module)
    }

    fn import(&mut self, tree: &UseTree, path: &[String], passes_on: bool) {
        match tree {
            UseTree::Path(step) => {
                let path: Vec<String> = path.iter().cloned().chain([step.ident.to_string()]).collect();
                self.import(&step.tree, &path, passes_on);
            }
            UseTree::Name(name) => self.name(path, name.ident.to_string(), name.ident.to_string(), passes_on),
            UseTree::Rename(name) => self.name(path, name.ident.to_string(), name.rename.to_string(), passes_on),
            UseTree::Glob(_) => {
                self.globs.push(path.to_vec());
                self.note_use(path.to_vec(), passes_on);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path, passes_on);
                }
            }
        }
    }

    fn name(&mut self, path: &[String], item: String, known_as: String, passes_on: bool) {
        let is_module_itself = item == "self";
        let target: Vec<String> = path.iter().cloned().chain((!is_module_itself).then_some(item)).collect();
        let known_as = if known_as == "self" { target.last().cloned().unwrap_or_default() } else { known_as };
        self.names.insert(known_as, target.clone());
        self.note_use(target, passes_on);
    }

    fn note_use(&mut self, target: Vec<String>, passes_on: bool) {
        if !passes_on {
            self.used.insert(target);
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        let ident = match item {
            Item::Const(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Fn(item) => Some(&item.sig.ident),
            Item::Static(item) => Some(&item.ident),
            Item::Struct(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            Item::Macro(item) => item.ident.as_ref(),
            _ => None,
        };
        self.defined.extend(ident.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if is_for_tests(&item.attrs) {
            return;
        }
        if item.content.is_none() {
            self.children.push(item.ident.to_string());
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.used.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|cfg| cfg.is_ident("test"))
    })
}
