//! Finalising a withdrawal on L1, and confirming what its proof needs where nobody has.

use crate::{
    Initiated, L1Sender, L2Node, Sent, WithdrawError,
    assertions::View,
    prove::is_stale,
    stage::{Hindrance, Stage},
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{TransactionInput, TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use gainsay_bindings::{Portal, Rollup};
use gainsay_l1::{MAX_TRANSACTION_GAS, TxRequest};
use serde::Serialize;

/// Gas beyond an estimate: the estimate finds the least with which the Portal does not revert, and the withdrawal's own call may use more than it asked for.
const SPARE_GAS: u64 = 250_000;

/// What `finalize` did and where the withdrawal is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finalized {
    /// The transaction that paid; none if it was finalised before.
    pub l1: Option<Sent>,
    /// Transactions that confirmed assertions before.
    pub confirmed: Vec<Sent>,
    /// Where it is now.
    #[serde(flatten)]
    pub stage: Stage,
}

impl L1Sender {
    /// Finalises a withdrawal by whoever's proof pays first. Does nothing if it is finalised already.
    ///
    /// # Errors
    /// When it is not proved, when it is too early, and when L1 refuses.
    pub async fn finalize(&mut self, node: &L2Node, started: &Initiated) -> Result<Finalized, WithdrawError> {
        let known = self.bridge().known(node, started, Some(self.address())).await?;
        let transaction = started.transaction;
        match known.stage {
            stage @ (Stage::Finalized { .. } | Stage::Replayable | Stage::Delivered { .. }) => {
                Ok(Finalized { l1: None, confirmed: Vec::new(), stage })
            }
            Stage::NotOnL1 | Stage::WaitingForAssertion { .. } | Stage::ReadyToProve { again: false, .. } => {
                Err(WithdrawError::Unproven { transaction })
            }
            Stage::ReadyToProve { again: true, .. } => Err(WithdrawError::ProofLost { transaction }),
            Stage::Proved { ready_at, hindrance, .. } => {
                let left = ready_at.saturating_sub(known.facts.now);
                Err(match hindrance {
                    Some(Hindrance::Disputed) => WithdrawError::Disputed { left },
                    Some(Hindrance::Unstaked) => WithdrawError::Unstaked,
                    None => WithdrawError::TooEarly { left },
                })
            }
            Stage::ReadyToFinalize { submitter, confirm, .. } => self.pay(node, started, submitter, &confirm).await,
        }
    }

    async fn pay(&mut self, node: &L2Node, started: &Initiated, by: Address, confirm: &[B256]) -> Result<Finalized, WithdrawError> {
        let mut confirmed = Vec::new();
        for id in confirm {
            confirmed.extend(self.confirm(*id).await?);
        }
        let call = Portal::finalizeWithdrawalTransactionExternalProofCall { withdrawal: started.withdrawal.to_abi(), proofSubmitter: by };
        let portal = self.bridge().network().contracts.portal;
        let sent = self.send_with_spare_gas("finalising", portal, call.abi_encode().into()).await;
        let l1 = match sent {
            Ok(receipt) => Some(Sent::of(&receipt)),
            // Anyone may have been faster.
            Err(error) if is_stale(&error) => {
                let hash = started.withdrawal.hash();
                let done = self.bridge().read(portal, Portal::finalizedWithdrawalsCall { withdrawalHash: hash }).await?;
                if !done {
                    return Err(error);
                }
                None
            }
            Err(error) => return Err(error),
        };
        let stage = self.bridge().known(node, started, None).await?.stage;
        Ok(Finalized { l1, confirmed, stage })
    }

    /// Confirms an assertion; none if it is confirmed already.
    async fn confirm(&mut self, id: B256) -> Result<Option<Sent>, WithdrawError> {
        let rollup = self.bridge().network().contracts.rollup;
        let sent = self.send_checked("confirming the assertion", rollup, Rollup::confirmCall { id }.abi_encode().into()).await;
        match sent {
            Ok(receipt) => Ok(Some(Sent::of(&receipt))),
            // Anyone may have been faster, and the challenger usually is.
            Err(error) if is_stale(&error) => {
                let confirmed = View::new(self.bridge()).await?.assertion(id).await?.confirmed;
                if confirmed { Ok(None) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn send_with_spare_gas(&mut self, what: &'static str, to: Address, input: Bytes) -> Result<TransactionReceipt, WithdrawError> {
        self.check(what, to, input.clone()).await?;
        let call = TransactionRequest::default().from(self.address()).to(to).input(TransactionInput::both(input.clone()));
        let estimate: U256 = self.bridge().client().request("eth_estimateGas", (call,)).await?;
        let estimate = u64::try_from(estimate).unwrap_or(MAX_TRANSACTION_GAS);
        let gas = estimate.saturating_add((estimate / 4).max(SPARE_GAS)).min(MAX_TRANSACTION_GAS.max(estimate));
        Ok(self.send_request(TxRequest { to, input, gas_limit: Some(gas), ..TxRequest::default() }).await?)
    }
}
