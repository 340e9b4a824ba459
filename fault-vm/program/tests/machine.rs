//! The program in the machine gives what the same function gives on a host.

mod world;

use alloy_primitives::{Address, B256, Bytes};
use gainsay_machine::{KeyType, Machine, Oracle, Program, Status, part_of};
use gainsay_program::accelerate::Call;
use revm::precompile::{PrecompileStatus, Precompiles};
use std::{collections::BTreeMap, path::Path};
use world::{Preimages, Signer, World, calldata, eth_transfer, token_transfer};

/// Answers the machine from preimages, and runs the calls that the program announces.
struct Host<'a> {
    preimages: &'a Preimages,
    data: BTreeMap<B256, &'a Bytes>,
    calls: BTreeMap<B256, Vec<u8>>,
    texts: Vec<String>,
}

impl<'a> Host<'a> {
    fn new(preimages: &'a Preimages) -> Self {
        let data = preimages.data.iter().map(|(hash, data)| (KeyType::Keccak.key(*hash), data)).collect();
        Self { preimages, data, calls: BTreeMap::new(), texts: Vec::new() }
    }
}

impl Oracle for Host<'_> {
    type Error = String;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; 32], String> {
        let preimage: Option<&[u8]> = match KeyType::of(key) {
            Some(KeyType::Keccak) => self.data.get(key).map(|data| &data[..]),
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

fn guest() -> Program {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
}

/// Runs a step in the machine; gives the machine at its end and the number of calls that were accelerated.
fn run(program: &Program, preimages: &Preimages, input: B256) -> (Machine, usize) {
    let mut machine = Machine::new(program, input);
    let mut host = Host::new(preimages);
    machine.run_to(20_000_000_000, &mut host).unwrap();
    (machine, host.calls.len())
}

fn transfers(world: &mut World, count: u16) {
    let transactions = (0..count).flat_map(|index| {
        let to = |kind: u8| Address::from_slice(&alloy_primitives::keccak256([index as u8, kind])[..20]);
        [eth_transfer(&Signer::new(index), 0, to(0)), token_transfer(&Signer::new(index + 200), 0, to(1))]
    });
    world.append(calldata(vec![(0, transactions.collect())]));
}

#[test]
fn the_machine_halts_with_the_hash_of_the_state_after_the_step() {
    let program = guest();
    let mut world = World::new();
    world.attributes();
    transfers(&mut world, 50);
    world.append(calldata(vec![]));
    let mut blocks = 0;
    world.steps(|world, taken| {
        let (machine, calls) = run(&program, &world.preimages, taken.input);
        assert_eq!((machine.hart.status, machine.hart.output), (Status::HALTED, taken.output));
        if let Some(block) = &taken.block {
            blocks += 1;
            println!(
                "{} transactions, {} gas, {calls} calls: {} steps",
                block.transactions.len(),
                block.header.gas_used,
                machine.hart.step
            );
        }
    });
    assert_eq!(blocks, 2);
}
