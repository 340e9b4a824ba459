//! The state that is hashed, and the status of a machine.

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

/// Number of registers.
pub const REGISTERS: usize = 32;
/// Bytes of an encoded state.
pub const STATE_LENGTH: usize = 401;
/// Where programs begin.
pub const ENTRY: u64 = 0x10000;

/// How a machine stands: 0 is running, 1 and 2 are ends, 3 to 6 are traps. No step leads to another number, and a state with one stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Status(pub u8);

impl Status {
    /// Running: the only one that is followed by another state.
    pub const RUNNING: Self = Self(0);
    /// HALT with code 0.
    pub const HALTED: Self = Self(1);
    /// HALT with any other code.
    pub const FAILED: Self = Self(2);
    /// See [`Trap::IllegalInstruction`].
    pub const ILLEGAL_INSTRUCTION: Self = Self(3);
    /// See [`Trap::Misaligned`].
    pub const MISALIGNED: Self = Self(4);
    /// See [`Trap::OutOfRange`].
    pub const OUT_OF_RANGE: Self = Self(5);
    /// See [`Trap::UnknownSyscall`].
    pub const UNKNOWN_SYSCALL: Self = Self(6);

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "running",
            1 => "halted",
            2 => "failed",
            3 => "illegal instruction",
            4 => "misaligned",
            5 => "out of range",
            6 => "unknown syscall",
            _ => "unknown",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Why an instruction could not be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Trap {
    /// The specification does not list the word.
    IllegalInstruction = 3,
    /// An address that is not a multiple of what it must be.
    Misaligned = 4,
    /// An address of 2^32 or more.
    OutOfRange = 5,
    /// ECALL with a number that is none.
    UnknownSyscall = 6,
}

impl From<Trap> for Status {
    #[inline]
    fn from(trap: Trap) -> Self {
        Self(trap as u8)
    }
}

/// The state without its memory: RISC-V's word for what executes instructions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hart {
    /// What the run is about; never changes.
    pub input: B256,
    /// What HALT gave.
    pub output: B256,
    /// What PREIMAGE asks for.
    pub preimage_key: B256,
    /// The registers. Nothing ever writes register 0.
    #[serde(with = "crate::json::numbers")]
    pub registers: [u64; REGISTERS],
    /// Address of the next instruction.
    #[serde(with = "crate::json::number")]
    pub pc: u64,
    /// Steps done.
    #[serde(with = "crate::json::number")]
    pub step: u64,
    /// Whether it runs.
    pub status: Status,
}

impl Hart {
    /// Before the first step.
    #[must_use]
    pub const fn new(input: B256) -> Self {
        Self { input, output: B256::ZERO, preimage_key: B256::ZERO, registers: [0; REGISTERS], pc: ENTRY, step: 0, status: Status::RUNNING }
    }

    /// What a register holds; of a number above 31, the low five bits count.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "five bits, 32 registers")]
    pub const fn register(&self, index: u8) -> u64 {
        self.registers[(index & 31) as usize]
    }

    /// Writes a register. A result for register 0 is dropped.
    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "five bits, 32 registers")]
    pub const fn set_register(&mut self, index: u8, value: u64) {
        // INVARIANT: nothing ever writes register 0.
        if index & 31 != 0 {
            self.registers[(index & 31) as usize] = value;
        }
    }

    /// Whether another step changes anything.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == Status::RUNNING
    }

    /// The registers, big-endian, 256 bytes.
    fn encode_registers(&self) -> Vec<u8> {
        self.registers.iter().flat_map(|register| register.to_be_bytes()).collect()
    }
}

/// The whole state as L1 sees it: the root stands for the memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineState {
    /// Root of the memory.
    pub memory_root: B256,
    /// Everything else.
    #[serde(flatten)]
    pub hart: Hart,
}

impl MachineState {
    /// The state before the first step of a program.
    #[must_use]
    pub const fn initial(program_root: B256, input: B256) -> Self {
        Self { memory_root: program_root, hart: Hart::new(input) }
    }

    /// Hash of the registers.
    #[must_use]
    pub fn registers_hash(&self) -> B256 {
        keccak256(self.hart.encode_registers())
    }

    /// The hash that is claimed and disputed.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.around(self.registers_hash().as_slice()))
    }

    /// The layout that a step's proof begins with.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.around(&self.hart.encode_registers())
    }

    /// All fields, with the given bytes in the place of the registers.
    fn around(&self, registers: &[u8]) -> Vec<u8> {
        let Hart { input, output, preimage_key, pc, step, status, .. } = &self.hart;
        let words = [&self.memory_root, input, output, preimage_key];
        let (pc, step, status) = (pc.to_be_bytes(), step.to_be_bytes(), [status.0]);
        words.into_iter().map(B256::as_slice).chain([registers, &pc, &step, &status]).collect::<Vec<_>>().concat()
    }

    /// What [`Self::encode`] wrote. Every text of 401 bytes is a state, though perhaps of no run.
    ///
    /// # Errors
    /// If the length is another.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateLength> {
        let read = || {
            let (words, rest) = bytes.split_at_checked(4 * 32)?;
            let (registers, rest) = rest.split_at_checked(REGISTERS * 8)?;
            let (numbers, status) = rest.split_at_checked(2 * 8)?;
            let [memory_root, input, output, preimage_key] = words.as_chunks().0.try_into().ok()?;
            let [pc, step] = numbers.as_chunks().0.try_into().ok()?;
            let mut hart = Hart::new(B256::new(input));
            hart.output = B256::new(output);
            hart.preimage_key = B256::new(preimage_key);
            for (register, bytes) in hart.registers.iter_mut().zip(registers.as_chunks().0) {
                *register = u64::from_be_bytes(*bytes);
            }
            (hart.pc, hart.step) = (u64::from_be_bytes(pc), u64::from_be_bytes(step));
            let [status] = status.try_into().ok()?;
            hart.status = Status(status);
            Some(Self { memory_root: B256::new(memory_root), hart })
        };
        read().ok_or(StateLength { length: bytes.len() })
    }
}

/// A state that is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an encoded state has {STATE_LENGTH} bytes, this one has {length}")]
pub struct StateLength {
    /// Its bytes.
    pub length: usize,
}
