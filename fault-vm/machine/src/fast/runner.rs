use super::{
    code::{Code, STRETCH},
    memory::{FlatMemory, PAGE_BITS, ReserveError},
    operation::{SIZE, Scratch},
};
use crate::{
    Machine, Oracle, PART, Status,
    access::{Access, MAX_LOG},
    memory::{Aligned, Memory, PAGE, SPACE},
    state::Hart,
    step::step,
};
use alloy_primitives::B256;
use std::ops::Range;

/// So many steps before the end, handlers are not called any more: between two looks at the limit they do at most a stretch, and three
/// operations at its end.
const MARGIN: u64 = STRETCH as u64 + 8;
/// So many steps are done by one call of the handlers at most, so that distances in bytes of operations do not overflow.
const MAX_DASH: u64 = 1 << 40;

/// A machine that runs fast, and can stop at any step.
///
/// It takes 4 GiB of address space, of which only what the program touches is ever used, and 24 bytes for each instruction of the text.
pub struct Runner {
    hart: Hart,
    memory: FlatMemory,
    code: Code,
    /// The memory as the last snapshot has it.
    snapshot: Memory,
}

impl Runner {
    /// A runner at the machine's state. `text` is where its instructions are; those elsewhere are executed as well, only slower.
    ///
    /// # Errors
    /// If the system refuses to reserve address space.
    pub fn new(machine: &Machine, text: Range<u64>) -> Result<Self, ReserveError> {
        let mut memory = FlatMemory::new()?;
        for (index, page) in machine.memory.pages() {
            memory.reset(index, Some(page));
        }
        let code = Code::new(text, |address| u32::from_le_bytes(memory.read(address)));
        memory.watch(&code.text());
        Ok(Self { hart: machine.hart.clone(), memory, code, snapshot: machine.memory.clone() })
    }

    /// Everything but the memory.
    #[must_use]
    pub fn hart(&self) -> &Hart {
        &self.hart
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.hart.step
    }

    /// Whether it runs.
    #[must_use]
    pub fn status(&self) -> Status {
        self.hart.status
    }

    /// The machine as it is now: a snapshot that shares with the last one all pages that were not written since.
    pub fn machine(&mut self) -> Machine {
        for index in self.memory.take_dirty() {
            self.snapshot.set_page(index, self.memory.page(index));
        }
        Machine { memory: self.snapshot.clone(), hart: self.hart.clone() }
    }

    /// Goes to the state of a machine. Takes time by the pages that it does not share with the last snapshot.
    pub fn restore(&mut self, machine: &Machine) {
        let mut stale = self.memory.take_dirty();
        stale.extend(machine.memory.unshared(&self.snapshot));
        for index in stale {
            self.memory.reset(index, machine.memory.page(index));
            let start = u64::from(index) << PAGE_BITS;
            self.code.refresh(start..start + PAGE as u64, |address| u32::from_le_bytes(self.memory.read(address)));
        }
        self.snapshot = machine.memory.clone();
        self.hart = machine.hart.clone();
    }

    /// Runs until so many steps are done or the machine does not run any more.
    ///
    /// # Errors
    /// Those of the oracle. The machine is then before the step that asked it, and can be run again.
    pub fn run_to<O: Oracle>(&mut self, end: u64, oracle: &mut O) -> Result<(), O::Error> {
        while self.hart.is_running() && self.hart.step < end {
            self.dash(end);
            if self.hart.step < end {
                step(&mut Slow { runner: self, oracle })?;
            }
        }
        Ok(())
    }

    /// Runs in handlers, as far as they can; at most to the step `end`.
    fn dash(&mut self, end: u64) {
        let steps = end.wrapping_sub(self.hart.step).saturating_sub(MARGIN).min(MAX_DASH) as isize;
        let Some(operation) = self.code.at(self.hart.pc).filter(|_| steps > 0) else { return };
        let at = std::ptr::from_ref(operation);
        let limit = at.addr() as isize + steps * SIZE;
        let mut context = self.code.context();
        // SAFETY: `at` is an operation of the code that the context is of; registers, memory and code belong to this runner alone, and
        // handlers keep within them (see `parts`). They leave before anything that would change the code.
        unsafe {
            let registers = self.hart.registers.as_mut_ptr();
            ((*at).handler)(registers, at, self.memory.as_mut_ptr(), Scratch::uninit(), limit, &raw mut context);
        }
        let left = context.left_limit.wrapping_sub(context.left_at.addr() as isize) / SIZE;
        self.hart.step += steps.wrapping_sub(left) as u64;
        self.hart.pc = self.code.address_of(context.left_at);
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("hart", &self.hart).field("text", &self.code.text()).finish_non_exhaustive()
    }
}

/// The runner as the step function sees it.
struct Slow<'a, O> {
    runner: &'a mut Runner,
    oracle: &'a mut O,
}

impl<O: Oracle> Access for Slow<'_, O> {
    type Error = O::Error;

    fn hart(&mut self) -> &mut Hart {
        &mut self.runner.hart
    }

    fn read<const N: usize>(&mut self, at: Aligned<N>) -> Result<[u8; N], Self::Error> {
        Ok(self.runner.memory.read(at.address().into()))
    }

    fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) -> Result<(), Self::Error> {
        let Runner { memory, code, .. } = &mut *self.runner;
        let address = u64::from(at.address());
        memory.write(address, &bytes);
        code.refresh(address..address + N as u64, |address| u32::from_le_bytes(memory.read(address)));
        Ok(())
    }

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error> {
        self.oracle.part(key, index)
    }

    fn log(&mut self, address: u64, length: u64) {
        let length = length.min(SPACE.saturating_sub(address)).min(MAX_LOG as u64);
        self.oracle.log(self.runner.memory.bytes(address, length));
    }
}
