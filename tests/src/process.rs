//! A child process with a log file, that never outlives its test.

use eyre::Context;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// A running process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// A process that ended by itself.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Process {
    /// Starts it with its output appended to `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> eyre::Result<Self> {
        let output = File::options().create(true).append(true).open(log).wrap_err("its log cannot be opened")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .wrap_err_with(|| format!("{name} cannot be started"))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_path_buf() })
    }

    /// Runs a command to its end, killing it after `limit`.
    ///
    /// # Errors
    /// When it cannot be started, or does not end in time.
    pub fn run(command: &mut Command, limit: Duration) -> eyre::Result<Finished> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let end = Instant::now() + limit;
        let mut late = false;
        while child.try_wait()?.is_none() {
            if Instant::now() > end {
                child.kill()?;
                late = true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let finished = Finished { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) };
        eyre::ensure!(!late, "{command:?} did not end within {limit:?}: {}", finished.stderr);
        Ok(finished)
    }

    /// `kill -9`: no chance to write anything.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(mut self) -> eyre::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ctrl-C, then waits for its end.
    ///
    /// # Errors
    /// When it has not ended after 20 s.
    pub fn interrupt(mut self) -> eyre::Result<ExitStatus> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status()?;
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            eyre::ensure!(Instant::now() < end, "{} ignores an interrupt; its log:\n{}", self.name, self.log_tail());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// With the end of its log when it has ended.
    pub fn check_alive(&mut self) -> eyre::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => eyre::bail!("{} ended ({status}); its log:\n{}", self.name, self.log_tail()),
        }
    }

    /// All that it has written so far, since the file was created.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn log(&self) -> eyre::Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    fn log_tail(&self) -> String {
        let text = self.log().unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the end of {}'s log ---\n{}", self.name, self.log_tail());
        }
    }
}
