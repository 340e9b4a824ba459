//! The `fault-vm` binary.

mod cli;

use clap::Parser;
use cli::{Cli, Command, ProveArgs, RunArgs, SourceArgs, StateArgs};
use eyre::{ensure, eyre};
use gainsay_fault_vm::{
    files,
    guest::Elf,
    progress::Progress,
    run::{BlockTrace, RunReport, trace},
    source::{Source, save},
    state::{ProgramReport, StateReport},
    verifier::SolidityVerifier,
    verify::{read, verify},
};
use gainsay_machine::Program;
use gainsay_trace::Witness;
use serde::Serialize;
use std::{fmt::Display, io::Write, path::Path, process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let Cli { json, quiet, command } = Cli::parse();
    match execute(command, Output { json, quiet }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Foreign errors may hold line breaks.
            let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("error: {line}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command, output: Output) -> eyre::Result<()> {
    match command {
        Command::Run(args) => run(args, output),
        Command::State(args) => state(args, output),
        Command::Prove(args) => prove(args, output),
        Command::Verify(args) => check(&args.file, output),
        Command::Program(args) => program(&Elf::from(args.elf), output),
    }
}

/// How things are told.
#[derive(Clone, Copy)]
struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    fn print(self, report: &(impl Serialize + Display)) -> eyre::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(report)? } else { report.to_string() };
        write_out(&text)
    }
}

fn write_out(text: &str) -> eyre::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        // A reader that has gone away wants nothing more.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(eyre!("stdout cannot be written: {error}")),
        Ok(()) => Ok(()),
    }
}

fn run(args: RunArgs, output: Output) -> eyre::Result<()> {
    let mut job = Job::load(args.source, output)?;
    if let Some(path) = &args.save {
        save(path, &job.witness)?;
    }
    let report = job.run()?.1;
    output.print(&report)?;
    ensure!(report.agrees, "the machine's result is not what the chain has");
    Ok(())
}

fn state(args: StateArgs, output: Output) -> eyre::Result<()> {
    let (mut trace, _) = Job::load(args.source, output)?.run()?;
    let state = trace.state(args.step)?;
    output.print(&StateReport { after: args.step, hash: state.hash(), state })
}

fn prove(args: ProveArgs, output: Output) -> eyre::Result<()> {
    let (mut trace, _) = Job::load(args.source, output)?.run()?;
    let text = serde_json::to_string_pretty(&trace.prove_with_preimage(args.step)?)?;
    match &args.out {
        Some(path) => Ok(files::write(path, format!("{text}\n").as_bytes())?),
        None => write_out(&text),
    }
}

fn check(file: &Path, output: Output) -> eyre::Result<()> {
    let step = read(&files::read(file)?).map_err(|error| eyre!("{}: {error}", file.display()))?;
    output.print(&verify(&mut SolidityVerifier::new()?, &step)?)
}

fn program(elf: &Elf, output: Output) -> eyre::Result<()> {
    let program = elf.load()?;
    output.print(&ProgramReport { root: program.root(), text_start: program.text().start, text_end: program.text().end })
}

/// A block step with the program that is to take it.
struct Job {
    program: Program,
    witness: Arc<Witness>,
    quiet: bool,
}

impl Job {
    fn load(args: SourceArgs, output: Output) -> eyre::Result<Self> {
        let program = args.elf().load()?;
        let witness = Arc::new(fetch(&args.source())?);
        Ok(Self { program, witness, quiet: output.quiet })
    }

    fn run(&mut self) -> eyre::Result<(BlockTrace, RunReport)> {
        let mut progress = Progress::start(self.quiet);
        let result = trace(&self.program, &self.witness, |steps| progress.tell(steps));
        let time = progress.elapsed();
        progress.end();
        let trace = result?;
        let report = RunReport::new(&self.program, &trace, time);
        Ok((trace, report))
    }
}

fn fetch(source: &Source) -> eyre::Result<Witness> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(source.witness())?)
}
