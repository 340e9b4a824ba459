//! The state of a block that is still open: its transactions are executed again, as far as its builder has got.

use crate::{DebugError, World, machine::Machine, replay::evm_error};
use alloy_consensus::Header;
use alloy_primitives::Bytes;
use gainsay_execute::{
    L1FeeParameters,
    evm::{Terms, block_env, cfg_env, deposit_env, user_env},
};
use gainsay_store::StateReader;
use gainsay_types::{ChainConfig, RecoveredTransaction, predeploys::HISTORY_STORAGE};
use op_alloy_consensus::TxDeposit;
use revm::context::{BlockEnv, CfgEnv};

/// A block that is not stored, on the state after its parent. The builder holds its own state, and nobody else can look into it; this one is made of the same
/// transactions by the same rules, and can be handed to readers after any of them.
#[derive(Debug)]
pub struct OpenReplay {
    cfg: CfgEnv,
    block: BlockEnv,
    world: World<StateReader>,
    l1_fees: L1FeeParameters,
}

impl OpenReplay {
    /// The state at the start of a block, its deposits executed. `state` is that after the parent; of the header, number, time, fee recipient, gas limit, base
    /// fee and randomness count.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn begin(
        config: &ChainConfig,
        header: &Header,
        deposits: impl IntoIterator<Item = TxDeposit>,
        state: StateReader,
    ) -> Result<Self, DebugError> {
        let parent = state.block().header.hash();
        let (cfg, block) = (cfg_env(config), block_env(header));
        let mut machine = Machine::new(cfg.clone(), block.clone(), World::new(state), ());
        machine.system_call(HISTORY_STORAGE, Bytes::copy_from_slice(parent.as_slice())).map_err(evm_error)?;
        for deposit in deposits {
            let tx = deposit_env(&deposit);
            let executed = machine.execute(tx.clone(), Terms::Deposit { mint: deposit.mint });
            let executed = machine.settle_deposit(executed, &tx, deposit.mint).map_err(evm_error)?;
            machine.commit(executed.state)?;
        }
        let ((), world) = machine.into_parts();
        let l1_fees = L1FeeParameters::read(&world)?;
        Ok(Self { cfg, block, world, l1_fees })
    }

    /// Executes transactions that the builder has executed next, in its order.
    ///
    /// # Errors
    /// When the state cannot be read, or a transaction cannot be executed, which would be a defect: the builder has.
    pub fn advance<'t>(self, transactions: impl IntoIterator<Item = &'t RecoveredTransaction>) -> Result<Self, DebugError> {
        let Self { cfg, block, world, l1_fees } = self;
        let mut machine = Machine::new(cfg.clone(), block.clone(), world, ());
        for transaction in transactions {
            let l1_fee = l1_fees.fee(&transaction.transaction().encode());
            let executed = machine.execute(user_env(transaction), Terms::User { l1_fee }).map_err(evm_error)?;
            machine.commit(executed.state)?;
        }
        let ((), world) = machine.into_parts();
        Ok(Self { cfg, block, world, l1_fees })
    }

    /// The state now. What is executed later does not change it.
    #[must_use]
    pub fn state(&self) -> World<StateReader> {
        self.world.clone()
    }
}
