//! L2: derived from the inbox, executed, with the proofs that users need.

mod derive;
pub(crate) mod facts;
mod genesis;
mod proof;

pub use facts::{Arrival, Facts, Message, Withdrawal};
pub use proof::{Forged, Output, Proof};

use crate::fault::{Fault, l2};
use alloy::{
    consensus::{Header, Sealed},
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::SolCall,
};
use gainsay_derive::{OpenBatch, Payload, open_batch};
use gainsay_execute::{CallRequest, CallStatus, call, memory::MemoryState};
use gainsay_l1::{BatchPayload, InboxEvent};
use gainsay_types::{BatchHeader, ChainConfig, Message as InboxMessage, MessageBody, Millis, State};
use std::sync::Arc;

/// Gas of a view.
const VIEW_GAS: u64 = 5_000_000;

/// A block, as far as it is needed later.
#[derive(Clone, Debug)]
pub struct Block {
    /// Header and hash.
    pub header: Sealed<Header>,
    /// Root of the message passer's storage.
    pub passer_root: B256,
    /// The output root after it.
    pub output_root: B256,
}

/// The chain that follows from what the Inbox has.
#[derive(Clone, Debug)]
pub struct L2 {
    config: ChainConfig,
    batches: Vec<Arc<OpenBatch>>,
    messages: Vec<(InboxMessage, B256)>,
    flat: MemoryState,
    states: Vec<State>,
    blocks: Vec<Block>,
    facts: Facts,
}

impl L2 {
    /// Parameters of the chain.
    #[must_use]
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Takes what the Inbox emitted.
    ///
    /// # Errors
    /// On a batch in blobs: this model has none.
    pub fn push(&mut self, event: &InboxEvent) -> Result<(), Fault> {
        match event {
            InboxEvent::Message { message, acc, .. } => self.messages.push((message.clone(), *acc)),
            InboxEvent::Batch { header, payload, .. } => self.batches.push(Arc::new(open(&self.config, header, payload)?)),
        }
        Ok(())
    }

    /// The state after all that was derived.
    #[must_use]
    pub fn state(&self) -> State {
        *self.states.last().unwrap_or(&State::genesis(B256::ZERO))
    }

    /// The states after each block step; the first is genesis.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The state when so many batches had been consumed.
    #[must_use]
    pub fn after_batches(&self, batches: u64) -> Option<State> {
        self.states.iter().find(|state| state.batch_index == batches && state.batch_offset == 0).copied()
    }

    /// The newest block.
    #[must_use]
    pub fn head(&self) -> &Block {
        // Genesis is always there.
        &self.blocks[self.blocks.len() - 1]
    }

    /// All blocks, by number.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Time of the newest block.
    #[must_use]
    pub fn time(&self) -> Millis {
        derive::time(&self.head().header)
    }

    /// All messages of the inbox with their accumulators, executed or not; the first has index 1.
    #[must_use]
    pub fn messages(&self) -> &[(InboxMessage, B256)] {
        &self.messages
    }

    /// Messages that the batches so far consume, executed or not.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.header.deposit_count)
    }

    /// What the contracts on L2 told.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The flat state.
    #[must_use]
    pub const fn flat(&self) -> &MemoryState {
        &self.flat
    }

    /// Wei of an account.
    #[must_use]
    pub fn balance(&self, account: Address) -> U256 {
        self.flat.accounts.get(&account).map(|account| account.balance).unwrap_or_default()
    }

    /// Transactions that an account has sent.
    #[must_use]
    pub fn nonce(&self, account: Address) -> u64 {
        self.flat.accounts.get(&account).map(|account| account.nonce).unwrap_or_default()
    }

    /// Wei of all accounts.
    #[must_use]
    pub fn supply(&self) -> U256 {
        self.flat.accounts.values().map(|account| account.balance).sum()
    }

    /// Wei that deposits create: those executed, and those on their way.
    #[must_use]
    pub fn mints(&self) -> (U256, U256) {
        let executed = self.state().deposit_index;
        let mut sums = (U256::ZERO, U256::ZERO);
        for (message, _) in &self.messages {
            let MessageBody::User(deposit) = &message.body else { continue };
            let sum = if message.index <= executed { &mut sums.0 } else { &mut sums.1 };
            *sum += U256::from(deposit.mint);
        }
        sums
    }

    /// Whether a mapping from words to bools in `slot` of a contract holds true for `key`.
    #[must_use]
    pub fn flag(&self, contract: Address, slot: u64, key: B256) -> bool {
        let place = keccak256([key.0, U256::from(slot).to_be_bytes()].concat());
        self.flat.storage.get(&(contract, place.into())).is_some_and(|word| !word.is_zero())
    }

    /// What a view function returns.
    ///
    /// # Errors
    /// When it reverts.
    pub fn view<C: SolCall>(&self, to: Address, input: &C) -> Result<C::Return, Fault> {
        let data = Bytes::from(input.abi_encode());
        let request = CallRequest { to: Some(to), gas_limit: VIEW_GAS, data, ..CallRequest::default() };
        let outcome = call(&self.config, &self.head().header, request, &self.flat).map_err(l2)?;
        if outcome.status != CallStatus::Success {
            return Err(l2((C::SIGNATURE, outcome.status, outcome.output)));
        }
        C::abi_decode_returns(&outcome.output).map_err(l2)
    }
}

fn open(config: &ChainConfig, header: &BatchHeader, payload: &BatchPayload) -> Result<OpenBatch, Fault> {
    let payload = match payload {
        BatchPayload::Calldata(bytes) => Payload::Calldata(bytes.clone()),
        BatchPayload::None => Payload::None,
        BatchPayload::Blobs(_) => return Err(l2("a batch in blobs")),
    };
    Ok(open_batch(config, header, &payload))
}
