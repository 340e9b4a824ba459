//! Remembering where the chain is, and going back there.

use crate::{
    DevError,
    core::{Core, Wishes},
    outbox::Unsigned,
};
use gainsay_execute::L1FeeParameters;
use gainsay_pool::{Candidate, Limits, Pool, Rules};
use gainsay_types::RecoveredTransaction;
use std::collections::BTreeMap;

/// All that going back brings back.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    number: u64,
    wishes: Wishes,
    pooled: Vec<RecoveredTransaction>,
    unsigned: Vec<Unsigned>,
}

/// Snapshots by their ids, which count up from 1 and never come twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    taken: BTreeMap<u64, Snapshot>,
    last: u64,
}

impl Core {
    /// Remembers the chain, the pool, the clock and the edits. Returns the id.
    pub(crate) fn snapshot(&mut self) -> u64 {
        let content = self.pool.content();
        let waiting = content.ready.into_values().chain(content.future.into_values()).flatten();
        let snapshot = Snapshot {
            number: self.store().heads().latest.number,
            wishes: self.wishes.clone(),
            pooled: waiting.map(|pooled| pooled.transaction().clone()).collect(),
            unsigned: self.unsigned.clone(),
        };
        self.snapshots.last = self.snapshots.last.saturating_add(1);
        self.snapshots.taken.insert(self.snapshots.last, snapshot);
        self.snapshots.last
    }

    /// Goes back to a snapshot, which is used up by that, as are those after it. False if there is none with this id.
    pub(crate) fn revert(&mut self, id: u64) -> Result<bool, DevError> {
        let Some(snapshot) = self.snapshots.taken.get(&id).cloned() else { return Ok(false) };
        self.snapshots.taken.split_off(&id);
        self.go_back(snapshot)?;
        Ok(true)
    }

    /// The blocks to which one can go back, by the snapshots' ids.
    pub(crate) fn snapshots(&self) -> BTreeMap<String, u64> {
        self.snapshots.taken.iter().map(|(id, snapshot)| (format!("{id:#x}"), snapshot.number)).collect()
    }

    /// Goes back to the first block. Snapshots are gone.
    pub(crate) fn reset(&mut self) -> Result<(), DevError> {
        self.snapshots.taken.clear();
        let wishes = Wishes {
            clock: Default::default(),
            edits: Default::default(),
            base_fee: None,
            prev_randao: None,
            gas_limit: self.config.block_gas_limit,
            ..self.wishes.clone()
        };
        self.go_back(Snapshot { number: 0, wishes, pooled: Vec::new(), unsigned: Vec::new() })
    }

    fn go_back(&mut self, to: Snapshot) -> Result<(), DevError> {
        if self.store().heads().latest.number > to.number {
            self.unwind(to.number)?;
        }
        (self.wishes, self.unsigned) = (to.wishes, to.unsigned);
        self.show_edits()?;
        let state = self.state()?;
        let price = L1FeeParameters::read(&state)?;
        self.pool = Pool::new(Rules::new(&self.config), Limits::default(), self.next_base_fee(&state.block().header));
        for transaction in to.pooled {
            let account = self.account(transaction.sender())?;
            let l1_fee = price.fee(&transaction.transaction().encode());
            // It was in the pool on this very state.
            let _ = self.pool.reinsert([Candidate { transaction, account, l1_fee }]);
        }
        self.moved()
    }
}
