//! Deposits: from their place in the inbox on L1 to their transaction on L2.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::serde_helpers::quantity;
use alloy_primitives::{Address, B256, U64, U256};
use gainsay_store::MessageRecord;
use gainsay_types::MessageBody;
use serde::{Deserialize, Serialize};

/// A message of the inbox and the deposit transaction that it becomes on L2. The transaction's hash follows from the message alone, so it is known before
/// the transaction is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// Position in the inbox, from 1.
    #[serde(with = "quantity")]
    pub index: u64,
    /// Whose message it is.
    pub kind: DepositKind,
    /// Source hash of the transaction on L2.
    pub source_hash: B256,
    /// Hash of the transaction on L2.
    pub l2_transaction_hash: B256,
    /// Its sender, aliased if it was a contract on L1.
    pub from: Address,
    /// Its callee; none if it creates a contract.
    pub to: Option<Address>,
    /// Wei that it creates on L2.
    #[serde(with = "quantity")]
    pub mint: u128,
    /// Wei that it sends to its callee.
    pub value: U256,
    /// Its gas limit.
    #[serde(with = "quantity")]
    pub gas: u64,
    /// The transaction on L1 that enqueued it.
    pub l1_transaction_hash: B256,
    /// Number of that transaction's block.
    #[serde(with = "quantity")]
    pub l1_block_number: u64,
    /// Hash of that block.
    pub l1_block_hash: B256,
    /// Timestamp of that block, seconds: the inclusion delay counts from here.
    #[serde(with = "quantity")]
    pub l1_block_timestamp: u64,
    /// How far it is.
    #[serde(flatten)]
    pub status: DepositStatus,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DepositKind {
    /// A user, through the Portal.
    User,
    /// The Inbox itself: L1's fees and randomness.
    Attributes,
}

/// How far a deposit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DepositStatus {
    /// It waits in the inbox.
    Enqueued,
    /// A block consumed it. Its receipt says whether the call succeeded.
    Included {
        /// Number of the block.
        #[serde(with = "quantity")]
        block_number: u64,
        /// Hash of the block.
        block_hash: B256,
    },
}

/// By its position in the inbox; null if this node has read no such message.
pub(crate) fn by_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Deposit>, RpcError> {
    let index = arguments.required::<U64>()?.to();
    find(context, index)
}

/// All that one transaction on L1 enqueued, in order; none if this node has read no message of it.
pub(crate) fn by_l1_transaction(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Deposit>, RpcError> {
    let hash = arguments.required::<B256>()?;
    let mut found = Vec::new();
    for index in context.chain.store.messages_of_l1_transaction(&hash)? {
        // Between the two reads L1 may have been reorganised.
        found.extend(find(context, index)?.filter(|deposit| deposit.l1_transaction_hash == hash));
    }
    Ok(found)
}

fn find(context: &Context, index: u64) -> Result<Option<Deposit>, RpcError> {
    let Some(MessageRecord { message, l1_hash, l1_transaction, .. }) = context.chain.store.message(index)? else { return Ok(None) };
    let transaction = message.transaction(context.chain.config.portal);
    let l2_transaction_hash = transaction.tx_hash();
    Ok(Some(Deposit {
        index,
        kind: match message.body {
            MessageBody::User(_) => DepositKind::User,
            MessageBody::Attributes(_) => DepositKind::Attributes,
        },
        source_hash: transaction.source_hash,
        l2_transaction_hash,
        from: transaction.from,
        to: transaction.to.into_to(),
        mint: transaction.mint,
        value: transaction.value,
        gas: transaction.gas_limit,
        l1_transaction_hash: l1_transaction,
        l1_block_number: message.l1_number,
        l1_block_hash: l1_hash,
        l1_block_timestamp: message.l1_time,
        status: status(context, index, &l2_transaction_hash)?,
    }))
}

fn status(context: &Context, index: u64, hash: &B256) -> Result<DepositStatus, RpcError> {
    let store = &context.chain.store;
    let Some(location) = store.transaction(hash)? else { return Ok(DepositStatus::Enqueued) };
    // Between the reads a rollback may have put another block there, one that is not so far in the inbox.
    let block = store.header(location.block)?.filter(|block| block.deposit_index >= index);
    Ok(block.map_or(DepositStatus::Enqueued, |block| DepositStatus::Included {
        block_number: block.header.number,
        block_hash: block.header.hash(),
    }))
}
