//! A host that runs the program in the machine.

use super::Preimages;
use alloy_primitives::{B256, Bytes};
use gainsay_machine::{KeyType, Machine, Oracle, Program, part_of};
use gainsay_program::{GUEST_ELF, accelerate::Call};
use revm::precompile::{PrecompileStatus, Precompiles};
use std::collections::BTreeMap;

/// Answers the machine from preimages, and runs the calls that the program announces.
pub(crate) struct Host<'a> {
    preimages: &'a Preimages,
    data: BTreeMap<B256, &'a Bytes>,
    /// Answers of the calls that the program announced.
    pub(crate) calls: BTreeMap<B256, Vec<u8>>,
    /// What else it logged.
    pub(crate) texts: Vec<String>,
    /// Whether calls are answered. L1 always does; a program that gets no answer computes it.
    pub(crate) accelerates: bool,
}

impl<'a> Host<'a> {
    pub(crate) fn new(preimages: &'a Preimages) -> Self {
        let data = preimages.data.iter().map(|(hash, data)| (KeyType::Keccak.key(*hash), data)).collect();
        Self { preimages, data, calls: BTreeMap::new(), texts: Vec::new(), accelerates: true }
    }
}

impl Oracle for Host<'_> {
    type Error = String;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; 32], String> {
        let preimage: Option<&[u8]> = match KeyType::of(key) {
            Some(KeyType::Keccak) => self.data.get(key).map(|data| &data[..]),
            Some(KeyType::Precompile) if !self.accelerates => Some(&[]),
            Some(KeyType::Precompile) => self.calls.get(key).map(|answer| &answer[..]),
            _ => self.preimages.blobs.iter().find(|(hash, _)| hash[1..] == key[1..]).map(|(_, blob)| &blob[..]),
        };
        preimage.map(|preimage| part_of(preimage, index)).ok_or_else(|| format!("no preimage of {key}"))
    }

    fn log(&mut self, text: &[u8]) {
        let Some((address, gas, input)) = Call::parse(text) else {
            self.texts.push(String::from_utf8_lossy(text).into_owned());
            return;
        };
        let output = Precompiles::osaka().get(&address).unwrap().execute(input, 4 * gas, 0).unwrap();
        let answer = match output.status {
            PrecompileStatus::Success => [&[1], &output.bytes[..]].concat(),
            _ => vec![0],
        };
        self.calls.insert(gainsay_machine::precompile_key(address, gas, input), answer);
    }
}

/// The committed program.
pub(crate) fn guest() -> Program {
    Program::from_elf(GUEST_ELF).unwrap()
}

/// Runs a step in the machine.
pub(crate) fn run<O: Oracle<Error: std::fmt::Debug>>(program: &Program, input: B256, host: &mut O) -> Machine {
    let mut machine = Machine::new(program, input);
    machine.run_to(20_000_000_000, host).unwrap();
    machine
}
