//! The program in the machine gives what the same function gives on a host.

mod world;

use alloy_primitives::{Address, B256};
use gainsay_machine::{Oracle, Status};
use std::convert::Infallible;
use world::{Host, Signer, World, calldata, delegation, eth_transfer, guest, run, token_transfer};

fn transfers(world: &mut World, count: u16) {
    let transactions = (0..count).flat_map(|index| {
        let to = |kind: u8| Address::from_slice(&alloy_primitives::keccak256([index as u8, kind])[..20]);
        [eth_transfer(&Signer::new(index), 0, to(0)), token_transfer(&Signer::new(index + 200), 0, to(1))]
    });
    world.append(calldata(vec![(0, transactions.collect())]));
}

fn busy() -> World {
    let mut world = World::new();
    world.attributes();
    transfers(&mut world, 50);
    world
}

#[test]
fn the_machine_halts_with_the_hash_of_the_state_after_the_step() {
    let program = guest();
    let mut world = busy();
    world.append(calldata(vec![]));
    let mut calls = Vec::new();
    world.steps(|world, taken| {
        let mut host = Host::new(&world.preimages);
        let machine = run(&program, taken.input, &mut host);
        assert_eq!((machine.hart.status, machine.hart.output), (Status::HALTED, taken.output));
        calls.push(host.calls.len());
        if let Some(block) = &taken.block {
            eprintln!("{} transactions, {} gas: {} steps", block.transactions.len(), block.header.gas_used, machine.hart.step);
        }
    });
    assert_eq!(calls, [100, 0, 0], "each signature once");
}

#[test]
fn an_authority_is_recovered_through_the_oracle_too() {
    let mut world = World::new();
    world.append(calldata(vec![(0, vec![delegation(&Signer::new(0), 0, &Signer::new(1))])]));
    let taken = world.step();
    let changes = &taken.block.as_ref().unwrap().changes;
    assert!(changes.codes.values().any(|code| code.starts_with(&[0xef, 0x01, 0x00])), "it delegates");
    let mut host = Host::new(&world.preimages);
    let machine = run(&guest(), taken.input, &mut host);
    assert_eq!((machine.hart.status, machine.hart.output), (Status::HALTED, taken.output));
    assert_eq!(host.calls.len(), 2);
}

#[test]
fn without_acceleration_the_result_is_the_same() {
    let mut world = busy();
    let taken = world.step();
    let mut host = Host::new(&world.preimages);
    host.accelerates = false;
    let machine = run(&guest(), taken.input, &mut host);
    assert_eq!((machine.hart.status, machine.hart.output), (Status::HALTED, taken.output));
    eprintln!("100 transactions, nothing accelerated: {} steps", machine.hart.step);
}

/// Says of everything that it is longer than anything can be.
struct Endless;

impl Oracle for Endless {
    type Error = Infallible;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; 32], Infallible> {
        Ok([0xff; 32])
    }
}

/// Says of everything that there is nothing.
struct Empty;

impl Oracle for Empty {
    type Error = Infallible;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; 32], Infallible> {
        Ok([0; 32])
    }
}

#[test]
fn data_that_cannot_be_ends_the_machine_as_failed() {
    let program = guest();
    assert_eq!(run(&program, B256::repeat_byte(1), &mut Endless).hart.status, Status::FAILED);
    assert_eq!(run(&program, B256::repeat_byte(1), &mut Empty).hart.status, Status::FAILED);
}

#[test]
fn the_committed_root_is_that_of_the_committed_program() {
    let root = format!("\"programRoot\": \"{}\"", guest().root());
    assert!(include_str!("../guest.json").contains(&root), "scripts/build-guest --write");
}
