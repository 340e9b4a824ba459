//! Reading what is known of a withdrawal.

use crate::{
    Bridge, Initiated, L2Node, WithdrawError, Withdrawal,
    assertions::{Path, PathEnd, View, safe_block},
    stage::{Delivery, Facts, Proof, Provable, Stage, Standing, stage},
    withdrawal::initiated,
};
use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use gainsay_bindings::{AssertionGame, L1CrossDomainMessenger, Portal, portal::Portal::WithdrawalFinalized};

/// Proofs of one withdrawal that are looked at, besides those of `first`: anyone can add one, and each has to be a right proof.
const MAX_PROOFS: u64 = 32;

/// A withdrawal with what is known of it.
#[derive(Clone, Debug)]
pub struct Known {
    /// What L1 and the L2 node say.
    pub facts: Facts,
    /// How far that is.
    pub stage: Stage,
    /// Right assertions, as far as they were needed.
    pub(crate) path: Option<Path>,
}

impl Bridge {
    /// The withdrawals that an L2 transaction started, in order.
    ///
    /// # Errors
    /// When the transaction is unknown or reverted, or started none.
    pub async fn withdrawals(&self, node: &L2Node, transaction: B256) -> Result<Vec<Initiated>, WithdrawError> {
        let missing = || WithdrawError::NoTransaction { node: node.url().to_owned(), transaction };
        let receipt = node.receipt(transaction).await?.ok_or_else(missing)?;
        if !receipt.succeeded() {
            return Err(WithdrawError::Reverted { transaction });
        }
        let found = initiated(transaction, receipt.block(), &receipt.logs);
        if found.is_empty() { Err(WithdrawError::NoWithdrawal { transaction }) } else { Ok(found) }
    }

    /// One of the withdrawals that an L2 transaction started; without an index, the only one.
    ///
    /// # Errors
    /// As [`Self::withdrawals`]; when there are several and none was chosen.
    pub async fn withdrawal(&self, node: &L2Node, transaction: B256, index: Option<usize>) -> Result<Initiated, WithdrawError> {
        choose(self.withdrawals(node, transaction).await?, transaction, index)
    }

    /// How far a withdrawal is. `first` is an account whose proof is looked at whatever others have made.
    ///
    /// # Errors
    /// When L1 or the node cannot be read, or contradict each other.
    pub async fn known(&self, node: &L2Node, started: &Initiated, first: Option<Address>) -> Result<Known, WithdrawError> {
        let mut view = View::new(self).await?;
        let withdrawal = &started.withdrawal;
        let hash = withdrawal.hash();
        let portal = self.network().contracts.portal;
        let mut facts = Facts {
            now: view.now(),
            l2_block: started.block,
            safe: safe_block(node).await?,
            provable: None,
            next_claim: None,
            maturity: self.network().withdrawals.proof_maturity_delay,
            proofs: Vec::new(),
            ether_missing: withdrawal.value.saturating_sub(self.client().balance(portal).await?),
            finalized: None,
            message: self.delivery(&view, withdrawal).await?,
        };
        let mut path = None;
        if view.read(portal, Portal::finalizedWithdrawalsCall { withdrawalHash: hash }).await? {
            let delivered = facts.message.is_some_and(|message| message.delivered || message.failed);
            facts.finalized = Some(if delivered { Some(true) } else { self.outcome(&view, started, node).await? });
        } else {
            path = Some(read_proofs(&mut view, node, hash, first, &mut facts).await?);
        }
        Ok(Known { stage: stage(&facts), facts, path })
    }

    async fn delivery(&self, view: &View<'_>, withdrawal: &Withdrawal) -> Result<Option<Delivery>, WithdrawError> {
        let messenger = self.network().contracts.messenger;
        let Some(message) = withdrawal.message(messenger) else { return Ok(None) };
        let hash = message.hash();
        let failed = view.read(messenger, L1CrossDomainMessenger::failedMessagesCall { msgHash: hash }).await?;
        let delivered = view.read(messenger, L1CrossDomainMessenger::successfulMessagesCall { msgHash: hash }).await?;
        Ok(Some(Delivery { failed, delivered }))
    }

    /// Whether the call of a finalised withdrawal succeeded.
    async fn outcome(&self, view: &View<'_>, started: &Initiated, node: &L2Node) -> Result<Option<bool>, WithdrawError> {
        let filter = Filter::new()
            .address(self.network().contracts.portal)
            .event_signature(WithdrawalFinalized::SIGNATURE_HASH)
            .topic1(started.withdrawal.hash());
        // L2's time may be ahead of L1's, by less than this.
        let time = node.block(started.block.into()).await?.timestamp().saturating_sub(3_600);
        let from = view.first_block_at(time).await?;
        let head = view.first_block_at(u64::MAX).await?;
        let logs = crate::logs_between(self.client(), &filter, from, head).await?;
        Ok(logs.iter().find_map(|log| WithdrawalFinalized::decode_log(&log.inner).ok()).map(|event| event.data.success))
    }

    /// Withdrawals that an account started, oldest first: itself, through the messenger, or through the bridge.
    ///
    /// # Errors
    /// When the node does not give its logs.
    pub async fn withdrawals_of(&self, node: &L2Node, account: Address) -> Result<Vec<Initiated>, WithdrawError> {
        let mut transactions: Vec<(u64, B256)> = Vec::new();
        for filter in crate::withdraw::filters_of(account) {
            let logs = node.logs(&filter).await?;
            transactions.extend(logs.iter().filter_map(|log| Some((log.block_number?, log.transaction_hash?))));
        }
        transactions.sort_unstable();
        transactions.dedup();
        let mut all = Vec::new();
        for (_, transaction) in transactions {
            all.extend(self.withdrawals(node, transaction).await?);
        }
        Ok(all)
    }
}

/// Reads the proofs, and the right path far enough to judge them and to make another.
async fn read_proofs(
    view: &mut View<'_>,
    node: &L2Node,
    hash: B256,
    first: Option<Address>,
    facts: &mut Facts,
) -> Result<Path, WithdrawError> {
    let mut found = Vec::new();
    let mut highest = facts.l2_block;
    for (submitter, proved_at, game) in submitted(view, hash, first).await? {
        let assertion = view.read(game, AssertionGame::assertionIdCall {}).await?;
        highest = highest.max(view.assertion(assertion).await?.l2BlockNumber);
        let (standing, ancestors) = view.standing(assertion).await?;
        found.push((Proof { submitter, proved_at, assertion, right: None, standing }, ancestors));
    }
    let path = view.path(node, highest).await?;
    for (mut proof, ancestors) in found {
        proof.right = if proof.standing == Standing::Confirmed { Some(true) } else { path.judge(&proof.assertion, &ancestors) };
        facts.proofs.push(proof);
    }
    facts.provable = path.reaching(facts.l2_block).map(|right| Provable { assertion: right.id, l2_block: right.end.l2_block_number });
    facts.next_claim = match path.end {
        PathEnd::Unclaimed { possible_at } => Some(possible_at),
        PathEnd::Reached | PathEnd::NotDerived => None,
    };
    Ok(path)
}

/// Who proved the withdrawal, when, and against which game.
async fn submitted(view: &View<'_>, hash: B256, first: Option<Address>) -> Result<Vec<(Address, u64, Address)>, WithdrawError> {
    let portal = view.bridge().network().contracts.portal;
    let count = view.read(portal, Portal::numProofSubmittersCall { withdrawalHash: hash }).await?;
    let mut submitters: Vec<Address> = first.into_iter().collect();
    for place in 0..u64::try_from(count).unwrap_or(u64::MAX).min(MAX_PROOFS) {
        let submitter = view.read(portal, Portal::proofSubmittersCall { withdrawalHash: hash, place: U256::from(place) }).await?;
        if !submitters.contains(&submitter) {
            submitters.push(submitter);
        }
    }
    let mut proofs = Vec::new();
    for submitter in submitters {
        let call = Portal::provenWithdrawalsCall { withdrawalHash: hash, proofSubmitter: submitter };
        let proof = view.read(portal, call).await?;
        if proof.timestamp != 0 {
            proofs.push((submitter, proof.timestamp, proof.disputeGameProxy));
        }
    }
    Ok(proofs)
}

/// The one with this index; without one, the only one.
fn choose(mut all: Vec<Initiated>, transaction: B256, index: Option<usize>) -> Result<Initiated, WithdrawError> {
    let count = all.len();
    match index {
        None if count > 1 => Err(WithdrawError::Several { transaction, count }),
        index => {
            let index = index.unwrap_or_default();
            if index < count { Ok(all.swap_remove(index)) } else { Err(WithdrawError::NoSuchIndex { transaction, count, index }) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn started(count: usize) -> Vec<Initiated> {
        let all = vectors::load().withdrawals.into_iter().take(count);
        all.map(|(withdrawal, ..)| Initiated { withdrawal, transaction: B256::ZERO, block: 1 }).collect()
    }

    #[test]
    fn of_several_withdrawals_one_has_to_be_chosen() {
        let all = started(3);
        assert_eq!(choose(started(1), B256::ZERO, None).expect("the only one"), all[0]);
        assert!(matches!(choose(started(3), B256::ZERO, None), Err(WithdrawError::Several { count: 3, .. })));
        assert_eq!(choose(started(3), B256::ZERO, Some(1)).expect("the second"), all[1]);
        assert!(matches!(choose(started(3), B256::ZERO, Some(3)), Err(WithdrawError::NoSuchIndex { index: 3, .. })));
    }
}
