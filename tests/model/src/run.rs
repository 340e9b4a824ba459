//! Runs of the program, kept whole: every state of them.

use crate::program::program;
use alloy::primitives::{B256, Bytes, keccak256};
use gainsay_machine::{Machine, MachineState, Oracle, PART, Program, ProgramError, keccak_key, part_of, prove};
use gainsay_trace::{MAX_STEPS, Preimage, ProvenStep};
use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// A run of the program takes fewer steps than this until it ends or stays in one place; [`Runs::of`] says if not.
const LONGEST: usize = 4096;

/// Why a run of the model cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The loader refuses the program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The program asked for something else than its input.
    #[error("the model's program asks for a preimage of {key}, and has only that of its input: the program is wrong")]
    Key {
        /// What it asked for.
        key: B256,
    },
    /// The program neither ended nor stayed in one place.
    #[error("the model's program takes more than {LONGEST} steps: the program is wrong")]
    Long,
}

/// The preimage of one input.
#[derive(Debug)]
struct Input {
    key: B256,
    data: Bytes,
}

impl Oracle for &Input {
    type Error = RunError;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], RunError> {
        if *key == self.key { Ok(part_of(&self.data, index)) } else { Err(RunError::Key { key: *key }) }
    }
}

/// One run of the program: the machine after each step until nothing but the step counter changes any more.
#[derive(Debug)]
pub struct Run {
    input: Input,
    machines: Vec<Machine>,
    hashes: Vec<OnceCell<B256>>,
}

impl Run {
    fn new(program: &Program, data: Bytes) -> Result<Self, RunError> {
        let hash = keccak256(&data);
        let input = Input { key: keccak_key(hash), data };
        let mut machines = vec![Machine::new(program, hash)];
        while let Some(last) = machines.last() {
            let mut next = last.clone();
            next.step(&mut &input)?;
            if next.hart.is_running() && next.hart.pc == last.hart.pc || next == *last {
                break;
            }
            machines.push(next);
            if machines.len() > LONGEST {
                return Err(RunError::Long);
            }
        }
        let hashes = vec![OnceCell::new(); machines.len()];
        Ok(Self { input, machines, hashes })
    }

    /// Steps after which nothing but perhaps the step counter changes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.machines.len() as u64 - 1
    }

    /// The steps that read a part of the input's preimage: the machine is before the step after so many.
    pub fn reads(&self) -> impl Iterator<Item = u64> {
        let reads = |machine: &Machine| prove(machine, &mut &self.input).is_ok_and(|proof| proof.part.is_some());
        self.machines.iter().filter(move |machine| reads(machine)).map(|machine| machine.hart.step)
    }

    /// The machine after `step` steps.
    fn machine(&self, step: u64) -> Machine {
        let at = step.min(self.length());
        let mut machine = self.machines[at as usize].clone();
        if machine.hart.is_running() {
            // One that stays in one place goes on counting.
            machine.hart.step = step;
        }
        machine
    }

    /// The state hash after `step` steps.
    #[must_use]
    pub fn hash(&self, step: u64) -> B256 {
        let ended = self.machines.last().is_some_and(|last| !last.hart.is_running());
        let step = if ended { step.min(self.length()) } else { step };
        match self.hashes.get(step as usize) {
            Some(known) => *known.get_or_init(|| self.machine(step).hash()),
            None => self.machine(step).hash(),
        }
    }

    /// The state after 2^40 steps, where the game ends every run.
    #[must_use]
    pub fn end(&self) -> MachineState {
        self.machine(MAX_STEPS).state()
    }

    /// The step after `step` steps, with what L1 needs for it.
    ///
    /// # Errors
    /// Never, for a run that was made.
    pub fn prove(&self, step: u64) -> Result<ProvenStep, RunError> {
        let machine = self.machine(step);
        let proof = prove(&machine, &mut &self.input)?;
        let preimage = proof.part.map(|_| Preimage::Keccak { data: self.input.data.clone() });
        Ok(ProvenStep { step, proof, preimage })
    }
}

/// The program and every run of it that was asked for.
#[derive(Debug)]
pub struct Runs {
    program: Program,
    known: RefCell<BTreeMap<Bytes, Rc<Run>>>,
}

impl Runs {
    /// None yet.
    ///
    /// # Errors
    /// See [`program`].
    pub fn new() -> Result<Self, ProgramError> {
        Ok(Self { program: program()?, known: RefCell::default() })
    }

    /// What the contracts know of the program.
    #[must_use]
    pub fn program_root(&self) -> B256 {
        self.program.root()
    }

    /// The run that reads these three words.
    ///
    /// # Errors
    /// When the program is wrong.
    pub fn of(&self, batch_acc: B256, state_hash: B256, config_hash: B256) -> Result<Rc<Run>, RunError> {
        let data = Bytes::from([batch_acc.0, state_hash.0, config_hash.0].concat());
        if let Some(run) = self.known.borrow().get(&data) {
            return Ok(run.clone());
        }
        let run = Rc::new(Run::new(&self.program, data.clone())?);
        self.known.borrow_mut().insert(data, run.clone());
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_machine::Status;

    fn runs() -> Runs {
        Runs::new().expect("the program loads")
    }

    fn acc(way: u8, work: u8) -> B256 {
        let mut acc = keccak256([way, work]);
        (acc.0[30], acc.0[31]) = (way, work);
        acc
    }

    #[test]
    fn with_nothing_left_to_read_it_halts_and_says_the_state_it_began_with() {
        let state = keccak256("state");
        let run = runs().of(B256::ZERO, state, keccak256("config")).expect("runs");
        assert_eq!((run.end().hart.status, run.end().hart.output), (Status::HALTED, state));
        assert_eq!(run.reads().count(), 3);
    }

    #[test]
    fn every_batch_makes_it_fail_in_its_own_way() {
        let runs = runs();
        let ends = (0..8).map(|way| runs.of(acc(way, way * 5), B256::ZERO, B256::ZERO).expect("runs").end().hart.status);
        let expected = [
            Status::FAILED,
            Status::ILLEGAL_INSTRUCTION,
            Status::UNKNOWN_SYSCALL,
            Status::MISALIGNED,
            Status::OUT_OF_RANGE,
            Status::MISALIGNED,
            Status::RUNNING,
            Status::ILLEGAL_INSTRUCTION,
        ];
        assert_eq!(ends.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_longest_work_is_sixteen_rounds_and_the_states_of_a_run_are_those_of_the_machine() {
        let runs = runs();
        let input = Bytes::from([acc(3, 255).0, [1; 32], [2; 32]].concat());
        let run = runs.of(acc(3, 255), B256::repeat_byte(1), B256::repeat_byte(2)).expect("runs");
        assert!((80..200).contains(&run.length()), "{}", run.length());
        let mut machine = Machine::new(&runs.program, keccak256(&input));
        let oracle = Input { key: keccak_key(keccak256(&input)), data: input };
        for step in 0..=run.length() + 3 {
            assert_eq!(run.hash(step), machine.hash(), "after {step} steps");
            machine.step(&mut &oracle).expect("it has all");
        }
    }

    #[test]
    fn every_step_is_proved_also_where_it_runs_on_in_one_place() {
        let run = runs().of(acc(6, 1), B256::ZERO, B256::ZERO).expect("runs");
        for step in (0..=run.length() + 2).chain([1 << 20, (1 << 39) + 7, MAX_STEPS - 1]) {
            let proven = run.prove(step).expect("it has all");
            assert_eq!(proven.before(), run.hash(step));
            assert_eq!(proven.next().expect("a proof").hash(), run.hash(step + 1), "step {step}");
        }
        assert_eq!(run.end().hart.step, MAX_STEPS);
    }
}
