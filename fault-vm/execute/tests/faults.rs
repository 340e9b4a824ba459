//! Why a transaction cannot be executed: each reason has its own fault, with its numbers.
#![allow(missing_docs)]

mod chain;

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use chain::{CHAIN_ID, Chain, ETHER, PROBE, REVERTER, access_list, delegation, legacy, signer, transfer};
use gainsay_execute::{ExecuteError, Fault};
use gainsay_types::{BlockInput, RecoveredTransaction, Transaction};
use op_alloy_consensus::OpTxEnvelope;

const FRIEND: Address = Address::repeat_byte(1);

/// The fault of a transaction; checks that the block goes on as if it had not been there.
fn fault_of(chain: &Chain, tx: RecoveredTransaction) -> Fault {
    let mut block = chain.begin(&[]);
    let gas_left = block.gas_left();
    let fault = match block.push(tx).unwrap_err() {
        ExecuteError::Fault(fault) => fault,
        ExecuteError::Database(never) => match never {},
    };
    assert_eq!(block.gas_left(), gas_left);
    assert!(block.executed().is_empty());
    let untouched = chain.begin(&[]).finish();
    assert_eq!(block.finish(), untouched);
    fault
}

fn fault(tx: RecoveredTransaction) -> Fault {
    fault_of(&Chain::new(), tx)
}

fn base_fee() -> u64 {
    Chain::new().begin(&[]).header().base_fee_per_gas.unwrap()
}

#[test]
fn another_chain_id() {
    let tx = TxEip1559 { chain_id: 1, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::ChainId { transaction: 1, chain: CHAIN_ID });
    assert_eq!(fault(signer(0).recovered(legacy(0, FRIEND, 1, Some(5)))), Fault::ChainId { transaction: 5, chain: CHAIN_ID });
}

#[test]
fn a_wrong_nonce() {
    let mut chain = Chain::new();
    chain.block(vec![], vec![signer(0).sign(transfer(0, FRIEND, 1))]);
    let address = signer(0).address;
    assert_eq!(fault_of(&chain, signer(0).recovered(transfer(0, FRIEND, 1))), Fault::NonceTooLow { address, transaction: 0, state: 1 });
    assert_eq!(fault_of(&chain, signer(0).recovered(transfer(2, FRIEND, 1))), Fault::NonceTooHigh { address, transaction: 2, state: 1 });
    assert_eq!(fault_of(&chain, signer(0).recovered(transfer(u64::MAX, FRIEND, 1))), Fault::NonceMax { address });
}

#[test]
fn a_sender_with_code_that_is_no_delegation() {
    let mut chain = Chain::new();
    let address = signer(0).address;
    let probe = chain.state.accounts[&PROBE].code_hash;
    chain.state.accounts.get_mut(&address).unwrap().code_hash = probe;
    assert_eq!(fault_of(&chain, signer(0).recovered(transfer(0, FRIEND, 1))), Fault::SenderHasCode { address });
}

#[test]
fn a_fee_below_the_base_fee() {
    let tx = TxEip1559 { max_fee_per_gas: u128::from(base_fee()) - 1, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::FeeBelowBaseFee { max_fee: u128::from(base_fee()) - 1, base_fee: base_fee() });
    let mut tx = access_list(0, FRIEND);
    tx.gas_price = 9;
    assert_eq!(fault(signer(0).recovered(tx)), Fault::FeeBelowBaseFee { max_fee: 9, base_fee: base_fee() });
}

#[test]
fn a_tip_above_the_highest_fee() {
    let tx = TxEip1559 { max_priority_fee_per_gas: 3_000_000_001, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::TipAboveMaxFee { tip: 3_000_000_001, max_fee: 3_000_000_000 });
}

#[test]
fn a_balance_one_wei_short_of_value_gas_and_l1_fee() {
    let mut chain = Chain::new();
    let address = signer(0).address;
    let tx = signer(0).recovered(transfer(0, FRIEND, ETHER));
    let l1_fee = chain.begin(&[]).l1_fee_parameters().fee(&tx.transaction().encode());
    assert!(!l1_fee.is_zero());
    let needed = U256::from(ETHER) + U256::from(100_000u64) * U256::from(3_000_000_000u64) + l1_fee;
    let balance = needed - U256::from(1);
    chain.state.accounts.get_mut(&address).unwrap().balance = balance;
    assert_eq!(fault_of(&chain, tx.clone()), Fault::InsufficientFunds { address, balance, needed });
    chain.state.accounts.get_mut(&address).unwrap().balance = needed;
    assert!(chain.begin(&[]).push(tx).unwrap().success);
}

#[test]
fn a_cost_that_overflows() {
    let tx = TxEip1559 { max_fee_per_gas: u128::MAX, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::CostOverflow);
    let tx = TxEip1559 { value: U256::MAX, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::CostOverflow);
}

#[test]
fn a_gas_limit_below_the_intrinsic_gas() {
    let tx = TxEip1559 { gas_limit: 20_999, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::IntrinsicGas { gas_limit: 20_999, needed: 21_000 });
}

#[test]
fn a_gas_limit_below_the_floor_price_of_the_data() {
    let tx = TxEip1559 { gas_limit: 60_999, input: Bytes::from(vec![1; 1000]), ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::FloorGas { gas_limit: 60_999, needed: 61_000 });
}

#[test]
fn a_gas_limit_above_the_cap() {
    let tx = TxEip1559 { gas_limit: (1 << 24) + 1, ..transfer(0, FRIEND, 1) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::GasLimitCap { gas_limit: (1 << 24) + 1, cap: 1 << 24 });
    let tx = TxEip1559 { gas_limit: 1 << 24, ..transfer(0, FRIEND, 1) };
    assert!(Chain::new().begin(&[]).push(signer(0).recovered(tx)).is_ok());
}

#[test]
fn init_code_over_the_limit() {
    let tx = TxEip1559 { to: TxKind::Create, input: Bytes::from(vec![0; 49_153]), gas_limit: 5_000_000, ..transfer(0, FRIEND, 0) };
    assert_eq!(fault(signer(0).recovered(tx)), Fault::InitCodeSize { length: 49_153, limit: 49_152 });
}

#[test]
fn an_empty_authorization_list() {
    assert_eq!(fault(signer(0).recovered(delegation(0, vec![]))), Fault::NoAuthorizations { address: signer(0).address });
}

#[test]
fn a_signature_with_high_s_or_without_a_sender() {
    let hash_of = |signature: Signature| {
        let tx = Transaction::new(OpTxEnvelope::from(transfer(0, FRIEND, 1).into_signed(signature))).unwrap();
        let hash = tx.hash();
        let mut chain = Chain::new();
        let input = BlockInput { timestamp: chain.time().plus(1000), deposits: vec![], transactions: vec![tx], closing: false };
        (chain.execute(input), hash)
    };
    let half = U256::from_str_radix("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", 16).unwrap();
    for (r, s) in
        [(U256::from(1), half + U256::from(1)), (U256::ZERO, U256::from(1)), (U256::from(1), U256::ZERO), (U256::MAX, U256::from(1))]
    {
        let (result, hash) = hash_of(Signature::new(r, s, false));
        assert_eq!(result, Err(Fault::Signature { hash }));
    }
}

#[test]
fn the_first_fault_of_a_whole_block_is_the_blocks() {
    let mut chain = Chain::new();
    let before = chain.state.clone();
    let transactions = vec![signer(0).sign(transfer(0, FRIEND, 1)), signer(1).sign(transfer(7, FRIEND, 1))];
    let input = BlockInput { timestamp: chain.time().plus(1000), deposits: vec![], transactions, closing: false };
    assert_eq!(chain.execute(input), Err(Fault::NonceTooHigh { address: signer(1).address, transaction: 7, state: 0 }));
    assert_eq!(chain.state, before);
}

#[test]
fn a_transaction_from_before_eip_155_is_allowed() {
    let mut chain = Chain::new();
    let block = chain.block(vec![], vec![signer(0).sign(legacy(0, FRIEND, 1, None))]);
    assert!(block.receipts[0].status());
}

#[test]
fn a_delegation_is_executed_and_its_account_may_go_on_sending() {
    let mut chain = Chain::new();
    let authorization = signer(1).authorize(0, PROBE);
    let block = chain.block(vec![], vec![signer(0).sign(delegation(0, vec![authorization]))]);
    // The call itself reverts; the delegation stays.
    assert!(!block.receipts[0].status());
    let account = chain.state.accounts[&signer(1).address];
    let code = &chain.state.codes[&account.code_hash];
    assert_eq!(code.as_ref(), [&[0xef, 0x01, 0x00], PROBE.as_slice()].concat());
    let mut call = transfer(1, signer(1).address, 0);
    call.gas_limit = 1_000_000;
    let block = chain.block(vec![], vec![signer(1).sign(call)]);
    assert!(block.receipts[0].status());
    assert_eq!(chain.slot(signer(1).address, 7), U256::from(CHAIN_ID));
    // Back to a plain account.
    let authorization = signer(1).authorize(2, Address::ZERO);
    chain.block(vec![], vec![signer(0).sign(delegation(1, vec![authorization]))]);
    assert_eq!(chain.state.accounts[&signer(1).address].code_hash, alloy_primitives::KECCAK256_EMPTY);
}

#[test]
fn a_reverting_transaction_pays_and_stays_in_the_block() {
    let mut chain = Chain::new();
    let block = chain.block(vec![], vec![signer(0).sign(transfer(0, REVERTER, ETHER))]);
    assert!(!block.receipts[0].status());
    assert_eq!(chain.nonce(signer(0).address), 1);
    assert!(chain.balance(signer(0).address) < U256::from(1_000 * ETHER));
    assert!(chain.balance(signer(0).address) > U256::from(999 * ETHER));
}
