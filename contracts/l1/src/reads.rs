//! What is read from L1: blocks, logs, contracts, accounts.

use crate::{BlockRef, Heads, L1Block, L1Client, L1Error};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Block, Filter, Log, TransactionInput, TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use tokio::task::JoinSet;

/// Requests for blocks in flight at a time.
const AT_ONCE: usize = 8;

impl L1Client {
    /// A block, or none if the node does not have it.
    ///
    /// # Errors
    /// If the node cannot be reached or refuses.
    pub async fn find_block(&self, at: BlockRef) -> Result<Option<L1Block>, L1Error> {
        let block: Option<Block> = match (at, at.tag()) {
            (BlockRef::Hash(hash), _) => self.request("eth_getBlockByHash", (hash, false)).await?,
            (_, tag) => self.request("eth_getBlockByNumber", (tag, false)).await?,
        };
        block.as_ref().map(L1Block::of).map(|block| self.as_asked(at, block)).transpose()
    }

    /// Refuses another block than the one asked for.
    fn as_asked(&self, at: BlockRef, block: L1Block) -> Result<L1Block, L1Error> {
        let same = match at {
            BlockRef::Number(number) => block.number == number,
            BlockRef::Hash(hash) => block.hash == hash,
            BlockRef::Latest | BlockRef::Safe | BlockRef::Finalized => true,
        };
        let reason = || format!("block {} ({}) when asked for {at}", block.number, block.hash);
        same.then_some(block).ok_or_else(|| L1Error::Malformed { url: self.url().to_owned(), method: "eth_getBlock", reason: reason() })
    }

    /// A block that should exist.
    ///
    /// # Errors
    /// [`L1Error::NoBlock`] if the node does not have it.
    pub async fn block(&self, at: BlockRef) -> Result<L1Block, L1Error> {
        self.find_block(at).await?.ok_or_else(|| L1Error::NoBlock { url: self.url().to_owned(), block: at.to_string() })
    }

    /// Blocks that should exist, in the order of their hashes; a few are asked for at a time.
    ///
    /// # Errors
    /// The first that occurs; [`L1Error::NoBlock`] if the node does not have one of them.
    pub async fn blocks(&self, hashes: &[B256]) -> Result<Vec<L1Block>, L1Error> {
        let mut found = vec![None; hashes.len()];
        let mut left = hashes.iter().copied().enumerate();
        let mut asked = JoinSet::new();
        loop {
            while asked.len() < AT_ONCE
                && let Some((place, hash)) = left.next()
            {
                let client = self.clone();
                asked.spawn(async move { (place, client.block(BlockRef::Hash(hash)).await) });
            }
            match asked.join_next().await {
                None => return Ok(found.into_iter().flatten().collect()),
                Some(Ok((place, block))) => found[place] = Some(block?),
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // A request is given up only with the whole process.
                Some(Err(_)) => return Err(L1Error::Unreachable { url: self.url().to_owned(), reason: "the process ends".to_owned() }),
            }
        }
    }

    /// The three heads. A node that does not know a finalised or safe block (before the first checkpoint, or no consensus
    /// client) counts as one whose genesis is the newest finalised block.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn heads(&self) -> Result<Heads, L1Error> {
        let latest = self.block(BlockRef::Latest).await?;
        let finalized = match self.tagged(BlockRef::Finalized).await? {
            Some(block) => block,
            None => self.block(BlockRef::Number(0)).await?,
        };
        let safe = self.tagged(BlockRef::Safe).await?.unwrap_or(finalized);
        // The calls are not atomic: a block may arrive between them.
        let finalized = if finalized.number > latest.number { latest } else { finalized };
        let safe = if safe.number > latest.number { latest } else { safe };
        Ok(Heads { latest, safe: if safe.number < finalized.number { finalized } else { safe }, finalized })
    }

    /// A block by tag; none also where the node refuses the tag because nothing has that rank yet.
    async fn tagged(&self, at: BlockRef) -> Result<Option<L1Block>, L1Error> {
        match self.find_block(at).await {
            Err(error) if error.is_refusal() => Ok(None),
            other => other,
        }
    }

    /// Logs that match, in order.
    ///
    /// # Errors
    /// If the node cannot be reached or refuses the range.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, L1Error> {
        let mut logs: Vec<Log> = self.request("eth_getLogs", (filter,)).await?;
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        Ok(logs)
    }

    /// Calls a view function at a block.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with the decoded error; or if the answer is not what the function returns, as when `to` has
    /// no code.
    pub async fn read<F: SolCall>(&self, to: Address, call: F, at: BlockId) -> Result<F::Return, L1Error> {
        let output = self.call(to, call.abi_encode().into(), at).await?;
        F::abi_decode_returns(&output).map_err(|error| L1Error::Malformed {
            url: self.url().to_owned(),
            method: "eth_call",
            reason: format!("{to} does not answer {}: {error}", F::SIGNATURE),
        })
    }

    /// Calls a contract at a block and returns its output.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with the decoded error.
    pub async fn call(&self, to: Address, input: Bytes, at: BlockId) -> Result<Bytes, L1Error> {
        let request = TransactionRequest::default().to(to).input(TransactionInput::both(input));
        self.simulate("eth_call", to, (request, at)).await
    }

    /// Code of an account at the newest block; empty if it has none.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn code(&self, address: Address) -> Result<Bytes, L1Error> {
        self.request("eth_getCode", (address, BlockId::latest())).await
    }

    /// Balance at the newest block, wei.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn balance(&self, address: Address) -> Result<U256, L1Error> {
        self.request("eth_getBalance", (address, BlockId::latest())).await
    }

    /// Transactions of an account: mined ones, or with those that the node's pool holds.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, L1Error> {
        self.quantity("eth_getTransactionCount", (address, at)).await
    }

    /// The receipt of a mined transaction.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, L1Error> {
        self.request("eth_getTransactionReceipt", (hash,)).await
    }
}
