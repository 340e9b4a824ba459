//! Filling a block with transactions, best first.

use crate::Rejected;
use alloy_primitives::B256;
use gainsay_execute::{BlockBuilder, ExecuteError, Fault};
use gainsay_pool::{Best, Pooled};
use revm::DatabaseRef;
use std::sync::Arc;

/// What is left of the block, gas aside.
pub(crate) struct Room {
    pub(crate) bytes: usize,
}

/// What became of the transactions that were tried.
pub(crate) struct Filled {
    pub(crate) included: Vec<B256>,
    pub(crate) rejected: Vec<Rejected>,
}

/// Executes `first`, which was taken from `best`, and then the rest, until nothing fits.
pub(crate) fn fill<DB: DatabaseRef>(
    builder: &mut BlockBuilder<'_, DB>,
    first: Option<Arc<Pooled>>,
    mut best: Best,
    mut room: Room,
) -> Result<Filled, DB::Error> {
    let mut filled = Filled { included: Vec::new(), rejected: Vec::new() };
    let mut next = first;
    while let Some(pooled) = next {
        if builder.gas_left() < LEAST_GAS {
            break;
        }
        let alone = filled.included.is_empty();
        if pooled.gas_limit() > builder.gas_left() || (pooled.size() > room.bytes && !alone) {
            best.skip_sender();
        } else {
            match builder.push(pooled.transaction().clone()) {
                Ok(_) => {
                    room.bytes = room.bytes.saturating_sub(pooled.size());
                    filled.included.push(pooled.hash());
                }
                Err(ExecuteError::Fault(fault)) => {
                    best.skip_sender();
                    if is_lasting(&fault) {
                        filled.rejected.push(Rejected { hash: pooled.hash(), fault });
                    }
                }
                Err(ExecuteError::Database(error)) => return Err(error),
            }
        }
        next = best.next();
    }
    Ok(filled)
}

/// No transaction uses less gas.
const LEAST_GAS: u64 = 21_000;

/// Whether the same transaction would fail in the next block as well. Gas left and base fee are of this block alone. A nonce too high says
/// that a rollback took the transaction before it off the chain and that the pool has yet to hear of it.
fn is_lasting(fault: &Fault) -> bool {
    !matches!(fault, Fault::GasLeft { .. } | Fault::FeeBelowBaseFee { .. } | Fault::NonceTooHigh { .. })
}
