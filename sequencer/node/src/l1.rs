//! L1 as this node's RPC tells of it: what was read last of inbox, assertions and disputes.

use alloy::primitives::B256;
use gainsay_derive::MAX_AHEAD;
use gainsay_game::{assertions::Assertion as Claimed, ledger::Ledger, matches::MatchView};
use gainsay_l1::{L1Block, Network};
use gainsay_rpc::{Assertion, BlockRef, ClaimsRead, Deployment, Dispute, L1Heads, L1Progress, L1View};
use gainsay_shell::follow::{InboxView, RollupView};
use std::sync::Arc;
use tokio::sync::watch;

/// What the tasks that read L1 publish.
pub(crate) struct Watched {
    deployment: Deployment,
    /// Seconds that a mover has at least.
    extension: u64,
    inbox: watch::Receiver<InboxView>,
    rollup: watch::Receiver<RollupView>,
}

impl Watched {
    pub(crate) fn new(network: &Network, inbox: watch::Receiver<InboxView>, rollup: watch::Receiver<RollupView>) -> Self {
        let deployment = Deployment {
            l1_chain_id: network.l1_chain_id,
            l1_block: BlockRef { number: network.deployed_at_block, hash: network.deployed_at_hash.unwrap_or_default() },
            inbox: network.contracts.inbox,
            portal: network.contracts.portal,
            batcher: network.inbox.sequencer,
            max_ahead: MAX_AHEAD,
        };
        Self { deployment, extension: network.rollup.extension, inbox, rollup }
    }

    /// The ledger is shared, so that nobody who publishes waits for whoever reads.
    fn ledger(&self) -> Arc<Ledger> {
        self.rollup.borrow().ledger.clone()
    }
}

impl L1View for Watched {
    fn progress(&self) -> L1Progress {
        let view = *self.inbox.borrow();
        L1Progress { highest: view.heads.map(|heads| heads.latest.number), caught_up: view.caught_up }
    }

    fn heads(&self) -> Option<L1Heads> {
        let heads = self.inbox.borrow().heads?;
        Some(L1Heads { latest: block(heads.latest), safe: block(heads.safe), finalized: block(heads.finalized) })
    }

    fn deployment(&self) -> Deployment {
        self.deployment
    }

    fn claims_read(&self) -> ClaimsRead {
        let view = self.rollup.borrow();
        let l1_block = BlockRef { number: view.read, hash: view.read_hash };
        ClaimsRead { l1_block, caught_up: view.caught_up, assertions: view.ledger.assertions().iter().count() as u64 }
    }

    fn assertions(&self, from: u64, most: usize) -> Vec<Assertion> {
        let ledger = self.ledger();
        let place = usize::try_from(from).unwrap_or(usize::MAX);
        let found = ledger.assertions().iter().enumerate().skip(place).take(most);
        found.map(|(index, claimed)| assertion(&ledger, index, claimed)).collect()
    }

    fn assertion(&self, id: &B256) -> Option<Assertion> {
        let ledger = self.ledger();
        ledger.assertions().get(id)?;
        let (index, claimed) = ledger.assertions().iter().enumerate().find(|(_, claimed)| claimed.id == *id)?;
        Some(assertion(&ledger, index, claimed))
    }

    fn latest_confirmed(&self) -> Option<B256> {
        self.ledger().assertions().latest_confirmed().map(|claimed| claimed.id)
    }

    fn disputes(&self, after: Option<&B256>, most: usize) -> Vec<Dispute> {
        let ledger = self.ledger();
        let mut found: Vec<_> = ledger.matches().filter(|found| after.is_none_or(|after| found.id > *after)).collect();
        found.sort_unstable_by_key(|found| found.id);
        found.truncate(most);
        found.into_iter().map(|found| dispute(found, self.extension)).collect()
    }

    fn dispute(&self, id: &B256) -> Option<Dispute> {
        self.ledger().match_by_id(id).map(|found| dispute(found, self.extension))
    }
}

fn block(block: L1Block) -> gainsay_store::L1Block {
    gainsay_store::L1Block { number: block.number, hash: block.hash, parent_hash: block.parent_hash, timestamp: block.timestamp }
}

fn assertion(ledger: &Ledger, index: usize, claimed: &Claimed) -> Assertion {
    Assertion {
        index: index as u64,
        id: claimed.id,
        parent: claimed.parent,
        end: claimed.end,
        target: claimed.target,
        inputs_hash: claimed.inputs_hash,
        l1_block_number: claimed.l1_number,
        l1_block_timestamp: claimed.l1_time,
        confirmed_in: claimed.confirmed_in,
        children: ledger.assertions().children(claimed.id).map(|child| child.id).collect(),
        stakes: ledger.live(&claimed.id) as u64,
        listed: ledger.listed(&claimed.id),
    }
}

fn dispute(found: &MatchView, extension: u64) -> Dispute {
    Dispute {
        id: found.id,
        fork: found.fork,
        mover: found.state.mover,
        mover_assertion: found.state.moverNode,
        rival: found.state.rival,
        rival_assertion: found.state.rivalNode,
        round: found.round().into(),
        deadline: found.deadline(extension),
        winner: found.outcome.map(|outcome| outcome.winner),
        by_clock: found.outcome.is_some_and(|outcome| outcome.by_clock),
    }
}
