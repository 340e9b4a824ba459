//! Proving a withdrawal on L1, and listing the assertion for it where nobody has.

use crate::{
    Initiated, L1Sender, L2Node, Sent, WithdrawError,
    assertions::{Right, View},
    facts::Known,
    proof::prove_at,
    refusal::refusal,
    stage::{Provable, Stage},
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use gainsay_bindings::{Games, Portal, games::Games::State as ListedState};
use gainsay_l1::SendError;
use serde::Serialize;

/// What `prove` did or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Proven {
    /// It proved the withdrawal.
    Now {
        /// The proof.
        l1: Sent,
        /// Against which assertion.
        #[serde(flatten)]
        against: Provable,
        /// Transactions that listed assertions before.
        listed: Vec<Sent>,
    },
    /// It was proved already, by anybody, against an assertion that can be or is confirmed.
    Before {
        /// Who proved it.
        submitter: Address,
    },
    /// It is finalised already.
    Finalized,
}

impl L1Sender {
    /// Proves a withdrawal against the first right assertion that reaches it. Does nothing if it is proved already.
    ///
    /// # Errors
    /// When no such assertion is there yet, when the node's proof does not hold, and when L1 refuses.
    pub async fn prove(&mut self, node: &L2Node, started: &Initiated) -> Result<Proven, WithdrawError> {
        let known = self.bridge().known(node, started, Some(self.address())).await?;
        let left = |time: u64| time.saturating_sub(known.facts.now);
        match &known.stage {
            Stage::NotOnL1 => Err(WithdrawError::NotOnL1 { block: started.block }),
            Stage::WaitingForAssertion { possible_at } => {
                Err(WithdrawError::NoAssertion { node: node.url().to_owned(), block: started.block, left: possible_at.map(left) })
            }
            Stage::Proved { submitter, .. } | Stage::ReadyToFinalize { submitter, .. } => Ok(Proven::Before { submitter: *submitter }),
            Stage::Finalized { .. } | Stage::Replayable | Stage::Delivered { .. } => Ok(Proven::Finalized),
            Stage::ReadyToProve { against, .. } => self.prove_against(node, started, &known, *against).await,
        }
    }

    async fn prove_against(
        &mut self,
        node: &L2Node,
        started: &Initiated,
        known: &Known,
        against: Provable,
    ) -> Result<Proven, WithdrawError> {
        let nodes = known.path.as_ref().map(|path| path.nodes.as_slice()).unwrap_or_default();
        let place = nodes.iter().position(|node| node.id == against.assertion);
        let line = place.and_then(|place| nodes.get(..=place)).unwrap_or_default();
        let Some(target) = line.last() else { return Err(WithdrawError::NoEvent { assertion: against.assertion }) };
        // First what may fail without anything sent.
        let proof = prove_at(node, &started.withdrawal, &target.end).await?;
        let listed = self.list(line).await?;
        let index = View::new(self.bridge()).await?.game_index(target).await?;
        let call = Portal::proveWithdrawalTransactionCall {
            withdrawal: started.withdrawal.to_abi(),
            disputeGameIndex: index,
            outputRootProof: proof.output,
            withdrawalProof: proof.nodes,
        };
        let portal = self.bridge().network().contracts.portal;
        let receipt = self.send_checked("the proof", portal, call.abi_encode().into()).await?;
        Ok(Proven::Now { l1: Sent::of(&receipt), against, listed })
    }

    /// Lists what is not listed on a line from a confirmed assertion down to the one wanted. Of the line's first assertion nothing below needs a game, so
    /// it is listed only if it is the one wanted.
    async fn list(&mut self, line: &[Right]) -> Result<Vec<Sent>, WithdrawError> {
        let view = View::new(self.bridge()).await?;
        let mut missing = Vec::new();
        for right in line.iter().skip(usize::from(line.len() > 1)) {
            if !view.is_listed(right.id).await? {
                missing.push(*right);
            }
        }
        let games = self.bridge().network().contracts.games;
        let mut sent = Vec::new();
        for right in missing {
            let call = Games::listCall { parent: right.parent, end: listed_state(&right) };
            match self.send_checked("listing the assertion", games, call.abi_encode().into()).await {
                Ok(receipt) => sent.push(Sent::of(&receipt)),
                // Whoever else lists it does the same.
                Err(error) if !self.listed_meanwhile(right.id).await? => return Err(error),
                Err(_) => {}
            }
        }
        Ok(sent)
    }

    async fn listed_meanwhile(&self, id: B256) -> Result<bool, WithdrawError> {
        View::new(self.bridge()).await?.is_listed(id).await
    }

    /// Sends to L1, unless the contract would refuse: then its reason is told in words.
    pub(crate) async fn send_checked(
        &mut self,
        what: &'static str,
        to: Address,
        input: Bytes,
    ) -> Result<TransactionReceipt, WithdrawError> {
        self.check(what, to, input.clone()).await?;
        Ok(self.send(to, U256::ZERO, input).await?)
    }

    /// Refuses what the contract would refuse now.
    pub(crate) async fn check(&self, what: &'static str, to: Address, input: Bytes) -> Result<(), WithdrawError> {
        let now = self.bridge().now().await?;
        match refusal(self.bridge().client(), self.address(), to, input, now).await {
            Some(words) => Err(WithdrawError::Refused { what, words }),
            None => Ok(()),
        }
    }
}

fn listed_state(right: &Right) -> ListedState {
    ListedState {
        outputRoot: right.end.output_root,
        l2BlockNumber: right.end.l2_block_number,
        batchIndex: right.end.batch_index,
        batchOffset: right.end.batch_offset,
        depositIndex: right.end.deposit_index,
    }
}

/// Whether an error only says that the state on L1 has changed since it was read.
pub(crate) const fn is_stale(error: &WithdrawError) -> bool {
    matches!(
        error,
        WithdrawError::Refused { .. }
            | WithdrawError::Bridge(crate::BridgeError::Send(SendError::WouldRevert { .. } | SendError::Reverted { .. }))
    )
}
