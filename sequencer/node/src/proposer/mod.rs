//! The task that claims results on L1, with its own key and one stake, and confirms what may be confirmed.
//!
//! Each round decides anew from L1 and the chain, so a restart needs nothing and an L1 reorganisation nothing special: every claim names
//! the hash of what it was computed from, and reverts where L1 has something else.

mod core;
mod settled;

pub use self::core::{Decision, Idle, NextClaim, OwnChain, OwnStake, decide};
pub use settled::Settled;

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::Rollup::{self, Claim, State as AbiState};
use gainsay_l1::{L1Client, L1Error, Recovery, RollupSettings, SendError, TransactionManager, TxRequest};
use gainsay_shell::{chain::ChainOwner, follow::RollupView, owner::Stopped};
use gainsay_types::State;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Wait after a failure of L1.
const RETRY: Duration = Duration::from_secs(2);
/// How long what was sent may take to be read back.
const READ_BACK: Duration = Duration::from_secs(60);
/// `StakeStatus.Live` in the contract.
const LIVE: u8 = 1;

/// Claims that cannot be made any more.
#[derive(Debug, thiserror::Error)]
pub enum ProposerError {
    /// Sending.
    #[error("claims cannot be made: {source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// Reading L1.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
    },
    /// The process is stopping.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

/// What the task works with.
pub struct Proposer {
    /// The chain.
    pub chain: ChainOwner,
    /// L1.
    pub client: L1Client,
    /// Sends with the proposer's key.
    pub manager: TransactionManager,
    /// The Rollup.
    pub rollup: Address,
    /// Its parameters.
    pub settings: RollupSettings,
    /// The assertions on L1.
    pub view: watch::Receiver<RollupView>,
    /// L1 blocks on top of a batch before its result is claimed.
    pub confirmations: u64,
}

impl Proposer {
    /// Claims and confirms until `stop`.
    ///
    /// # Errors
    /// When the key has too little ether, or L1 is not the chain that it was.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), ProposerError> {
        loop {
            let round = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                round = self.round() => round,
            };
            let wait = match round {
                Ok(()) => Duration::ZERO,
                Err(error) => survive(error)?,
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = async {
                    tokio::time::sleep(wait).await;
                    if self.view.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                } => {}
            }
        }
    }

    async fn round(&mut self) -> Result<(), ProposerError> {
        let view = self.view.borrow_and_update().clone();
        let (true, Some(heads)) = (view.caught_up, view.heads) else { return Ok(()) };
        let stake = self.own_stake().await?;
        let (settings, confirmations) = (self.settings, self.confirmations);
        let decision = self
            .chain
            .with(move |core| {
                let own = Settled { chain: &core.chain, confirmations };
                decide(&view.assertions, stake, &own, heads.latest.timestamp, settings.assertion_period, settings.challenge_window)
            })
            .await?;
        match decision {
            Decision::Wait(idle) => {
                match idle {
                    Idle::OwnTipFalse | Idle::OtherInputs => tracing::error!(reason = %idle, "no claim is made"),
                    _ => tracing::debug!(reason = %idle, "no claim to make"),
                }
                Ok(())
            }
            Decision::Confirm(id) => {
                if !self.allowed(Rollup::checkConfirmCall { id }).await? {
                    return Ok(());
                }
                self.send("assertion confirmed", U256::ZERO, Rollup::confirmCall { id }).await?;
                metrics::counter!("gainsay_assertions_confirmed_here").increment(1);
                Ok(())
            }
            Decision::Stake(next) => {
                let (parent, claims) = (next.parent, vec![claim(&next)]);
                if self.may_claim(&next).await? {
                    self.send("stake placed", self.settings.bond, Rollup::stakeCall { parent, claims }).await?;
                    claimed(&next);
                }
                Ok(())
            }
            Decision::Advance(stake, next) => {
                if self.may_claim(&next).await? {
                    self.send("stake advanced", U256::ZERO, Rollup::advanceCall { stakeId: stake, claims: vec![claim(&next)] }).await?;
                    claimed(&next);
                }
                Ok(())
            }
            Decision::Withdraw(stake) => self.leave(stake).await,
        }
    }

    /// Takes the bond back, to be staked again.
    async fn leave(&mut self, stake: U256) -> Result<(), ProposerError> {
        self.send("stake withdrawn", U256::ZERO, Rollup::withdrawCall { stakeId: stake }).await?;
        let to = self.manager.address();
        self.send("bond paid out", U256::ZERO, Rollup::claimCall { to }).await
    }

    /// The newest stake of the own key, if it is live.
    async fn own_stake(&self) -> Result<Option<OwnStake>, ProposerError> {
        let owner = self.manager.address();
        let next = self.client.read(self.rollup, Rollup::nextStakeIdCall { owner }, BlockId::latest()).await?;
        // owner 20 ‖ nonce 12: with a nonce of 0 there is no stake yet.
        if next << 160 == U256::ZERO {
            return Ok(None);
        }
        let id = next - U256::from(1);
        let found = self.client.read(self.rollup, Rollup::stakeOfCall { stakeId: id }, BlockId::latest()).await?;
        Ok((found.status == LIVE).then_some(OwnStake { id, tip: found.tip }))
    }

    async fn may_claim(&self, next: &NextClaim) -> Result<bool, ProposerError> {
        self.allowed(Rollup::checkClaimCall { parent: next.parent, next: claim(next) }).await
    }

    /// Whether L1 would take it now. A refusal is no failure: the rules of time and of rivals are L1's.
    async fn allowed<C: SolCall>(&self, call: C) -> Result<bool, ProposerError> {
        match self.client.call(self.rollup, Bytes::from(call.abi_encode()), BlockId::latest()).await {
            Ok(_) => Ok(true),
            Err(L1Error::Reverted { reason, .. }) => {
                tracing::debug!(%reason, "L1 would not take it yet");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends, and waits until the assertions are read up to the block that includes it.
    async fn send<C: SolCall>(&mut self, what: &'static str, value: U256, call: C) -> Result<(), ProposerError> {
        let request = TxRequest { to: self.rollup, input: call.abi_encode().into(), value, ..TxRequest::default() };
        let receipt = self.manager.send(request).await?;
        let l1_block = receipt.block_number.unwrap_or_default();
        tracing::info!(what, l1_block, gas = receipt.gas_used, transaction = %receipt.transaction_hash, "claimed on L1");
        let read_back = self.view.wait_for(|view| view.read >= l1_block);
        if tokio::time::timeout(READ_BACK, read_back).await.is_err() {
            tracing::warn!(l1_block, "what was claimed is not read back from L1 yet");
        }
        Ok(())
    }
}

fn claim(next: &NextClaim) -> Claim {
    Claim { inputsHash: next.inputs_hash, end: abi_state(&next.end) }
}

const fn abi_state(state: &State) -> AbiState {
    AbiState {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}

fn claimed(next: &NextClaim) {
    let (block, batch) = (next.end.l2_block_number, next.end.batch_index);
    tracing::info!(assertion = %next.id, block, batch, "state claimed");
    metrics::counter!("gainsay_claims").increment(1);
    metrics::gauge!("gainsay_claimed_block").set(block as f64);
}

/// Waits out what may go away; passes on what will not.
fn survive(error: ProposerError) -> Result<Duration, ProposerError> {
    let recovery = match &error {
        ProposerError::Send { source } => source.recovery(),
        ProposerError::L1 { source } => source.recovery(),
        ProposerError::Stopped { .. } => Recovery::Stop,
    };
    if recovery == Recovery::Stop {
        return Err(error);
    }
    tracing::warn!(%error, "no claim was made, trying again from what L1 has");
    metrics::counter!("gainsay_claim_failures").increment(1);
    Ok(RETRY)
}
