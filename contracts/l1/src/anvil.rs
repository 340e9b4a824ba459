//! A real development node for tests.

use crate::{L1Client, L1Error, RetryPolicy, SecretKey};
use alloy::primitives::B256;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};
use tempfile::TempDir;

/// Its ten funded accounts come from this phrase.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running anvil; stopped when dropped.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    url: String,
    client: L1Client,
    /// Where it puts states of old blocks, which it leaves behind when it is killed.
    _states: TempDir,
}

/// Anvil did not start.
#[derive(Debug, thiserror::Error)]
pub enum AnvilError {
    /// No binary.
    #[error("anvil is not installed: run `scripts/contracts setup`, or name the program in the environment variable ANVIL")]
    Missing,
    /// It cannot be run.
    #[error("{program} cannot be run: {source}")]
    Run {
        /// The binary.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no room for what it writes.
    #[error("no temporary folder can be made for anvil: {source}")]
    Folder {
        /// Why.
        source: std::io::Error,
    },
    /// It ended or stayed silent.
    #[error("anvil did not come up: {output}")]
    Silent {
        /// What it printed.
        output: String,
    },
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
}

impl Anvil {
    /// Starts it on a free port with these arguments, beside the Osaka rules; it mines each transaction at once unless told
    /// otherwise.
    ///
    /// # Errors
    /// If it is not installed or does not come up.
    pub fn start(arguments: &[&str]) -> Result<Self, AnvilError> {
        let program = program().ok_or(AnvilError::Missing)?;
        let states = tempfile::tempdir().map_err(|source| AnvilError::Folder { source })?;
        let mut command = Command::new(&program);
        command.args(["--port", "0", "--mnemonic", MNEMONIC, "--cache-path"]).arg(states.path()).args(arguments);
        if !arguments.contains(&"--hardfork") {
            command.args(["--hardfork", "osaka"]);
        }
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn();
        let mut child = spawned.map_err(|source| AnvilError::Run { program, source })?;
        match address(&mut child) {
            Ok(url) => {
                let retry = RetryPolicy { attempts: 3, first_wait: Duration::from_millis(50), ..RetryPolicy::default() };
                let client = L1Client::new(&url, retry)?;
                Ok(Self { child, url, client, _states: states })
            }
            Err(error) => {
                stop(&mut child);
                Err(error)
            }
        }
    }

    /// JSON-RPC and beacon API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it.
    #[must_use]
    pub const fn client(&self) -> &L1Client {
        &self.client
    }

    /// Key of a funded account, 0 to 9.
    ///
    /// # Panics
    /// Never: the phrase is valid.
    #[must_use]
    pub fn key(index: u32) -> SecretKey {
        SecretKey::from_mnemonic(MNEMONIC, index).expect("the phrase is valid")
    }

    /// Any request.
    ///
    /// # Errors
    /// If anvil refuses.
    pub async fn rpc(&self, method: &'static str, params: Value) -> Result<Value, L1Error> {
        self.client.request(method, params).await
    }

    /// Mines empty blocks, or what is pending.
    ///
    /// # Errors
    /// If anvil refuses.
    pub async fn mine(&self, blocks: u64) -> Result<(), L1Error> {
        self.rpc("anvil_mine", json!([format!("{blocks:#x}")])).await.map(drop)
    }

    /// Whether each transaction is mined at once.
    ///
    /// # Errors
    /// If anvil refuses.
    pub async fn automine(&self, on: bool) -> Result<(), L1Error> {
        self.rpc("evm_setAutomine", json!([on])).await.map(drop)
    }

    /// Replaces the newest blocks by as many empty ones; their transactions are forgotten.
    ///
    /// # Errors
    /// If anvil refuses.
    pub async fn reorg(&self, depth: u64) -> Result<(), L1Error> {
        // Without this the new blocks may equal the old ones.
        self.rpc("evm_increaseTime", json!([1])).await?;
        self.rpc("anvil_reorg", json!([depth, []])).await.map(drop)
    }

    /// Forgets a pending transaction.
    ///
    /// # Errors
    /// If anvil refuses.
    pub async fn forget(&self, transaction: B256) -> Result<(), L1Error> {
        self.rpc("anvil_dropTransaction", json!([transaction])).await.map(drop)
    }

    /// Asks it to end and waits, so that it writes what `--state` or `--dump-state` asks for.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub fn shut_down(mut self) -> std::io::Result<()> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn stop(child: &mut Child) {
    // It may have ended on its own.
    let _ = child.kill();
    let _ = child.wait();
}

/// The program: what the environment says, or what is installed in the repository.
fn program() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("ANVIL") {
        return Some(given.into());
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/@foundry-rs");
    let folders = std::fs::read_dir(installed).ok()?;
    let mut programs = folders.flatten().map(|folder| folder.path().join("bin/anvil"));
    programs.find(|program| program.is_file())
}

/// Reads what it prints until it says where it listens, and keeps reading so that it never blocks.
fn address(child: &mut Child) -> Result<String, AnvilError> {
    let (sender, lines) = mpsc::channel();
    let streams: [Option<Box<dyn std::io::Read + Send>>; 2] =
        [child.stdout.take().map(|stream| Box::new(stream) as _), child.stderr.take().map(|stream| Box::new(stream) as _)];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    drop(sender);
    let mut output = String::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        if let Some((_, address)) = line.split_once("Listening on ") {
            return Ok(format!("http://{}", address.trim()));
        }
        output.push_str(&line);
        output.push('\n');
    }
    Err(AnvilError::Silent { output })
}
