//! What was done to the contracts: transactions with their receipts, as L1 has them.

use crate::instruction::Computed;
use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    network::TransactionResponse as _,
    primitives::{Address, B256, U256},
    rpc::types::{Block, Transaction, TransactionReceipt},
    sol_types::{SolCall, SolEventInterface, SolInterface},
};
use eyre::{Context, OptionExt, ensure};
use gainsay_bindings::{
    Matches::{self, MatchesCalls},
    PreimageOracle::{self, PreimageOracleCalls},
    Rollup::{RollupCalls, RollupEvents},
};
use gainsay_l1::{Contracts, L1Block, L1Client};
use gainsay_machine::{ProofError, StepProof};

/// What a transaction asked for.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Rollup(Box<RollupCalls>),
    Matches(Box<MatchesCalls>),
    /// A step, with what L1 computed from it; none if it was given no proof.
    Step(Box<Matches::stepCall>, Option<Box<Computed>>),
    Oracle(Box<PreimageOracleCalls>),
    /// Of another contract, or of none.
    Other,
}

/// A transaction that was mined.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) from: Address,
    pub(crate) call: Call,
    /// Whether it had an effect.
    pub(crate) done: bool,
    pub(crate) gas: u64,
    /// Wei paid for the gas.
    pub(crate) fee: U256,
    /// Time of its block, seconds.
    pub(crate) time: u64,
    /// What the Rollup did, in order.
    pub(crate) events: Vec<RollupEvents>,
}

/// Reads the transactions of a block.
///
/// # Errors
/// If the node does not have the block or its receipts.
pub(crate) async fn deeds(client: &L1Client, contracts: &Contracts, block: &L1Block) -> eyre::Result<Vec<Deed>> {
    let full: Option<Block> = client.request("eth_getBlockByHash", (block.hash, true)).await?;
    let full = full.ok_or_eyre("L1 lost a block while it was read")?;
    let transactions = full.transactions.as_transactions().unwrap_or_default();
    if transactions.is_empty() {
        return Ok(Vec::new());
    }
    let receipts: Option<Vec<TransactionReceipt>> = client.request("eth_getBlockReceipts", (BlockId::from(block.hash),)).await?;
    let receipts = receipts.ok_or_eyre("L1 has no receipts for a block")?;
    ensure!(
        receipts.len() == transactions.len(),
        "block {} has {} transactions but {} receipts",
        block.number,
        transactions.len(),
        receipts.len()
    );
    let mut deeds = Vec::with_capacity(receipts.len());
    for (transaction, receipt) in transactions.iter().zip(&receipts) {
        deeds.push(deed(client, contracts, block, transaction, receipt).await?);
    }
    Ok(deeds)
}

async fn deed(
    client: &L1Client,
    contracts: &Contracts,
    block: &L1Block,
    transaction: &Transaction,
    receipt: &TransactionReceipt,
) -> eyre::Result<Deed> {
    ensure!(receipt.transaction_hash == transaction.tx_hash(), "the receipts of block {} are in another order", block.number);
    let rollup = receipt.logs().iter().filter(|log| log.address() == contracts.rollup);
    let mut call = decoded(contracts, transaction);
    if let Call::Step(step, computed) = &mut call {
        *computed = compute(client, contracts, block.hash, step).await?.map(Box::new);
    }
    Ok(Deed {
        from: transaction.from(),
        call,
        done: receipt.status(),
        gas: receipt.gas_used,
        fee: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
        time: block.timestamp,
        events: rollup
            .map(|log| RollupEvents::decode_log(&log.inner).map(|log| log.data))
            .collect::<Result<_, _>>()
            .wrap_err("a log of the Rollup")?,
    })
}

/// Calldata that is none of our contracts' is a call of another one: it will have reverted.
fn decoded(contracts: &Contracts, transaction: &Transaction) -> Call {
    let (to, input) = (transaction.to(), transaction.input());
    let call = match to {
        Some(to) if to == contracts.rollup => RollupCalls::abi_decode(input).ok().map(|call| Call::Rollup(Box::new(call))),
        Some(to) if to == contracts.matches => match MatchesCalls::abi_decode(input).ok() {
            Some(MatchesCalls::step(step)) => Some(Call::Step(Box::new(step), None)),
            call => call.map(|call| Call::Matches(Box::new(call))),
        },
        Some(to) if to == contracts.preimage_oracle => PreimageOracleCalls::abi_decode(input).ok().map(|call| Call::Oracle(Box::new(call))),
        _ => None,
    };
    call.unwrap_or(Call::Other)
}

/// Takes the step again from the transaction's own bytes; a part that it reads is the oracle contract's.
async fn compute(client: &L1Client, contracts: &Contracts, at: B256, step: &Matches::stepCall) -> eyre::Result<Option<Computed>> {
    let Ok(mut proof) = StepProof::decode(&step.state, &step.proof, None) else { return Ok(None) };
    if let Err(ProofError::MissingPart { key, index }) = proof.next() {
        let call = PreimageOracle::partCall { key, index: U256::from(index) };
        let output = client.call(contracts.preimage_oracle, call.abi_encode().into(), BlockId::from(at)).await;
        // A step without it has reverted.
        let Ok(output) = output else { return Ok(None) };
        proof.part = Some(PreimageOracle::partCall::abi_decode_returns(&output)?);
    }
    Ok(Computed::of(proof).ok())
}
