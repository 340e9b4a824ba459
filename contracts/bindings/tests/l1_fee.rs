//! The price of L1 data, twice: by the predeploys in Solidity, run on the chain's own EVM, and by execution in Rust.
#![allow(missing_docs)]

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolValue},
};
use gainsay_bindings::{GasPriceOracle, GenesisParams, predeploys};
use gainsay_execute::{
    BlockBuilder, CallRequest, CallStatus, L1FeeParameters, call,
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
    memory::MemoryState,
    trie::update_state_root,
};
use gainsay_types::{
    Attributes, ChainConfig, Message, MessageBody, Millis, SPEC_ID_OSAKA,
    predeploys::GAS_PRICE_ORACLE,
    testing::{Dice, any_transaction},
};
use proptest::prelude::*;

/// What the oracle adds to an unsigned transaction: 68 bytes of signature, none of them zero.
const SIGNATURE: [u8; 68] = [0xff; 68];

fn config(base_fee_scalar: u32, blob_base_fee_scalar: u32) -> ChainConfig {
    ChainConfig {
        l2_chain_id: 42,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 15_000_000,
        gas_target: 10_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1,
        base_fee_scalar,
        blob_base_fee_scalar,
        portal: Address::ZERO,
        genesis_hash: B256::ZERO,
    }
}

fn alloc(config: &ChainConfig) -> GenesisAlloc {
    let params = GenesisParams {
        base_fee_scalar: config.base_fee_scalar,
        blob_base_fee_scalar: config.blob_base_fee_scalar,
        vault_recipient: Address::ZERO,
        l1_messenger: Address::ZERO,
        l1_bridge: Address::ZERO,
    };
    let accounts = predeploys(&params).into_iter().map(|one| {
        let storage = one.storage.into_iter().collect();
        (one.address, GenesisAccount { code: one.code, nonce: U256::from(1), storage, ..GenesisAccount::default() })
    });
    GenesisAlloc(accounts.collect())
}

/// A chain with the real predeploys after one block, whose attributes message brought the given fees.
struct Priced {
    config: ChainConfig,
    header: alloy::consensus::Header,
    state: MemoryState,
}

impl Priced {
    fn new(config: ChainConfig, attributes: Attributes) -> Self {
        let time = Millis::from_secs(1_800_000_000);
        let genesis = genesis_block(&config, time, 7, &alloc(&config)).expect("a good genesis");
        let mut state = MemoryState::default();
        state.apply(&genesis.changes, genesis.nodes);
        let message = Message { index: 1, user_ordinal: 0, l1_number: 5, l1_time: 6, body: MessageBody::Attributes(attributes) };
        let block = BlockBuilder::begin(&config, &genesis.header, time.plus(250), &[message], false, &state).expect("a good block");
        assert!(block.executed()[0].success, "the predeploy takes attributes from their sender");
        let block = block.finish();
        let update = update_state_root(genesis.header.state_root, &block.changes, &state).expect("the trie is there");
        state.apply(&block.changes, update.nodes);
        Self { config, header: block.header, state }
    }

    /// What a view function of the oracle returns.
    fn ask(&self, call_data: Vec<u8>) -> Bytes {
        let request = CallRequest { to: Some(GAS_PRICE_ORACLE), data: call_data.into(), gas_limit: 1 << 30, ..CallRequest::default() };
        let outcome = call(&self.config, &self.header, request, &self.state).expect("the call can be executed");
        assert_eq!(outcome.status, CallStatus::Success);
        outcome.output
    }

    fn oracle_fee(&self, unsigned: &[u8]) -> U256 {
        let fee = self.ask(GasPriceOracle::getL1FeeCall { data: Bytes::copy_from_slice(unsigned) }.abi_encode());
        U256::abi_decode(&fee).expect("a number")
    }

    fn execution_fee(&self, unsigned: &[u8]) -> U256 {
        let parameters = L1FeeParameters::read(&self.state).unwrap_or_else(|never| match never {});
        parameters.fee(&[unsigned, &SIGNATURE].concat())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(64)))]

    #[test]
    fn the_oracle_says_what_execution_charges(
        seed: u64, base_fee: u64, blob_base_fee: u64, base_fee_scalar: u32, blob_base_fee_scalar: u32, randao: [u8; 32],
    ) {
        let attributes = Attributes { base_fee: U256::from(base_fee), blob_base_fee: U256::from(blob_base_fee), prev_randao: randao.into() };
        let priced = Priced::new(config(base_fee_scalar, blob_base_fee_scalar), attributes);
        let mut dice = Dice::new(seed);
        for _ in 0..8 {
            let transaction = any_transaction(&mut dice).encode();
            prop_assert_eq!(priced.oracle_fee(&transaction), priced.execution_fee(&transaction));
        }
        prop_assert_eq!(priced.oracle_fee(&[]), priced.execution_fee(&[]));
    }
}

#[test]
fn the_oracle_knows_the_fees_of_l1_and_their_scalars() {
    let attributes = Attributes { base_fee: U256::from(11), blob_base_fee: U256::from(13), prev_randao: B256::ZERO };
    let priced = Priced::new(config(5, 7), attributes);
    let number = |data: Vec<u8>| U256::abi_decode(&priced.ask(data)).expect("a number").to::<u64>();
    assert_eq!(number(GasPriceOracle::l1BaseFeeCall {}.abi_encode()), 11);
    assert_eq!(number(GasPriceOracle::blobBaseFeeCall {}.abi_encode()), 13);
    assert_eq!(number(GasPriceOracle::baseFeeScalarCall {}.abi_encode()), 5);
    assert_eq!(number(GasPriceOracle::blobBaseFeeScalarCall {}.abi_encode()), 7);
    // 68 bytes of signature and two of data, one of them zero: 1,088 + 16 + 4 units.
    assert_eq!(number(GasPriceOracle::getL1GasUsedCall { data: Bytes::from_static(&[0, 1]) }.abi_encode()), 1_108);
}
