//! A chain whose block steps are runs of a tiny program, and consistent lies about it.

use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    court::Batches,
    truth::{Truth, opening, opening_hash},
};
use gainsay_machine::{ENTRY, Hart, Machine, Memory, Oracle, PART, Status, prove};
use gainsay_trace::ProvenStep;
use gainsay_types::State;
use std::collections::{BTreeMap, btree_map::Entry};

/// Machine steps of the program until it has halted.
pub(crate) const HALTS_AFTER: u64 = 14;
/// Where the program has its constant output.
const OUTPUT: u64 = 0x2_0000;
pub(crate) const CONFIG: B256 = B256::repeat_byte(0xcc);

/// The state that every run says: the program knows no other.
pub(crate) fn landed() -> State {
    State { l2_block_number: 7, batch_index: 1, batch_offset: 2, deposit_index: 3, ..State::genesis(B256::repeat_byte(0x5a)) }
}

/// Some instructions that write, then HALT with the hash of [`landed`].
pub(crate) fn program() -> Memory {
    let (a0, a1, a7) = (10, 11, 17);
    let addi = |rd: u32, rs: u32, imm: u32| 0x13 | rd << 7 | rs << 15 | imm << 20;
    // lui a0, 0x20; eight times a1 += 1 or sd a1, 64(a0); then a1 = 0, a7 = 1, ecall.
    let store = 0x23 | 3 << 12 | a0 << 15 | a1 << 20 | (64 >> 5) << 25;
    let mut code = vec![0x37 | a0 << 7 | 0x20 << 12];
    code.extend([addi(a1, a1, 1), store].repeat(5));
    code.extend([addi(a1, 0, 0), addi(a7, 0, 1), 0x73]);
    assert_eq!(code.len() as u64, HALTS_AFTER);
    let code: Vec<u8> = code.into_iter().flat_map(u32::to_le_bytes).collect();
    let mut memory = Memory::new();
    memory.write_bytes(ENTRY, &code).expect("it fits");
    memory.write_bytes(OUTPUT, landed().hash().as_slice()).expect("it fits");
    memory
}

/// The program asks for nothing.
struct Nothing;

#[derive(Debug, thiserror::Error)]
#[error("the program asks for a preimage")]
pub(crate) struct Asked;

impl Oracle for Nothing {
    type Error = Asked;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; PART], Asked> {
        Err(Asked)
    }
}

/// Where a lie departs from the truth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lie {
    /// The last block step that starts at the truth.
    pub(crate) block: u64,
    /// The last step of its run that starts at the truth.
    pub(crate) machine: u64,
    /// The state that it says from there on.
    pub(crate) state: State,
    /// How the run ended, it says.
    pub(crate) status: Status,
}

/// Tells the truth, or a lie in which everything fits together but one machine step.
pub(crate) struct Teller {
    batches: Batches,
    lie: Option<Lie>,
    runs: BTreeMap<B256, Vec<Machine>>,
}

impl Teller {
    pub(crate) fn new(batches: &Batches, lie: Option<Lie>) -> Self {
        Self { batches: batches.clone(), lie, runs: BTreeMap::new() }
    }

    fn at(&self, fork: &Assertion, step: u64) -> State {
        match self.lie {
            Some(lie) if step > lie.block => lie.state,
            _ if step == 0 => fork.end,
            _ => landed(),
        }
    }

    fn run(&mut self, fork: &Assertion, block_step: u64) -> Result<&[Machine], Asked> {
        let from = self.at(fork, block_step);
        let acc = if from.batch_index < fork.target { self.batches.acc(from.batch_index + 1) } else { B256::ZERO };
        let input = keccak256([acc, from.hash(), CONFIG].concat());
        if let Entry::Vacant(slot) = self.runs.entry(input) {
            let mut machines = vec![Machine { memory: program(), hart: Hart::new(input) }];
            while let Some(last) = machines.last().filter(|last| last.hart.is_running()) {
                let mut next = last.clone();
                next.step(&mut Nothing)?;
                machines.push(next);
            }
            slot.insert(machines);
        }
        Ok(&self.runs[&input])
    }

    fn machine(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<&Machine, Asked> {
        let run = self.run(fork, block_step)?;
        Ok(&run[(step as usize).min(run.len() - 1)])
    }

    fn opened(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<Opening, Asked> {
        let mut opened = opening(&self.machine(fork, block_step, step)?.state());
        if let Some(lie) = self.lie.filter(|lie| block_step == lie.block && step > lie.machine) {
            opened.output = lie.state.hash();
            opened.status = if opened.status == Status::RUNNING.0 { opened.status } else { lie.status.0 };
        }
        Ok(opened)
    }
}

impl Truth for Teller {
    type Error = Asked;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, Asked> {
        Ok(steps.iter().map(|step| self.at(fork, *step).hash()).collect())
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, Asked> {
        Ok(self.at(fork, step))
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, Asked> {
        steps.iter().map(|step| self.opened(fork, block_step, *step).map(|opened| opening_hash(&opened))).collect()
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, Asked> {
        self.opened(fork, block_step, 1 << 40)
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, Asked> {
        let proof = prove(self.machine(fork, block_step, step)?, &mut Nothing)?;
        Ok(ProvenStep { step, proof, preimage: None })
    }
}
