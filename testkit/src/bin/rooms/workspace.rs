//! The workspace as Cargo knows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The workspace.
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// Its crates, by package name.
    pub crates: BTreeMap<String, Room>,
}

/// One crate.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Its folder, from the root.
    pub folder: PathBuf,
    /// Packages it needs to run, in the workspace and outside.
    pub uses: BTreeSet<String>,
    /// Packages only its tests need.
    pub tests_use: BTreeSet<String>,
    /// All of them by the names under which its sources know them.
    pub imports: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    kind: Option<String>,
}

/// Asks Cargo.
pub fn read() -> Result<Workspace> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata cannot be read")?;
    let root = metadata.workspace_root;
    let crates = metadata.packages.into_iter().map(|package| (package.name.clone(), room(&root, package))).collect();
    Ok(Workspace { root, crates })
}

fn room(root: &Path, package: Package) -> Room {
    let folder = package.manifest_path.parent().unwrap_or(root);
    let folder = folder.strip_prefix(root).unwrap_or(folder).to_owned();
    let import = |dependency: &Dependency| dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
    let imports = package.dependencies.iter().map(import).collect();
    let (tests, runs): (Vec<_>, Vec<_>) =
        package.dependencies.into_iter().partition(|dependency| dependency.kind.as_deref() == Some("dev"));
    let names = |dependencies: Vec<Dependency>| dependencies.into_iter().map(|dependency| dependency.name).collect();
    Room { folder, uses: names(runs), tests_use: names(tests), imports }
}
