//! The programs of `tests/clients`, which use a node as applications do, and Foundry's, which use it as developers do.

use crate::{Node, Process, Setup, Token, accounts, files};
use eyre::{Context, ensure};
use std::{fs, process::Command, thread, time::Duration};

/// A program that wants the node killed and started again makes this file.
const RESTART: &str = "restart-please";

/// How long one program may take.
const LIMIT: Duration = Duration::from_secs(240);

impl Setup {
    /// Runs a program of `tests/clients` against a node, with the accounts `users` at its disposal. What it has checked goes to the
    /// test's output.
    ///
    /// # Errors
    /// When the libraries are not installed, or with what the program found wrong.
    pub fn run_client(&self, program: &str, node: &Node, users: [u32; 2]) -> eyre::Result<()> {
        Token::compile()?;
        let keys = users.into_iter().map(accounts::key).collect::<eyre::Result<Vec<_>>>()?;
        let mut command = files::client(program)?;
        command.env("GAINSAY_RPC", node.url().as_str().trim_end_matches('/')).env("GAINSAY_L1_RPC", self.l1.url().as_str());
        command.env("GAINSAY_SEQUENCER", files::program("sequencer")?);
        command.env("GAINSAY_KEYS", keys.join(",")).env("GAINSAY_RESTART", self.path(RESTART));
        command.env("GAINSAY_ADDRESSES", self.path("network/addresses.json")).env("GAINSAY_ARTIFACTS", Token::artifacts());
        let finished =
            Process::run(&mut command, LIMIT).wrap_err_with(|| format!("{program} cannot be run: node wants Node.js 20 or newer"))?;
        eprintln!("{program} against {}:\n{}", node.name(), finished.stdout);
        ensure!(finished.status.success(), "{program} against {}: {}", node.name(), finished.stderr);
        Ok(())
    }

    /// Runs several at once, each with accounts of its own.
    ///
    /// # Errors
    /// With what each of those that failed found wrong.
    pub fn run_clients(&self, programs: &[(&str, [u32; 2])], node: &Node) -> eyre::Result<()> {
        Token::compile()?;
        let failures: Vec<String> = thread::scope(|scope| {
            let start = |&(program, users)| scope.spawn(move || self.run_client(program, node, users));
            let running: Vec<_> = programs.iter().map(start).collect();
            let outcomes = running.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(eyre::eyre!("a program's thread panicked"))));
            outcomes.filter_map(|outcome| outcome.err().map(|error| format!("{error:#}"))).collect()
        });
        ensure!(failures.is_empty(), "{}", failures.join("\n"));
        Ok(())
    }

    /// Runs one that asks for the node to be killed and started again.
    ///
    /// # Errors
    /// With what the program found wrong, or when it never asked.
    pub fn run_client_with_restart(&self, program: &str, node: &Node, users: [u32; 2]) -> eyre::Result<()> {
        let asked = self.path(RESTART);
        let restarts = thread::scope(|scope| {
            let running = scope.spawn(|| self.run_client(program, node, users));
            let mut restarts = 0;
            while !running.is_finished() {
                if asked.exists() {
                    node.kill()?;
                    node.start()?;
                    fs::remove_file(&asked)?;
                    restarts += 1;
                }
                thread::sleep(Duration::from_millis(20));
            }
            running.join().unwrap_or_else(|_| Err(eyre::eyre!("the program's thread panicked")))?;
            Ok::<_, eyre::Report>(restarts)
        })?;
        ensure!(restarts > 0, "{program} never asked for a restart");
        Ok(())
    }

    /// Runs a verb of `forge` or `cast` in the folder of the tests' contracts, and gives what it printed.
    ///
    /// # Errors
    /// When it is not installed, or with what it complains about.
    pub fn run_foundry(&self, tool: &str, verb: &str, arguments: &[&str], node: &Node) -> eyre::Result<String> {
        let mut command = Command::new(files::foundry(tool)?);
        command.current_dir(files::repository().join("tests/contracts")).args([verb, "--rpc-url", node.url().as_str()]).args(arguments);
        // Its own folder, so that nothing outside tells it otherwise.
        command.env("FOUNDRY_BROADCAST", self.path("broadcast")).env_remove("ETH_RPC_URL");
        if verb == "run" {
            // It executes a whole block, and takes deposits in it only from chain ids that it knows, or when told.
            command.env("FOUNDRY_NETWORK", "optimism");
        }
        let finished = Process::run(&mut command, LIMIT)?;
        ensure!(finished.status.success(), "{tool} {verb}: {}", finished.stderr);
        Ok(finished.stdout)
    }
}
