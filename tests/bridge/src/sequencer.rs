//! The sequencer: blocks of users' transactions, batches of them, messages taken in late or left out.

use crate::{
    fault::{Fault, l2, same},
    world::World,
};
use alloy::{
    consensus::{Header, SignableTransaction, TxEip1559},
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
    signers::SignerSync,
};
use gainsay_batch::compress;
use gainsay_bindings::Inbox::{self, MessageLink};
use gainsay_execute::{BlockBuilder, ExecuteError, memory::MemoryState};
use gainsay_model::chain::OPERATOR;
use gainsay_types::{
    MAX_MESSAGES_PER_BATCH, Message, MessageBody, Millis, Transaction,
    batch::{Batch, BatchBlock},
    payload::envelope,
};
use op_alloy_consensus::OpTxEnvelope;

/// Most of what users offer for gas, wei.
const MAX_FEE: u128 = 200_000_000_000;
/// What the sequencer gets of it, wei.
const TIP: u128 = 50_000_000_000;
/// Gas of deposits in one payload block; more of them come in closing blocks.
const DEPOSIT_GAS: u64 = 15_000_000;

/// What a user wants to do on L2.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) user: usize,
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
    pub(crate) gas: u64,
}

/// What the sequencer does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A block of deposits and transactions.
    Usual,
    /// Blocks without deposits: all of them come in closing blocks.
    Late,
    /// Two blocks, the second empty.
    Double,
    /// Bytes that are no payload.
    Void,
}

impl World<'_> {
    /// Appends a batch that takes in so many of the messages that wait, and all transactions that wait.
    ///
    /// # Errors
    /// When L1 refuses, and when L2 makes another block of it than the sequencer did.
    pub fn batch(&mut self, take: u64, shape: Shape) -> Result<(), Fault> {
        let waiting = self.l2.messages().len() as u64 - self.l2.consumed();
        let m = self.l2.consumed() + take.min(waiting).min(MAX_MESSAGES_PER_BATCH);
        let number = self.l2.head().header.number;
        let (payload, built) = match shape {
            Shape::Void => (Bytes::from_static(b"no payload"), None),
            _ => self.payload(m, shape)?,
        };
        self.append(m, payload)?;
        if let Some(built) = built {
            let made = self.l2.blocks().get(number as usize + 1).map(|block| block.header.clone().into_inner());
            let roots = |header: Header| (header.timestamp, header.transactions_root, header.receipts_root, header.gas_used);
            same("the block that the sequencer built", made.map(roots), Some(roots(built)))?;
        }
        self.report.count(match shape {
            Shape::Usual => "batches",
            Shape::Late => "batches that leave deposits to closing blocks",
            Shape::Double => "batches of two blocks",
            Shape::Void => "void batches",
        });
        Ok(())
    }

    /// A payload, and the first block of it as it must come out.
    fn payload(&mut self, m: u64, shape: Shape) -> Result<(Bytes, Option<Header>), Fault> {
        let first = self.l2.state().deposit_index as usize;
        let mut gas = 0u64;
        let fits = |message: &&Message| {
            gas += message.gas_limit();
            gas <= DEPOSIT_GAS
        };
        let all = self.l2.messages()[first..m as usize].iter().map(|(message, _)| message);
        let deposits: Vec<Message> = if shape == Shape::Late { Vec::new() } else { all.take_while(fits).cloned().collect() };
        let earliest = self.l2.time().plus(self.l2.config().block_time_ms);
        let delay_ms = Millis::from_secs(self.now()).since(earliest);
        let intents = std::mem::take(&mut self.pool);
        let (transactions, header) = self.build(earliest.plus(delay_ms), &deposits, intents)?;
        let mut blocks = vec![BatchBlock { delay_ms, deposits: deposits.len() as u64, transactions }];
        if shape == Shape::Double {
            blocks.push(BatchBlock::default());
        }
        let stream = compress(&Batch { blocks }.encode(), 1).map_err(l2)?;
        Ok((envelope(&stream).unwrap_or_default().into(), Some(header)))
    }

    /// Executes what can be executed on top of the head.
    fn build(&mut self, time: Millis, deposits: &[Message], intents: Vec<Intent>) -> Result<(Vec<Transaction>, Header), Fault> {
        let head = self.l2.head().header.clone();
        let mut block = BlockBuilder::begin(self.l2.config(), &head, time, deposits, false, self.l2.flat()).map_err(l2)?;
        let mut transactions: Vec<Transaction> = Vec::new();
        let (mut done, mut reverted, mut dropped) = (0, 0, 0);
        for intent in intents {
            let sender = self.cast.user(intent.user as u64);
            let deposited = deposits.iter().filter(|one| matches!(&one.body, MessageBody::User(deposit) if deposit.from == sender)).count();
            let sent = transactions.iter().filter(|one| (*one).clone().recover().is_ok_and(|one| one.sender() == sender)).count();
            let transaction = self.sign(&intent, self.l2.nonce(sender) + (deposited + sent) as u64)?;
            match block.push(transaction.clone().recover().map_err(l2)?) {
                Ok(executed) => {
                    *(if executed.success { &mut done } else { &mut reverted }) += 1;
                    transactions.push(transaction);
                }
                Err(ExecuteError::Fault(_)) => dropped += 1,
                Err(other) => return Err(l2(other)),
            }
        }
        let header = finished(block);
        self.report.more("transactions on L2", done);
        self.report.more("transactions on L2 that reverted", reverted);
        self.report.more("transactions that their senders could not pay", dropped);
        Ok((transactions, header))
    }

    fn sign(&self, intent: &Intent, nonce: u64) -> Result<Transaction, Fault> {
        let tx = TxEip1559 {
            chain_id: self.l2.config().l2_chain_id,
            nonce,
            gas_limit: intent.gas,
            max_fee_per_gas: MAX_FEE,
            max_priority_fee_per_gas: TIP,
            to: TxKind::Call(intent.to),
            value: intent.value,
            access_list: Default::default(),
            input: intent.data.clone(),
        };
        let signature = self.cast.keys[intent.user].sign_hash_sync(&tx.signature_hash()).map_err(l2)?;
        Transaction::new(OpTxEnvelope::Eip1559(tx.into_signed(signature))).map_err(l2)
    }

    fn append(&mut self, m: u64, payload: Bytes) -> Result<(), Fault> {
        let cursor = *self.chain.cursor();
        let (first_index, first_user) = self.first_user().unwrap_or_else(|| (0, none()));
        let append = Inbox::Append {
            expectedBatchAcc: cursor.batch_acc,
            depositCount: m,
            expectedDepositAcc: self.l2.messages().get((m as usize).wrapping_sub(1)).map_or(B256::ZERO, |(_, acc)| *acc),
            last: self.link(m),
            firstUserIndex: first_index,
            firstUser: first_user,
        };
        let inbox = self.cast.l1.inbox;
        self.must(OPERATOR, inbox, &Inbox::appendCalldataCall { append, payload }, U256::ZERO)?;
        Ok(())
    }

    /// The sequencer lets all deposits wait; somebody forces them in. Nothing if none waits.
    ///
    /// # Errors
    /// When it can be done too early, or cannot be done in time.
    pub fn force(&mut self) -> Result<(), Fault> {
        let Some((first, first_user)) = self.first_user() else { return Ok(()) };
        let reach = (self.l2.consumed() + MAX_MESSAGES_PER_BATCH).min(self.l2.messages().len() as u64);
        let last = (first..=reach).rev().find(|index| self.link(*index).kind == 0).unwrap_or(first);
        let (inbox, stranger) = (self.cast.l1.inbox, self.stranger());
        let link = self.link(last);
        let sent = link.l1Time;
        let call = Inbox::forceIncludeCall { depositCount: last, last: link, firstUserIndex: first, firstUser: first_user };
        // The delay grows while the buffer fills.
        loop {
            let ripe = sent + self.ask(inbox, &Inbox::currentDelayCall {})?;
            if self.now() >= ripe {
                break;
            }
            let early = self.act(stranger, inbox, &call, U256::ZERO)?;
            same("a batch forced before its time is refused", early.is_err(), true)?;
            self.begin_block(ripe - self.now());
        }
        self.must(stranger, inbox, &call, U256::ZERO)?;
        self.report.count("forced batches");
        Ok(())
    }

    /// The first user deposit that no batch has consumed.
    fn first_user(&self) -> Option<(u64, MessageLink)> {
        let waiting = self.l2.messages().get(self.l2.consumed() as usize..)?;
        let (message, _) = waiting.iter().find(|(message, _)| message.body.kind() == 0)?;
        Some((message.index, self.link(message.index)))
    }

    fn link(&self, index: u64) -> MessageLink {
        let Some((message, _)) = self.l2.messages().get((index as usize).wrapping_sub(1)) else { return none() };
        MessageLink {
            kind: message.body.kind(),
            userOrdinal: message.user_ordinal,
            l1Number: message.l1_number,
            l1Time: message.l1_time,
            bodyHash: keccak256(message.body.encode()),
        }
    }
}

fn none() -> MessageLink {
    MessageLink { kind: 0, userOrdinal: 0, l1Number: 0, l1Time: 0, bodyHash: B256::ZERO }
}

fn finished(block: BlockBuilder<'_, &MemoryState>) -> Header {
    block.finish().header
}
