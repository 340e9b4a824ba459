//! The text, decoded: one operation for each of its words.

use super::{
    fusion::{pair, triple},
    handlers::{checkpoint, leave},
    kind::{Kind, single},
    operation::{Context, Handler, Operation, SIZE},
};
use crate::instruction::Instruction;
use std::ops::Range;

/// There is a checkpoint after so many operations: no way through the text is longer without a look at the limit.
pub(super) const STRETCH: usize = 256;

/// At most so much of a text is decoded (64 MiB); what is behind it is left to the step function.
const MAX_LENGTH: u64 = 1 << 24;

/// Whether an operation has a checkpoint.
fn has_checkpoint(index: usize) -> bool {
    index % STRETCH == STRETCH - 1
}

/// The place of an operation's checkpoint among all.
#[inline(always)]
pub(super) fn checkpoint_of(index: usize) -> usize {
    index / STRETCH
}

/// What is known about a word beside its operation.
#[derive(Clone, Copy)]
struct Note {
    kind: Kind,
    /// Handlers called from here to the end of the straight line, at best.
    cost: u32,
}

/// The decoded text.
pub(super) struct Code {
    start: u64,
    /// One more than the text has words: the last one leaves.
    operations: Box<[Operation]>,
    notes: Box<[Note]>,
    behind: Box<[Handler]>,
}

impl Code {
    /// Decodes the words that lie within `text` as a whole; `word` reads them.
    pub(super) fn new(text: Range<u64>, word: impl Fn(u64) -> u32) -> Self {
        let start = text.start.min(1 << 32).next_multiple_of(4);
        let length = (text.end.min(1 << 32).saturating_sub(start) / 4).min(MAX_LENGTH) as usize;
        let nothing = Operation { handler: leave, immediate: 0, rd: 0, rs1: 0, rs2: 0 };
        let mut code = Self {
            start,
            operations: vec![nothing; length + 1].into(),
            notes: vec![Note { kind: Kind::Other, cost: 0 }; length].into(),
            behind: vec![leave as Handler; length.div_ceil(STRETCH)].into(),
        };
        (0..length).for_each(|index| code.decode(index, word(code.address(index))));
        (0..length).rev().for_each(|index| code.choose(index));
        code
    }

    /// The addresses whose words are decoded.
    pub(super) fn text(&self) -> Range<u64> {
        self.start..self.address(self.notes.len())
    }

    /// The operation at an address, if there is one.
    pub(super) fn at(&self, address: u64) -> Option<&Operation> {
        let index = address.wrapping_sub(self.start).rotate_right(2);
        usize::try_from(index).ok().filter(|index| *index < self.notes.len()).and_then(|index| self.operations.get(index))
    }

    /// The address that an operation of this code stands for.
    pub(super) fn address_of(&self, operation: *const Operation) -> u64 {
        self.start.wrapping_add(operation.addr().wrapping_sub(self.operations.as_ptr().addr()) as u64 / 4)
    }

    /// What handlers have to know.
    pub(super) fn context(&self) -> Context {
        Context {
            code: self.operations.as_ptr(),
            start: self.start,
            length: self.notes.len() as u64,
            behind: self.behind.as_ptr(),
            left_at: self.operations.as_ptr(),
            left_limit: 0,
        }
    }

    /// Decodes again what part of the text stands at `bytes`, after they were written.
    pub(super) fn refresh(&mut self, bytes: Range<u64>, word: impl Fn(u64) -> u32) {
        let first = (bytes.start.saturating_sub(self.start) / 4) as usize;
        let end = (bytes.end.saturating_sub(self.start).div_ceil(4) as usize).min(self.notes.len());
        if first >= end {
            return;
        }
        (first..end).for_each(|index| self.decode(index, word(self.address(index))));
        // The handlers of the two before may reach into what has changed.
        (first.saturating_sub(2)..end).rev().for_each(|index| self.choose(index));
    }

    /// The handlers of all operations, those behind checkpoints too.
    #[cfg(test)]
    pub(super) fn handlers(&self) -> impl Iterator<Item = Handler> {
        self.operations.iter().map(|operation| operation.handler).chain(self.behind.iter().copied())
    }

    fn address(&self, index: usize) -> u64 {
        self.start + index as u64 * 4
    }

    /// Sets an operation's fields; its handler is chosen later.
    fn decode(&mut self, index: usize, word: u32) {
        let mut kind = Kind::Other;
        let operation = &mut self.operations[index];
        if let Some(instruction) = Instruction::decode(word) {
            (kind, operation.immediate) = Kind::of(&instruction, self.start + index as u64 * 4);
            (operation.rd, operation.rs1, operation.rs2) = (instruction.rd & 31, instruction.rs1 & 31, instruction.rs2 & 31);
        }
        if kind.is_relative() {
            // The way in instructions is a multiple of four, or it leads to an address that traps.
            let way = operation.immediate;
            let target = (index as i64) + i64::from(way) / 4;
            match way.checked_mul(SIZE as i32 / 4) {
                Some(scaled) if way % 4 == 0 && (0..self.notes.len() as i64).contains(&target) => operation.immediate = scaled,
                _ => kind = Kind::Other,
            }
        }
        self.notes[index].kind = kind;
    }

    /// Gives an operation the handler that leads to the end of its straight line in the fewest calls.
    fn choose(&mut self, index: usize) {
        let kinds = [0, 1, 2].map(|ahead| self.notes.get(index + ahead).map_or(Kind::Other, |note| note.kind));
        let rest = |index: usize, last: Kind| if last.ends() { 0 } else { self.notes.get(index).map_or(0, |note| note.cost) };
        let mut best = (1 + rest(index + 1, kinds[0]), single(kinds[0]));
        // A checkpoint must be passed, not jumped over.
        let room = if has_checkpoint(index) { 3 } else { STRETCH - 1 - index % STRETCH };
        if room >= 2
            && let Some(handler) = pair(kinds[0], kinds[1])
        {
            best = cheaper(best, (1 + rest(index + 2, kinds[1]), handler));
        }
        if room >= 3
            && let Some(handler) = triple(kinds[0], kinds[1], kinds[2])
        {
            best = cheaper(best, (1 + rest(index + 3, kinds[2]), handler));
        }
        self.notes[index].cost = best.0;
        if has_checkpoint(index) {
            self.behind[checkpoint_of(index)] = best.1;
            self.operations[index].handler = checkpoint;
        } else {
            self.operations[index].handler = best.1;
        }
    }
}

fn cheaper(old: (u32, Handler), new: (u32, Handler)) -> (u32, Handler) {
    if new.0 <= old.0 { new } else { old }
}
