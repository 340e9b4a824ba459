//! The program's block step gives what derivation over a node's flat state gives, and never anything else than a result or an error.

mod world;

use alloy_primitives::{Address, B256, Bytes};
use gainsay_derive::Payload;
use gainsay_program::{MAX_PREIMAGE, Oracle, ProgramError, block_step};
use gainsay_types::blob;
use proptest::prelude::*;
use world::{Missing, Preimages, Signer, Taken, World, calldata, compressed, deposit, eth_transfer, hashes_call, token_transfer};

fn check(world: &World, taken: &Taken) {
    assert_eq!(block_step(&world.preimages, taken.input).unwrap(), taken.output);
}

/// Payload blocks with and without deposits, from calldata and from blobs; garbage; forced batches; a fault in a transaction.
fn eventful() -> World {
    let mut world = World::new();
    let users: Vec<Signer> = (0..6).map(Signer::new).collect();
    world.attributes();
    world.user_deposit(deposit(users[5].address, Address::repeat_byte(9), 77));
    let first = vec![eth_transfer(&users[0], 0, users[1].address), token_transfer(&users[1], 0, users[2].address)];
    world.append(calldata(vec![(1, first), (0, vec![hashes_call(&users[2], 0, 1), hashes_call(&users[2], 1, 0)])]));
    world.attributes();
    let fault = vec![eth_transfer(&users[3], 0, Address::repeat_byte(3)), eth_transfer(&users[3], 7, Address::repeat_byte(4))];
    let blobs = compressed(vec![(1, vec![token_transfer(&users[4], 0, Address::repeat_byte(8))]), (0, fault)]);
    world.append(Payload::Blobs(blob::pack(&blobs).unwrap()));
    world.append(Payload::Calldata(Bytes::from_static(b"no batch at all")));
    world.append(Payload::Calldata(Bytes::new()));
    world.user_deposit(deposit(users[0].address, users[0].address, 5));
    world.append(Payload::None);
    world.append(calldata(vec![]));
    world
}

#[test]
fn each_step_gives_what_derivation_over_flat_state_gives() {
    let mut world = eventful();
    let mut blocks = 0;
    let mut ignored = 0;
    let steps = world.steps(|world, taken| {
        check(world, taken);
        blocks += taken.block.iter().count();
        ignored += taken.ignored;
    });
    assert_eq!((steps, blocks, ignored), (9, 5, 3));
}

#[test]
fn at_the_target_the_state_stays_as_it_is() {
    let mut world = eventful();
    world.steps(|_, _| ());
    let taken = world.step();
    assert_eq!(taken.output, world.state.hash());
    check(&world, &taken);
    assert_eq!(*world.preimages.asked.borrow(), [taken.input], "nothing else is needed");
}

#[test]
fn a_contract_gets_the_hashes_of_the_last_256_blocks() {
    let mut world = World::new();
    let user = Signer::new(0);
    world.append(calldata((0..300).map(|_| (0, vec![])).collect()));
    world.steps(|_, _| ());
    // Block 301 sees 45 to 300.
    let calls = [300, 299, 45, 44, 301].into_iter().enumerate();
    world.append(calldata(vec![(0, calls.map(|(nonce, number)| hashes_call(&user, nonce as u64, number)).collect())]));
    let taken = world.step();
    assert_eq!(taken.block.as_ref().unwrap().transactions.len(), 5);
    check(&world, &taken);
}

#[test]
fn more_messages_than_one_batch_may_consume_are_walked_back() {
    let mut world = World::new();
    for index in 0..700 {
        world.user_deposit(deposit(Address::with_last_byte(index as u8), Address::repeat_byte(1), 1));
    }
    world.append(Payload::None);
    world.steps(check);
    assert_eq!(world.state.deposit_index, 700);
}

#[test]
fn without_any_one_of_its_preimages_a_step_has_no_result() {
    let mut world = eventful();
    world.steps(|world, taken| {
        world.preimages.asked.borrow_mut().clear();
        check(world, taken);
        let mut asked = world.preimages.asked.borrow().clone();
        asked.sort_unstable();
        asked.dedup();
        for hash in asked {
            let mut preimages = world.preimages.clone();
            preimages.data.remove(&hash);
            let error = block_step(&preimages, taken.input).unwrap_err();
            assert!(
                std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
                    .any(|cause| cause.downcast_ref::<Missing>() == Some(&Missing(hash))),
                "{error:?}"
            );
        }
    });
}

/// An oracle that gives other bytes for one key.
struct Lying<'a> {
    preimages: &'a Preimages,
    about: B256,
    says: Bytes,
}

impl Oracle for Lying<'_> {
    type Error = Missing;

    fn keccak(&self, hash: &B256) -> Result<Bytes, Missing> {
        if *hash == self.about { Ok(self.says.clone()) } else { self.preimages.keccak(hash) }
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, Missing> {
        self.preimages.blob(versioned_hash)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(40)))]

    /// In the machine an oracle cannot lie. This shows that no bytes whatever, should they hash to a key, stop the program otherwise than with
    /// a result or an error.
    #[test]
    fn any_bytes_for_a_preimage_give_a_result_or_an_error(
        which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), flip in 1u8.., random in prop::collection::vec(any::<u8>(), 0..700), kind in 0..4,
    ) {
        let mut world = eventful();
        world.steps(|world, taken| {
            world.preimages.asked.borrow_mut().clear();
            check(world, taken);
            let asked = world.preimages.asked.borrow().clone();
            let about = *which.get(&asked);
            let truth = world.preimages.data[&about].to_vec();
            let says = match kind {
                0 => random.clone(),
                1 => truth[..place.index(truth.len() + 1)].to_vec(),
                2 => [&truth[..], &random].concat(),
                _ => {
                    let mut changed = truth.clone();
                    if let Some(byte) = (!truth.is_empty()).then(|| &mut changed[place.index(truth.len())]) {
                        *byte ^= flip;
                    }
                    changed
                }
            };
            let lying = Lying { preimages: &world.preimages, about, says: says.into() };
            match block_step(&lying, taken.input) {
                Ok(_) | Err(ProgramError::Data(_) | ProgramError::Config(_) | ProgramError::State(_) | ProgramError::Trie(_)) => {}
                Err(other) => panic!("{other}"),
            }
        });
    }
}

#[test]
fn no_preimage_of_the_events_is_longer_than_the_oracle_allows() {
    let mut world = eventful();
    world.steps(|_, _| ());
    assert!(world.preimages.data.values().all(|bytes| bytes.len() <= MAX_PREIMAGE));
}
