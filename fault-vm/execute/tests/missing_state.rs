//! A state that cannot be read is neither a fault nor a wrong result.
#![allow(missing_docs)]

mod chain;

use alloy_primitives::{Address, B256, U256};
use chain::{Chain, LOGGER, PROBE, deposit, signer, transfer};
use gainsay_execute::{BlockBuilder, BlockError, ExecuteError, execute_block, memory::MemoryState, trie::TrieError};
use gainsay_types::BlockInput;
use revm::{
    DatabaseRef,
    database_interface::DBErrorMarker,
    state::{AccountInfo, Bytecode},
};
use std::cell::Cell;

/// Fails at the read with a given number.
struct Failing<'a> {
    state: &'a MemoryState,
    reads_left: &'a Cell<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the disk is gone")]
struct Gone;

impl DBErrorMarker for Gone {}

impl Failing<'_> {
    fn read<T>(&self, value: Result<T, core::convert::Infallible>) -> Result<T, Gone> {
        let left = self.reads_left.get().checked_sub(1).ok_or(Gone)?;
        self.reads_left.set(left);
        let Ok(value) = value;
        Ok(value)
    }
}

impl DatabaseRef for Failing<'_> {
    type Error = Gone;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Gone> {
        self.read(self.state.basic_ref(address))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Gone> {
        self.read(self.state.code_by_hash_ref(hash))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Gone> {
        self.read(self.state.storage_ref(address, slot))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Gone> {
        self.read(self.state.block_hash_ref(number))
    }
}

#[test]
fn a_failing_read_anywhere_is_a_database_error_and_a_second_try_gives_the_same_block() {
    let mut chain = Chain::new();
    let deposits = vec![chain.deposit(deposit(Address::repeat_byte(1), Some(LOGGER), 5))];
    let mut tx = transfer(0, PROBE, 1);
    tx.gas_limit = 1_000_000;
    let tx = signer(0).recovered(tx);
    let expected = {
        let mut block = chain.begin(&deposits);
        block.push(tx.clone()).unwrap();
        block.finish()
    };
    for reads in 0..200 {
        let reads_left = Cell::new(reads);
        let db = Failing { state: &chain.state, reads_left: &reads_left };
        let timestamp = chain.time().plus(1000);
        let begun = BlockBuilder::begin(&chain.config, &chain.parent, timestamp, &deposits, false, db);
        let mut block = match begun {
            Ok(block) => block,
            Err(error) => {
                assert_eq!(error, ExecuteError::Database(Gone));
                continue;
            }
        };
        let whole = match block.push(tx.clone()) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, ExecuteError::Database(Gone));
                reads_left.set(1000);
                block.push(tx.clone()).unwrap();
                false
            }
        };
        assert_eq!(block.finish(), expected);
        if whole {
            // With fewer reads than these it failed each time.
            assert_eq!(reads_left.get(), 0);
            assert!(reads > 8, "{reads}");
            return;
        }
    }
    panic!("the block reads more than 200 times");
}

#[test]
fn a_missing_trie_node_stops_the_block() {
    let mut chain = Chain::new();
    let mut nodes = chain.state.clone();
    nodes.nodes.remove(&chain.parent.state_root);
    let input = BlockInput { timestamp: chain.time().plus(1000), deposits: vec![], transactions: vec![], closing: false };
    let result = execute_block(&chain.config, &chain.parent, input.clone(), &chain.state, &nodes);
    assert_eq!(result.unwrap_err(), BlockError::Trie(TrieError::Missing { hash: chain.parent.state_root }));
    assert!(chain.execute(input).is_ok());
}
