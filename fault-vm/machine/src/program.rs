//! Programs: from an ELF file to the memory that a machine starts with.

use crate::{
    memory::{Memory, OutOfSpace, SPACE},
    state::ENTRY,
};
use alloy_primitives::B256;
use object::{
    LittleEndian,
    elf::{EM_RISCV, ET_EXEC, FileHeader64, PF_X, PT_LOAD, ProgramHeader64},
    read::elf::{FileHeader, ProgramHeader},
};
use std::ops::Range;

/// A program, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    memory: Memory,
    text: Range<u64>,
}

type Segment = ProgramHeader64<LittleEndian>;

impl Program {
    /// Loads the segments of an ELF file: 64-bit little-endian RISC-V, linked to fixed addresses, with its code in one executable segment.
    ///
    /// # Errors
    /// If the file is something else, or cannot run from [`ENTRY`].
    pub fn from_elf(file: &[u8]) -> Result<Self, ProgramError> {
        let header = FileHeader64::<LittleEndian>::parse(file).map_err(|source| ProgramError::NotElf { reason: source.to_string() })?;
        check_header(header)?;
        let segments = header.program_headers(LittleEndian, file).map_err(|source| ProgramError::Damaged { reason: source.to_string() })?;
        let mut loaded: Vec<&Segment> = segments.iter().filter(|segment| segment.p_type(LittleEndian) == PT_LOAD).collect();
        loaded.retain(|segment| segment.p_memsz(LittleEndian) > 0);
        let text = text_of(&loaded)?;
        check_overlap(&loaded)?;
        let mut memory = Memory::new();
        for segment in loaded {
            load(&mut memory, segment, file)?;
        }
        // Programs start many machines: hash once, they share it.
        let _ = memory.root();
        Ok(Self { memory, text })
    }

    /// The memory at the start.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The program root: what the contracts know of a program.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.memory.root()
    }

    /// Where the program's code is. Nothing keeps it from running, or writing, elsewhere.
    #[must_use]
    pub fn text(&self) -> Range<u64> {
        self.text.clone()
    }
}

fn check_header(header: &FileHeader64<LittleEndian>) -> Result<(), ProgramError> {
    header.endian().map_err(|_| ProgramError::NotLittleEndian)?;
    let (machine, kind, entry) = (header.e_machine(LittleEndian), header.e_type(LittleEndian), header.e_entry(LittleEndian));
    if machine != EM_RISCV {
        return Err(ProgramError::NotRiscv { machine });
    }
    if kind != ET_EXEC {
        return Err(ProgramError::NotLinked { kind });
    }
    if entry != ENTRY {
        return Err(ProgramError::WrongEntry { entry });
    }
    Ok(())
}

/// The addresses of a segment.
fn range_of(segment: &Segment) -> Result<Range<u64>, ProgramError> {
    let (start, length) = (segment.p_vaddr(LittleEndian), segment.p_memsz(LittleEndian));
    match start.checked_add(length) {
        Some(end) if end <= SPACE => Ok(start..end),
        _ => Err(ProgramError::OutOfSpace { start, length }),
    }
}

fn text_of(segments: &[&Segment]) -> Result<Range<u64>, ProgramError> {
    let executable: Vec<_> = segments.iter().filter(|segment| segment.p_flags(LittleEndian) & PF_X != 0).collect();
    let [segment] = executable.as_slice() else {
        return Err(ProgramError::Texts { count: executable.len() });
    };
    let text = range_of(segment)?;
    if text.contains(&ENTRY) { Ok(text) } else { Err(ProgramError::EntryOutside { start: text.start, end: text.end }) }
}

fn check_overlap(segments: &[&Segment]) -> Result<(), ProgramError> {
    let mut ranges = segments.iter().map(|segment| range_of(segment)).collect::<Result<Vec<_>, _>>()?;
    ranges.sort_by_key(|range| range.start);
    match ranges.windows(2).find_map(|pair| match pair {
        [low, high] if low.end > high.start => Some(high.start),
        _ => None,
    }) {
        Some(address) => Err(ProgramError::Overlap { address }),
        None => Ok(()),
    }
}

fn load(memory: &mut Memory, segment: &Segment, file: &[u8]) -> Result<(), ProgramError> {
    let address = segment.p_vaddr(LittleEndian);
    let bytes = segment.data(LittleEndian, file).map_err(|()| ProgramError::Truncated { address })?;
    if bytes.len() as u64 > segment.p_memsz(LittleEndian) {
        return Err(ProgramError::Overfull { address });
    }
    memory
        .write_bytes(address, bytes)
        .map_err(|OutOfSpace { address, length }| ProgramError::OutOfSpace { start: address, length: length as u64 })
}

/// Why a file is not a program that the machine can run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// No 64-bit ELF file.
    #[error("not a 64-bit ELF file ({reason}): give a program built for riscv64")]
    NotElf {
        /// What the reader says.
        reason: String,
    },
    /// Its tables are damaged.
    #[error("the ELF file is damaged ({reason}): build or fetch it again")]
    Damaged {
        /// What the reader says.
        reason: String,
    },
    /// Big-endian.
    #[error("the ELF file is big-endian: give a program built for riscv64, little-endian")]
    NotLittleEndian,
    /// Another machine's.
    #[error("the ELF file is for machine {machine}, not RISC-V (243): give a program built for riscv64")]
    NotRiscv {
        /// Its `e_machine`.
        machine: u16,
    },
    /// Not linked to fixed addresses.
    #[error("the ELF file has type {kind}, not executable (2): link it to fixed addresses, not as a library or position-independent")]
    NotLinked {
        /// Its `e_type`.
        kind: u16,
    },
    /// It starts elsewhere.
    #[error("the program starts at {entry:#x}: link it with its entry at {ENTRY:#x}")]
    WrongEntry {
        /// Its entry.
        entry: u64,
    },
    /// Code in no segment, or in several.
    #[error("the program has {count} executable segments: link its code into exactly one")]
    Texts {
        /// How many.
        count: usize,
    },
    /// The entry is not code.
    #[error("the entry {ENTRY:#x} lies outside the executable segment from {start:#x} to {end:#x}: link the entry into it")]
    EntryOutside {
        /// First address of the segment.
        start: u64,
        /// First address behind it.
        end: u64,
    },
    /// Beyond the address space.
    #[error("a segment of {length} bytes at {start:#x} ends beyond 2^32: link the program to lower addresses")]
    OutOfSpace {
        /// First address of the segment.
        start: u64,
        /// Its bytes.
        length: u64,
    },
    /// Two segments at one address.
    #[error("two segments overlap at {address:#x}: link them apart")]
    Overlap {
        /// First address that both have.
        address: u64,
    },
    /// The file ends inside a segment.
    #[error("the file ends before the segment at {address:#x} does: build or fetch it again")]
    Truncated {
        /// First address of the segment.
        address: u64,
    },
    /// A segment with more bytes in the file than in memory.
    #[error("the segment at {address:#x} has more bytes in the file than in memory: the file is damaged, build or fetch it again")]
    Overfull {
        /// First address of the segment.
        address: u64,
    },
}
