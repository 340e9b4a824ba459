//! A block while it is open: transactions come in and are executed at once.

use crate::{BuildError, Job};
use alloy_consensus::{Header, Sealable, Transaction as _};
use alloy_primitives::{Address, B256};
use gainsay_execute::{BlockBuilder, ExecuteError, ExecutedTransaction, Fault, UnsealedBlock};
use gainsay_pool::Pooled;
use gainsay_types::{Message, Millis};
use revm::DatabaseRef;
use std::{collections::HashSet, sync::Arc};

/// No transaction uses less gas.
const LEAST_GAS: u64 = 21_000;
/// Hardly a signed transaction has fewer bytes: with less room than this, asking for more of them is not worth it.
const LEAST_BYTES: usize = 100;

/// A block that takes transactions. Its time is settled, so everything in it is final, unless the block as a whole is given up.
#[derive(Debug)]
pub struct OpenBlock<'a, DB: DatabaseRef> {
    builder: BlockBuilder<'a, DB>,
    time: Millis,
    deposits: Vec<Origin>,
    included: Vec<Arc<Pooled>>,
    rejected: Vec<Rejected>,
    /// Senders of whom a transaction was not included, so that none of the later ones can be.
    left_out: HashSet<Address>,
    bytes_left: usize,
    empty_is_due: bool,
}

/// What a deposit shows of itself.
#[derive(Debug)]
struct Origin {
    hash: B256,
    from: Address,
    to: Option<Address>,
}

/// What became of a transaction that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is in the block.
    Executed,
    /// It does not fit, or one before it was not included: it stays in the pool for a later block. So do the later ones of its sender.
    Left,
    /// It cannot be executed, in a later block neither: [`Closed::rejected`] says why.
    Rejected,
}

/// A transaction that cannot be executed.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Transaction hash.
    pub hash: B256,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A transaction in the open block.
#[derive(Clone, Copy, Debug)]
pub struct Executed<'a> {
    /// Its place in the block.
    pub index: usize,
    /// Transaction hash.
    pub hash: B256,
    /// Sender.
    pub from: Address,
    /// Receiver; none for a creation.
    pub to: Option<Address>,
    /// What it did.
    pub outcome: &'a ExecutedTransaction,
}

/// What a block came to.
#[derive(Debug)]
pub struct Closed {
    /// The block; none if there is nothing in it and no empty one is due.
    pub built: Option<Box<Built>>,
    /// Transactions that cannot be executed: drop them from the pool, once the block is part of the chain or there is none.
    pub rejected: Vec<Rejected>,
}

/// A block that was built.
#[derive(Debug)]
pub struct Built {
    /// The executed block, to be sealed with its roots.
    pub block: UnsealedBlock,
    /// How many of the offered messages it consumes.
    pub deposits: usize,
    /// The pool's transactions in it, in order.
    pub included: Vec<Arc<Pooled>>,
}

impl<'a, DB: DatabaseRef> OpenBlock<'a, DB> {
    pub(crate) fn begin(
        job: &Job<'a, '_>,
        deposits: &[Message],
        time: Millis,
        empty_is_due: bool,
        database: DB,
    ) -> Result<Self, BuildError<DB::Error>> {
        let builder = BlockBuilder::begin(job.config, job.parent, time, deposits, false, database)?;
        let origin = |message: &Message| {
            let transaction = message.transaction(job.config.portal);
            Origin { from: transaction.from, to: transaction.to.to().copied(), hash: transaction.seal_slow().hash() }
        };
        Ok(Self {
            builder,
            time,
            deposits: deposits.iter().map(origin).collect(),
            included: Vec::new(),
            rejected: Vec::new(),
            left_out: HashSet::new(),
            bytes_left: job.limits.block_bytes,
            empty_is_due,
        })
    }

    /// The block's number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.builder.header().number
    }

    /// The block's time.
    #[must_use]
    pub const fn time(&self) -> Millis {
        self.time
    }

    /// The header so far: number, time, base fee and randomness are final.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.builder.header()
    }

    /// How many of the offered messages it consumes.
    #[must_use]
    pub fn deposits(&self) -> usize {
        self.deposits.len()
    }

    /// The pool's transactions in it so far, in order.
    #[must_use]
    pub fn included(&self) -> &[Arc<Pooled>] {
        &self.included
    }

    /// Transactions in it, deposits included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deposits.len().saturating_add(self.included.len())
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether hardly any transaction can fit any more, so that there is no use in offering one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.builder.gas_left() < LEAST_GAS || self.bytes_left < LEAST_BYTES && !self.included.is_empty()
    }

    /// Executes a transaction, if it fits.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn push(&mut self, pooled: Arc<Pooled>) -> Result<Pushed, DB::Error> {
        let sender = pooled.sender();
        if self.left_out.contains(&sender) {
            return Ok(Pushed::Left);
        }
        let pushed = self.execute(&pooled)?;
        if pushed == Pushed::Executed {
            self.bytes_left = self.bytes_left.saturating_sub(pooled.size());
            self.included.push(pooled);
        } else {
            self.left_out.insert(sender);
        }
        Ok(pushed)
    }

    fn execute(&mut self, pooled: &Pooled) -> Result<Pushed, DB::Error> {
        let alone = self.included.is_empty();
        if pooled.gas_limit() > self.builder.gas_left() || (pooled.size() > self.bytes_left && !alone) {
            return Ok(Pushed::Left);
        }
        match self.builder.push(pooled.transaction().clone()) {
            Ok(_) => Ok(Pushed::Executed),
            Err(ExecuteError::Fault(fault)) if is_lasting(&fault) => {
                self.rejected.push(Rejected { hash: pooled.hash(), fault });
                Ok(Pushed::Rejected)
            }
            Err(ExecuteError::Fault(_)) => Ok(Pushed::Left),
            Err(ExecuteError::Database(error)) => Err(error),
        }
    }

    /// What was executed, from the place `first` of the block on.
    pub fn executed(&self, first: usize) -> impl ExactSizeIterator<Item = Executed<'_>> {
        let outcomes = self.builder.executed().get(first..).unwrap_or_default();
        outcomes.iter().enumerate().map(move |(position, outcome)| self.describe(first.saturating_add(position), outcome))
    }

    fn describe<'b>(&'b self, index: usize, outcome: &'b ExecutedTransaction) -> Executed<'b> {
        let user = index.checked_sub(self.deposits.len()).and_then(|at| self.included.get(at));
        match (self.deposits.get(index), user) {
            (Some(Origin { hash, from, to }), _) => Executed { index, hash: *hash, from: *from, to: *to, outcome },
            (None, Some(pooled)) => {
                let to = pooled.transaction().envelope().to();
                Executed { index, hash: pooled.hash(), from: pooled.sender(), to, outcome }
            }
            // Each outcome is a deposit's or an included transaction's.
            (None, None) => Executed { index, hash: B256::ZERO, from: Address::ZERO, to: None, outcome },
        }
    }

    /// Ends the block.
    #[must_use]
    pub fn close(self) -> Closed {
        if self.is_empty() && !self.empty_is_due {
            return Closed { built: None, rejected: self.rejected };
        }
        let built = Built { block: self.builder.finish(), deposits: self.deposits.len(), included: self.included };
        Closed { built: Some(Box::new(built)), rejected: self.rejected }
    }
}

/// Whether the same transaction would fail in the next block as well. Gas left and base fee are of this block alone. A nonce too high says
/// that a rollback took the transaction before it off the chain and that the pool has yet to hear of it.
fn is_lasting(fault: &Fault) -> bool {
    !matches!(fault, Fault::GasLeft { .. } | Fault::FeeBelowBaseFee { .. } | Fault::NonceTooHigh { .. })
}
