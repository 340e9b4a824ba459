//! Prints the program root of an ELF file, after checking that its code is plain RV64IM. For `scripts/build-guest`.

use gainsay_machine::{Instruction, Program};
use std::{ops::Range, process::ExitCode};

/// `unimp`: how a guest panics.
const UNIMP: u32 = 0xc000_1073;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: guest_root FILE");
        return ExitCode::FAILURE;
    };
    match root(&path) {
        Ok(root) => {
            #[allow(clippy::print_stdout)]
            {
                println!("{root}");
            }
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{path}: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn root(path: &str) -> Result<String, String> {
    let file = std::fs::read(path).map_err(|error| error.to_string())?;
    let program = Program::from_elf(&file).map_err(|error| error.to_string())?;
    let Range { start, end } = program.text();
    let code = program.memory().read_bytes(start, (end - start) as usize).map_err(|error| error.to_string())?;
    for (address, word) in (start..).step_by(4).zip(code.as_chunks::<4>().0) {
        let word = u32::from_le_bytes(*word);
        if word != UNIMP && Instruction::decode(word).is_none() {
            return Err(format!(
                "the word {word:#010x} at {address:#x} is no instruction of the machine: build it with scripts/lib/guest.sh"
            ));
        }
    }
    Ok(program.root().to_string())
}
