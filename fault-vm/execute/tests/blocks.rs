//! Headers, what the EVM sees of a block, and how much gas a block has.
#![allow(missing_docs)]

mod chain;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, proofs};
use alloy_primitives::{Address, B64, B256, Bytes, U256, b256};
use chain::{CHAIN_ID, Chain, ETHER, GENESIS_TIME, HASHES, LOGGER, PROBE, deposit, signer, transfer};
use gainsay_execute::{
    BlockBuilder, ExecuteError, Fault, next_base_fee,
    trie::{EMPTY_ROOT_HASH, TrieState},
};
use gainsay_types::{
    BlockInput, ChainConfig, UserDeposit, output_root,
    predeploys::{HISTORY_STORAGE, MESSAGE_PASSER, SEQUENCER_FEE_VAULT},
};

#[test]
fn every_header_field_is_as_the_protocol_says() {
    let mut chain = Chain::new();
    let parent = chain.parent.clone();
    let message = chain.attributes(5, 6, 9);
    let transaction = signer(0).sign(transfer(0, LOGGER, 0));
    let block = chain.block(vec![message], vec![transaction]);
    let header = &block.header;
    assert_eq!(header.parent_hash, parent.hash());
    assert_eq!(header.ommers_hash, EMPTY_OMMER_ROOT_HASH);
    assert_eq!(header.beneficiary, SEQUENCER_FEE_VAULT);
    assert_eq!(header.transactions_root, proofs::calculate_transaction_root(&block.transactions));
    assert_eq!(header.receipts_root, proofs::calculate_receipt_root(&block.receipts));
    assert!(header.logs_bloom.contains_raw_log(LOGGER, &[B256::with_last_byte(7)]));
    assert_eq!(header.difficulty, U256::ZERO);
    assert_eq!(header.nonce, B64::ZERO);
    assert_eq!(header.number, 1);
    assert_eq!(header.gas_limit, chain.config.block_gas_limit);
    assert_eq!(header.gas_used, block.receipts[1].cumulative_gas_used());
    assert_eq!((header.timestamp, header.extra_data.as_ref()), (1_700_000_001, &[0, 250][..]));
    assert_eq!(header.mix_hash, B256::repeat_byte(9));
    assert_eq!(header.base_fee_per_gas, Some(next_base_fee(&chain.config, parent.gas_used, parent.base_fee_per_gas.unwrap())));
    assert_eq!(header.withdrawals_root, Some(EMPTY_ROOT_HASH));
    assert_eq!((header.blob_gas_used, header.excess_blob_gas), (Some(0), Some(0)));
    assert_eq!(header.parent_beacon_block_root, Some(B256::ZERO));
    // sha256 of nothing.
    assert_eq!(header.requests_hash, Some(b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
    assert_eq!(header.hash(), header.hash_slow());
    assert_eq!(block.output_root, output_root(header.state_root, EMPTY_ROOT_HASH, header.hash()));
}

#[test]
fn the_state_root_is_that_of_the_whole_state_built_anew() {
    let mut chain = Chain::new();
    let message = chain.deposit(deposit(Address::repeat_byte(1), Some(PROBE), ETHER));
    chain.block(vec![message], vec![signer(0).sign(transfer(0, LOGGER, 0))]);
    let block = chain.block(vec![], vec![signer(0).sign(transfer(1, Address::repeat_byte(2), 5))]);
    assert_eq!(block.header.state_root, full_root(&chain));
}

/// The root by another implementation, from the flat state.
fn full_root(chain: &Chain) -> B256 {
    let accounts = chain.state.accounts.iter().map(|(address, account)| {
        let slots =
            chain.state.storage.range((*address, U256::ZERO)..=(*address, U256::MAX)).map(|((_, slot), value)| (B256::from(*slot), *value));
        let storage_root = alloy_trie::root::storage_root_unhashed(slots);
        let account =
            alloy_trie::TrieAccount { nonce: account.nonce, balance: account.balance, storage_root, code_hash: account.code_hash };
        (*address, account)
    });
    alloy_trie::root::state_root_unhashed(accounts)
}

#[test]
fn the_withdrawals_root_is_the_message_passers_storage_root() {
    let mut alloc = chain::alloc();
    // Stores 1 in the slot of its calldata.
    let code = alloy_primitives::bytes!("60015f355500");
    let account = gainsay_execute::genesis::GenesisAccount { code, nonce: U256::from(1), ..Default::default() };
    alloc.0.insert(MESSAGE_PASSER, account);
    let mut chain = Chain::with_alloc(chain::config(), &alloc);
    let mut call = transfer(0, MESSAGE_PASSER, 0);
    call.input = Bytes::from(vec![7; 32]);
    let block = chain.block(vec![], vec![signer(0).sign(call)]);
    let expected = alloy_trie::root::storage_root_unhashed([(B256::repeat_byte(7), U256::from(1))]);
    assert_eq!(block.header.withdrawals_root, Some(expected));
    assert_eq!(block.output_root, output_root(block.header.state_root, expected, block.header.hash()));
    // A block that does not touch it keeps the root.
    assert_eq!(chain.block(vec![], vec![]).header.withdrawals_root, Some(expected));
}

#[test]
fn randomness_stays_until_the_next_attributes_message_and_the_last_one_counts() {
    let mut chain = Chain::new();
    assert_eq!(chain.block(vec![], vec![]).header.mix_hash, B256::ZERO);
    let messages = vec![chain.attributes(1, 1, 3), chain.attributes(1, 1, 4)];
    assert_eq!(chain.block(messages, vec![]).header.mix_hash, B256::repeat_byte(4));
    assert_eq!(chain.block(vec![], vec![]).header.mix_hash, B256::repeat_byte(4));
}

#[test]
fn the_evm_sees_the_header() {
    let mut chain = Chain::new();
    let message = chain.attributes(5, 6, 9);
    let mut call = transfer(0, PROBE, 0);
    call.gas_limit = 1_000_000;
    let block = chain.block(vec![message], vec![signer(0).sign(call)]);
    let base_fee = U256::from(block.header.base_fee_per_gas.unwrap());
    let seen: Vec<_> = (0..9).map(|slot| chain.slot(PROBE, slot)).collect();
    let expected = [
        SEQUENCER_FEE_VAULT.into_word().into(),
        U256::from(1_700_000_001),
        U256::from_be_bytes([9; 32]),
        U256::from(1),
        base_fee,
        U256::from(chain.config.block_gas_limit),
        U256::from(1),
        U256::from(CHAIN_ID),
        base_fee + U256::from(7),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn milliseconds_are_in_the_extra_data_and_carry_into_seconds() {
    let mut chain = Chain::new();
    for (step, seconds, millis) in [(250, 1_700_000_000, 500u16), (499, 1_700_000_000, 999), (251, 1_700_000_001, 250)] {
        let timestamp = chain.time().plus(step);
        let block = chain.execute(BlockInput { timestamp, deposits: vec![], transactions: vec![], closing: false }).unwrap();
        assert_eq!((block.header.timestamp, block.header.extra_data.as_ref()), (seconds, &millis.to_be_bytes()[..]));
    }
}

#[test]
fn a_block_earlier_than_the_block_time_is_a_fault() {
    let mut chain = Chain::new();
    let timestamp = GENESIS_TIME.plus(249);
    let input = BlockInput { timestamp, deposits: vec![], transactions: vec![], closing: false };
    assert_eq!(chain.execute(input), Err(Fault::TooEarly { timestamp, least: GENESIS_TIME.plus(250) }));
}

#[test]
fn a_closing_block_may_have_its_parents_time_and_any_gas_but_no_transactions() {
    let mut chain = Chain::new();
    let timestamp = chain.time();
    let large = UserDeposit { gas_limit: 16_000_000, ..deposit(Address::repeat_byte(1), Some(chain::REVERTER), 0) };
    let deposits: Vec<_> = (0..4).map(|_| chain.deposit(large.clone())).collect();
    let builder = BlockBuilder::begin(&chain.config, &chain.parent, timestamp, &deposits, true, &chain.state).unwrap();
    assert_eq!(builder.gas_left(), 0);
    assert_eq!(builder.finish().header.gas_used, 64_000_000);
}

#[test]
fn deposits_beyond_the_block_gas_limit_are_a_fault_of_a_payload_block() {
    let mut chain = Chain::new();
    let large = UserDeposit { gas_limit: 16_000_000, ..deposit(Address::repeat_byte(1), Some(chain::REVERTER), 0) };
    let deposits: Vec<_> = (0..4).map(|_| chain.deposit(large.clone())).collect();
    let input = BlockInput { timestamp: chain.time().plus(1000), deposits, transactions: vec![], closing: false };
    assert_eq!(chain.execute(input), Err(Fault::DepositGas { total: 64_000_000, limit: 60_000_000 }));
}

#[test]
fn gas_for_users_is_the_rate_times_the_elapsed_time() {
    let chain = Chain::new();
    let left = |milliseconds| {
        BlockBuilder::begin(&chain.config, &chain.parent, chain.time().plus(milliseconds), &[], false, &chain.state).unwrap().gas_left()
    };
    // 20 M gas a second, 60 M gas a block.
    assert_eq!(
        (left(250), left(1000), left(2999), left(3000), left(u64::MAX / 2)),
        (5_000_000, 20_000_000, 59_980_000, 60_000_000, 60_000_000)
    );
}

#[test]
fn deposits_take_their_gas_limits_from_the_block_but_not_from_the_rate() {
    let mut chain = Chain::new();
    let large = UserDeposit { gas_limit: 15_000_000, ..deposit(Address::repeat_byte(1), Some(Address::ZERO), 0) };
    let deposits: Vec<_> = (0..3).map(|_| chain.deposit(large.clone())).collect();
    let left = |milliseconds| {
        BlockBuilder::begin(&chain.config, &chain.parent, chain.time().plus(milliseconds), &deposits, false, &chain.state)
            .unwrap()
            .gas_left()
    };
    assert_eq!((left(250), left(1000)), (5_000_000, 15_000_000));
}

#[test]
fn gas_left_falls_by_what_a_transaction_used_and_not_by_its_limit() {
    let chain = Chain::new();
    let mut block = chain.begin(&[]);
    let executed = block.push(signer(0).recovered(transfer(0, Address::repeat_byte(1), 1))).unwrap();
    assert_eq!(executed.gas_used, 21_000);
    assert_eq!(block.gas_left(), 20_000_000 - 21_000);
}

#[test]
fn a_transaction_beyond_the_gas_left_is_a_fault_that_leaves_the_block_usable() {
    let config = ChainConfig { gas_rate: 100_000, ..chain::config() };
    let chain = Chain::with_config(config);
    let mut block = chain.begin(&[]);
    block.push(signer(0).recovered(transfer(0, Address::repeat_byte(1), 1))).unwrap();
    let error = block.push(signer(0).recovered(transfer(1, Address::repeat_byte(1), 1))).unwrap_err();
    assert_eq!(error, ExecuteError::Fault(Fault::GasLeft { gas_limit: 100_000, left: 79_000 }));
    let mut fitting = transfer(1, Address::repeat_byte(1), 1);
    fitting.gas_limit = 79_000;
    block.push(signer(0).recovered(fitting)).unwrap();
    assert_eq!(block.finish().transactions.len(), 2);
}

#[test]
fn the_hash_of_the_parent_is_in_the_history_contract_in_every_block() {
    let mut chain = Chain::new();
    for number in 0..3u64 {
        let parent = chain.parent.hash();
        let block = chain.block(vec![], vec![]);
        assert_eq!(block.header.gas_used, 0);
        assert_eq!(B256::from(chain.slot(HISTORY_STORAGE, number)), parent);
    }
}

#[test]
fn without_the_history_contract_a_block_changes_nothing() {
    let mut alloc = chain::alloc();
    alloc.0.remove(&HISTORY_STORAGE);
    let mut chain = Chain::with_alloc(chain::config(), &alloc);
    assert!(chain.block(vec![], vec![]).changes.accounts.is_empty());
}

#[test]
fn blockhash_knows_the_last_256_blocks() {
    let mut chain = Chain::new();
    for _ in 0..257 {
        chain.block(vec![], vec![]);
    }
    // In block 258: 257 is the parent, 2 the oldest that BLOCKHASH knows.
    for (number, known) in [(257u64, true), (2, true), (1, false), (258, false)] {
        let mut call = transfer(0, HASHES, 0);
        call.input = U256::from(number).to_be_bytes_vec().into();
        let mut ahead = Chain { config: chain.config.clone(), state: chain.state.clone(), parent: chain.parent.clone(), messages: 0 };
        ahead.block(vec![], vec![signer(0).sign(call)]);
        let expected = if known { chain.state.block_hashes[&number] } else { B256::ZERO };
        assert_eq!(B256::from(ahead.slot(HASHES, number)), expected, "block {number}");
    }
}

#[test]
fn a_trie_alone_gives_the_same_block_as_a_flat_state() {
    let mut chain = Chain::new();
    let message = chain.attributes(5, 6, 9);
    let from_trie = {
        let state = TrieState::new(chain.parent.state_root, &chain.state);
        let mut block =
            BlockBuilder::begin(&chain.config, &chain.parent, chain.time().plus(1000), std::slice::from_ref(&message), false, state)
                .unwrap();
        for index in 0..4 {
            let mut call = transfer(0, PROBE, 3);
            call.gas_limit = 1_000_000;
            block.push(signer(index).recovered(call)).unwrap();
        }
        block.finish()
    };
    let transactions = (0..4).map(|index| {
        let mut call = transfer(0, PROBE, 3);
        call.gas_limit = 1_000_000;
        signer(index).sign(call)
    });
    let from_flat = chain.block(vec![message], transactions.collect());
    assert_eq!(from_trie.changes, from_flat.changes);
    assert_eq!(from_trie.receipts, from_flat.receipts);
}

#[test]
fn changes_give_the_state_before_as_well_as_after() {
    let mut chain = Chain::new();
    let before = chain.state.clone();
    let block = chain.block(vec![], vec![signer(0).sign(transfer(0, LOGGER, 0))]);
    for (address, change) in &block.changes.accounts {
        assert_eq!(change.before, before.accounts.get(address).copied());
        assert_eq!(change.after, chain.state.accounts.get(address).copied());
        assert!(change.before != change.after || !change.storage.is_empty());
        for (slot, (old, new)) in &change.storage {
            assert_eq!(*old, before.storage.get(&(*address, *slot)).copied().unwrap_or_default());
            assert_ne!(old, new);
        }
    }
}
