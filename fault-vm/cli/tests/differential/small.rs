//! Small machines for named cases: one instruction, the registers that matter, a little memory.

use crate::both::Both;
use alloy::primitives::B256;
use gainsay_machine::{Hart, Machine, Memory, Status, testing::Preimages};

/// Where the instruction stands.
pub(crate) const PC: u64 = 0x1_0000;
/// Where the data stands.
pub(crate) const DATA: u64 = 0x2_0000;

/// A machine about to execute one word.
pub(crate) struct Small {
    pub(crate) machine: Machine,
    pub(crate) oracle: Preimages,
}

impl Small {
    pub(crate) fn new(word: u32) -> Self {
        let mut this =
            Self { machine: Machine { memory: Memory::new(), hart: Hart::new(B256::repeat_byte(0x1a)) }, oracle: Preimages::new() };
        this.machine.hart.output = B256::repeat_byte(0x2b);
        this.write(PC, &word.to_le_bytes())
    }

    /// An ECALL with a7, a0 and a1.
    pub(crate) fn syscall(number: u64, a0: u64, a1: u64) -> Self {
        Self::new(0x73).with(17, number).with(10, a0).with(11, a1)
    }

    pub(crate) fn with(mut self, register: usize, value: u64) -> Self {
        self.machine.hart.registers[register] = value;
        self
    }

    pub(crate) fn key(mut self, key: B256) -> Self {
        self.machine.hart.preimage_key = key;
        self
    }

    pub(crate) fn status(mut self, status: u8) -> Self {
        self.machine.hart.status = Status(status);
        self
    }

    /// Moves the instruction.
    pub(crate) fn at(mut self, pc: u64) -> Self {
        let word = self.machine.memory.read_bytes(PC, 4).unwrap();
        self.machine.hart.pc = pc;
        if pc <= (1 << 32) - 4 { self.write(pc, &word) } else { self }
    }

    pub(crate) fn write(mut self, address: u64, bytes: &[u8]) -> Self {
        self.machine.memory.write_bytes(address, bytes).unwrap();
        self
    }

    pub(crate) fn read(&self, address: u64, length: usize) -> Vec<u8> {
        self.machine.memory.read_bytes(address, length).unwrap()
    }

    /// Does the step in both.
    #[track_caller]
    pub(crate) fn step(mut self, both: &mut Both) -> Self {
        let before = self.machine.hart.clone();
        let step = if before.is_running() { before.step.wrapping_add(1) } else { before.step };
        both.step(&mut self.machine, &mut self.oracle, &format!("{before:?}"));
        assert_eq!((self.machine.hart.step, self.machine.hart.input), (step, before.input));
        self
    }

    /// Does the step in both, and expects a trap: status and step counter change, nothing else; and the trapped state has a proof that it stays.
    #[track_caller]
    pub(crate) fn traps(self, both: &mut Both, status: Status) {
        let (before, root) = (self.machine.hart.clone(), self.machine.memory.root());
        let after = self.step(both);
        assert_eq!(after.machine.hart, Hart { status, step: before.step.wrapping_add(1), ..before.clone() }, "{before:?}");
        assert_eq!(after.machine.memory.root(), root, "{before:?}");
        after.stays(both);
    }

    /// Another step changes nothing, in both.
    #[track_caller]
    pub(crate) fn stays(self, both: &mut Both) {
        let before = self.machine.clone();
        let after = self.step(both);
        assert_eq!(after.machine, before);
    }
}
