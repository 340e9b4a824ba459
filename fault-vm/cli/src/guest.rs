//! The program that the machine runs.

use crate::files::{self, FilesError};
use gainsay_machine::{Program, ProgramError};
use gainsay_program::GUEST_ELF;
use std::path::PathBuf;

/// An ELF file with a guest in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elf {
    /// The one in this binary, whose root the contracts are deployed with.
    Canonical,
    /// Another.
    File(PathBuf),
}

impl From<Option<PathBuf>> for Elf {
    fn from(path: Option<PathBuf>) -> Self {
        path.map_or(Self::Canonical, Self::File)
    }
}

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The file cannot be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// It is no program for this machine.
    #[error("{elf}: {source}")]
    Program {
        /// The file.
        elf: String,
        /// What is wrong with it.
        source: ProgramError,
    },
}

impl Elf {
    /// Loads it.
    ///
    /// # Errors
    /// When it cannot be read, or is no program for this machine.
    pub fn load(&self) -> Result<Program, GuestError> {
        let wrong = |elf: String| move |source| GuestError::Program { elf, source };
        match self {
            Self::Canonical => Program::from_elf(GUEST_ELF).map_err(wrong("the canonical guest".to_owned())),
            Self::File(path) => Program::from_elf(&files::read(path)?).map_err(wrong(path.display().to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_guest_is_a_program() {
        let program = Elf::Canonical.load().expect("it is one");
        assert!(program.text().contains(&gainsay_machine::ENTRY));
    }

    #[test]
    fn a_file_that_is_no_program_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("not.elf");
        assert!(Elf::File(path.clone()).load().expect_err("missing").to_string().contains("not.elf"));
        std::fs::write(&path, b"\x7fELF and nothing more").expect("writes");
        assert!(Elf::File(path).load().expect_err("damaged").to_string().contains("not.elf"));
    }
}
