//! Deposits (type 0x7E): whatever happens, the mint and the nonce bump stay.
#![allow(missing_docs)]

mod chain;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, bytes};
use chain::{Chain, ETHER, LOGGER, REVERTER, RICH_CONTRACT, deposit, signer};
use gainsay_execute::ExecutedBlock;
use gainsay_types::{
    UserDeposit,
    predeploys::{BASE_FEE_VAULT, L1_BLOCK, L1_FEE_VAULT, SEQUENCER_FEE_VAULT},
};

const NEWCOMER: Address = Address::repeat_byte(0xde);

/// Puts one deposit into a block.
fn run(chain: &mut Chain, deposit: UserDeposit) -> ExecutedBlock {
    let message = chain.deposit(deposit);
    chain.block(vec![message], vec![])
}

/// A deposit of one ether that fails in the given way keeps mint and nonce bump and uses its whole gas limit.
fn assert_only_mint_stays(failing: UserDeposit) {
    let mut chain = Chain::new();
    let (before, nonce) = (chain.balance(failing.from), chain.nonce(failing.from));
    let (from, to, gas_limit, mint) = (failing.from, failing.to, failing.gas_limit, failing.mint);
    let to_before = to.map(|to| chain.balance(to));
    let block = run(&mut chain, failing);
    assert!(!block.receipts[0].status());
    assert_eq!(block.receipts[0].cumulative_gas_used(), gas_limit);
    assert_eq!(block.header.gas_used, gas_limit);
    assert_eq!(chain.balance(from), before + U256::from(mint));
    assert_eq!(chain.nonce(from), nonce + 1);
    assert_eq!(to.map(|to| chain.balance(to)), to_before);
    assert!(block.receipts[0].logs().is_empty());
    let touched: Vec<_> = block.changes.accounts.keys().filter(|address| **address != gainsay_types::predeploys::HISTORY_STORAGE).collect();
    assert_eq!(touched, [&from]);
}

#[test]
fn a_deposit_mints_and_moves_its_value_free_of_charge() {
    let mut chain = Chain::new();
    let block = run(&mut chain, deposit(NEWCOMER, Some(Address::repeat_byte(1)), ETHER));
    assert!(block.receipts[0].status());
    assert_eq!(block.header.gas_used, 21_000);
    assert_eq!((chain.balance(NEWCOMER), chain.nonce(NEWCOMER)), (U256::ZERO, 1));
    assert_eq!(chain.balance(Address::repeat_byte(1)), U256::from(ETHER));
    for vault in [BASE_FEE_VAULT, L1_FEE_VAULT, SEQUENCER_FEE_VAULT] {
        assert_eq!(chain.balance(vault), U256::ZERO);
    }
    assert_eq!(block.l1_fees, [U256::ZERO]);
}

#[test]
fn a_deposit_whose_call_reverts_keeps_its_mint() {
    assert_only_mint_stays(deposit(NEWCOMER, Some(REVERTER), ETHER));
}

#[test]
fn a_deposit_that_runs_out_of_gas_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { gas_limit: 21_100, ..deposit(NEWCOMER, Some(LOGGER), ETHER) });
}

#[test]
fn a_deposit_that_sends_more_than_there_is_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { value: ETHER + 1, ..deposit(NEWCOMER, Some(Address::repeat_byte(1)), ETHER) });
}

#[test]
fn a_deposit_below_the_intrinsic_gas_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { gas_limit: 20_999, ..deposit(NEWCOMER, Some(Address::repeat_byte(1)), ETHER) });
}

#[test]
fn a_deposit_below_the_floor_price_of_its_data_keeps_its_mint() {
    let data = Bytes::from(vec![1; 1000]);
    assert_only_mint_stays(UserDeposit { gas_limit: 21_000 + 16 * 1000, data, ..deposit(NEWCOMER, Some(Address::repeat_byte(1)), ETHER) });
}

#[test]
fn a_deposit_above_the_transaction_gas_cap_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { gas_limit: (1 << 24) + 1, ..deposit(NEWCOMER, Some(Address::repeat_byte(1)), ETHER) });
}

#[test]
fn a_creating_deposit_that_reverts_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { data: bytes!("5f5ffd"), ..deposit(NEWCOMER, None, ETHER) });
}

#[test]
fn a_creating_deposit_with_too_long_init_code_keeps_its_mint() {
    let data = Bytes::from(vec![0; 49_153]);
    assert_only_mint_stays(UserDeposit { gas_limit: 10_000_000, data, ..deposit(NEWCOMER, None, ETHER) });
}

#[test]
fn a_creating_deposit_that_sends_more_than_there_is_keeps_its_mint() {
    assert_only_mint_stays(UserDeposit { value: ETHER + 1, data: bytes!("00"), ..deposit(NEWCOMER, None, ETHER) });
}

#[test]
fn a_creating_deposit_makes_its_contract_at_the_address_of_its_nonce() {
    let mut chain = Chain::new();
    let from = signer(0).address;
    run(&mut chain, deposit(from, Some(NEWCOMER), 0));
    // Returns one byte of code, 0x00.
    let block = run(&mut chain, UserDeposit { data: bytes!("60015ff3"), ..deposit(from, None, ETHER) });
    assert!(block.receipts[0].status());
    let contract = from.create(1);
    assert_eq!(chain.state.codes[&chain.state.accounts[&contract].code_hash], bytes!("00"));
    assert_eq!((chain.balance(contract), chain.nonce(from)), (U256::from(ETHER), 2));
}

#[test]
fn the_address_of_a_contract_that_is_created_is_told() {
    let mut chain = Chain::new();
    let from = signer(0).address;
    run(&mut chain, deposit(from, Some(NEWCOMER), 0));
    let code = bytes!("60015ff3");
    let creating = chain.deposit(UserDeposit { data: code.clone(), ..deposit(from, None, 0) });
    let mut block = chain.begin(&[creating]);
    let mut transaction = chain::transfer(2, NEWCOMER, 0);
    (transaction.to, transaction.input) = (TxKind::Create, code);
    block.push(signer(0).recovered(transaction)).unwrap();
    let told: Vec<_> = block.executed().iter().map(|executed| executed.contract_address).collect();
    assert_eq!(told, [Some(from.create(1)), Some(from.create(2))]);
    let created = block.finish().changes.accounts;
    assert!(told.iter().flatten().all(|address| created[address].after.is_some()));
}

#[test]
fn a_contract_may_send_a_deposit() {
    let mut chain = Chain::new();
    let block = run(&mut chain, UserDeposit { mint: 0, ..deposit(RICH_CONTRACT, Some(NEWCOMER), ETHER) });
    assert!(block.receipts[0].status());
    assert_eq!(chain.balance(NEWCOMER), U256::from(ETHER));
}

#[test]
fn the_gas_price_within_a_deposit_is_zero() {
    let mut chain = Chain::new();
    run(&mut chain, UserDeposit { gas_limit: 1_000_000, ..deposit(NEWCOMER, Some(chain::PROBE), 0) });
    assert_eq!(chain.slot(chain::PROBE, 8), U256::ZERO);
    assert_ne!(chain.slot(chain::PROBE, 4), U256::ZERO);
}

#[test]
fn a_deposit_receipt_has_the_nonce_and_version_one() {
    let mut chain = Chain::new();
    run(&mut chain, deposit(NEWCOMER, Some(LOGGER), 0));
    let block = run(&mut chain, deposit(NEWCOMER, Some(LOGGER), 0));
    let receipt = &block.receipts[0];
    assert_eq!((receipt.deposit_nonce(), receipt.deposit_receipt_version()), (Some(1), Some(1)));
    assert_eq!(receipt.logs().len(), 1);
    assert_eq!(receipt.encoded_2718()[0], 0x7e);
    assert!(block.header.logs_bloom.contains_raw_log(LOGGER, &[B256::with_last_byte(7)]));
}

#[test]
fn an_attributes_message_reaches_the_l1_block_predeploy() {
    let mut chain = Chain::new();
    let message = chain.attributes(5, 6, 9);
    let block = chain.block(vec![message], vec![]);
    assert!(block.receipts[0].status());
    let slots: Vec<_> = (0..4).map(|slot| chain.slot(L1_BLOCK, slot)).collect();
    assert_eq!(slots, [U256::from(77) | U256::from(1_700_000_000u64) << 64, U256::from(5), U256::from(6), U256::from_be_bytes([9; 32])]);
}

#[test]
fn deposits_come_first_and_one_failure_does_not_hurt_the_next() {
    let mut chain = Chain::new();
    let first = chain.deposit(deposit(NEWCOMER, Some(REVERTER), 5));
    let second = chain.deposit(deposit(NEWCOMER, Some(Address::repeat_byte(1)), 7));
    let transaction = signer(0).sign(chain::transfer(0, Address::repeat_byte(1), 1));
    let block = chain.block(vec![first, second], vec![transaction]);
    let status: Vec<_> = block.receipts.iter().map(|receipt| receipt.status()).collect();
    assert_eq!(status, [false, true, true]);
    assert_eq!(block.receipts[1].cumulative_gas_used(), 121_000);
    assert_eq!((chain.balance(NEWCOMER), chain.nonce(NEWCOMER)), (U256::from(5), 2));
    assert_eq!(chain.balance(Address::repeat_byte(1)), U256::from(8));
    assert_eq!(block.senders, [NEWCOMER, NEWCOMER, signer(0).address]);
}
