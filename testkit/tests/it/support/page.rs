//! Pages of the handbook whose commands are run.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

/// A block of commands.
#[derive(Debug)]
struct Block {
    commands: String,
    /// Whether it only looks: 1 may then say that something is wrong.
    looks: bool,
}

/// A page, and how far its commands were run.
pub struct Page {
    name: &'static str,
    blocks: std::vec::IntoIter<Block>,
    last: Option<Block>,
    pub variables: BTreeMap<String, String>,
}

/// The output of a block, and how long it took.
pub struct BlockOutput {
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Page {
    /// A runbook; its commands find the bank by these variables.
    pub fn open(name: &'static str, variables: BTreeMap<String, String>) -> Self {
        Self::open_in("runbooks", name, variables)
    }

    /// A page in this folder of the documentation.
    pub fn open_in(folder: &str, name: &'static str, variables: BTreeMap<String, String>) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(folder).join(format!("{name}.md"));
        let text = std::fs::read_to_string(&path).unwrap();
        let blocks = blocks(&text);
        assert!(!blocks.is_empty(), "{name} has no commands");
        Self { name, blocks: blocks.into_iter(), last: None, variables }
    }

    /// Sets what the reader of the page is to set.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.variables.insert(name.to_owned(), value.to_string());
    }

    /// Runs the next block.
    pub async fn next(&mut self) -> BlockOutput {
        let Some(block) = self.blocks.next() else { panic!("{} has no more commands", self.name) };
        self.last = Some(block);
        self.again().await
    }

    /// Runs the last block once more, with the variables of now.
    pub async fn again(&self) -> BlockOutput {
        let Some(block) = &self.last else { panic!("nothing of {} was run yet", self.name) };
        self.run(block).await
    }

    /// Ends the page: every command of it was run.
    pub fn end(self) {
        let left: Vec<Block> = self.blocks.collect();
        assert!(left.is_empty(), "{} has commands that nobody runs: {left:?}", self.name);
    }

    async fn run(&self, block: &Block) -> BlockOutput {
        // In a block that looks 1 is an answer; everything else (not found, wrong use) is a mistake on the page.
        let guard = if block.looks {
            "set -uo pipefail; trap 'code=$?; [ $code -le 1 ] || exit $code' ERR"
        } else {
            "set -euo pipefail"
        };
        let began = std::time::Instant::now();
        let output = tokio::process::Command::new("bash")
            .args(["-c", &format!("{guard}\n{}", block.commands)])
            .env_clear()
            .envs(&self.variables)
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let block_output = BlockOutput {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: began.elapsed(),
        };
        let most = i32::from(block.looks);
        let well = output.status.code().is_some_and(|code| (0..=most).contains(&code));
        assert!(
            well,
            "{}: {}\n{}\n--- {}\n{}",
            self.name, output.status, block.commands, block_output.stdout, block_output.stderr
        );
        block_output
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => {
                assert!(matches!(kind, "sh" | "sh look"), "a block of another kind is not run: {kind}");
                open = Some(Block { commands: String::new(), looks: kind == "sh look" });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.commands.push_str(line);
                block.commands.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}
