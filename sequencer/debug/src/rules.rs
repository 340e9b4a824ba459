//! What this chain changes in Ethereum's handling of a transaction, for an EVM that is watched.
//!
//! INVARIANT: the rules are those of `gainsay-execute`, which lets nobody watch: what guests prove stays as small as it is. Tests trace every transaction
//! of random blocks and compare with what execution made of them, and each trace is compared with the receipt.

use crate::machine::Evm;
use alloy_primitives::U256;
use gainsay_execute::evm::{EvmError, Terms};
use gainsay_types::predeploys::{BASE_FEE_VAULT, L1_FEE_VAULT};
use revm::{
    DatabaseRef, Inspector,
    context::{Block as _, ContextTr, Transaction as _, result::HaltReason},
    context_interface::{JournalTr, journaled_state::account::JournaledAccountTr, result::InvalidTransaction},
    handler::{EvmTr, FrameResult, FrameTr, Handler, post_execution, pre_execution, validation},
    inspector::InspectorHandler,
    interpreter::{InitialAndFloorGas, interpreter::EthInterpreter},
};
use std::marker::PhantomData;

/// The handler that revm runs a transaction with.
pub(crate) struct Rules<D, I> {
    terms: Terms,
    evm: PhantomData<fn() -> (D, I)>,
}

impl<D, I> Rules<D, I> {
    pub(crate) const fn new(terms: Terms) -> Self {
        Self { terms, evm: PhantomData }
    }
}

impl<D: DatabaseRef, I> Handler for Rules<D, I> {
    type Evm = Evm<D, I>;
    type Error = EvmError<D::Error>;
    type HaltReason = HaltReason;

    fn validate_env(&self, evm: &mut Self::Evm) -> Result<(), Self::Error> {
        validation::validate_env(evm.ctx())
    }

    fn validate_against_state_and_deduct_caller(&self, evm: &mut Self::Evm, _: &mut InitialAndFloorGas) -> Result<(), Self::Error> {
        match self.terms {
            Terms::User { l1_fee } => charge(evm, l1_fee),
            Terms::Deposit { mint } => credit(evm, mint),
            Terms::Call | Terms::Ethereum => pre_execution::validate_against_state_and_deduct_caller(evm.ctx()),
        }
    }

    fn reimburse_caller(
        &self,
        evm: &mut Self::Evm,
        result: &mut <<Self::Evm as EvmTr>::Frame as FrameTr>::FrameResult,
    ) -> Result<(), Self::Error> {
        match self.terms {
            Terms::Deposit { .. } => Ok(()),
            Terms::User { .. } | Terms::Call | Terms::Ethereum => {
                post_execution::reimburse_caller(evm.ctx(), result.gas(), U256::ZERO).map_err(EvmError::Database)
            }
        }
    }

    fn reward_beneficiary(
        &self,
        evm: &mut Self::Evm,
        result: &mut <<Self::Evm as EvmTr>::Frame as FrameTr>::FrameResult,
    ) -> Result<(), Self::Error> {
        match self.terms {
            Terms::User { l1_fee } => pay_vaults(evm, result, l1_fee),
            Terms::Deposit { .. } => Ok(()),
            Terms::Call | Terms::Ethereum => post_execution::reward_beneficiary(evm.ctx(), result.gas()).map_err(EvmError::Database),
        }
    }
}

impl<D: DatabaseRef, I: Inspector<crate::machine::MachineContext<D>, EthInterpreter>> InspectorHandler for Rules<D, I> {
    type IT = EthInterpreter;
}

/// Takes gas at the highest price and the L1 fee from the sender, and bumps its nonce.
fn charge<D: DatabaseRef, I>(evm: &mut Evm<D, I>, l1_fee: U256) -> Result<(), EvmError<D::Error>> {
    let (block, tx, cfg, journal, _, _) = evm.ctx().all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller()).map_err(EvmError::Database)?.data;
    pre_execution::validate_account_nonce_and_code_with_components(&caller.account().info, tx, cfg)?;
    let balance = *caller.balance();
    let needed = tx.max_balance_spending()?.checked_add(l1_fee).ok_or(InvalidTransaction::OverflowPaymentInTransaction)?;
    if needed > balance {
        return Err(InvalidTransaction::LackOfFundForMaxFee { fee: needed.into(), balance: balance.into() }.into());
    }
    let price = tx.effective_gas_price(u128::from(block.basefee()));
    let gas_fee = U256::from(tx.gas_limit()).saturating_mul(U256::from(price));
    caller.set_balance(balance.saturating_sub(gas_fee).saturating_sub(l1_fee));
    if tx.kind().is_call() {
        // A creation bumps the nonce when its frame starts.
        caller.bump_nonce();
    }
    Ok(())
}

/// Mints to the sender of a deposit and bumps its nonce.
fn credit<D: DatabaseRef, I>(evm: &mut Evm<D, I>, mint: u128) -> Result<(), EvmError<D::Error>> {
    let (_, tx, _, journal, _, _) = evm.ctx().all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller()).map_err(EvmError::Database)?.data;
    caller.incr_balance(U256::from(mint));
    if tx.kind().is_call() {
        caller.bump_nonce();
    }
    Ok(())
}

/// Nothing is burned: base fee, priority fee and L1 fee each go to their vault.
fn pay_vaults<D: DatabaseRef, I>(evm: &mut Evm<D, I>, result: &FrameResult, l1_fee: U256) -> Result<(), EvmError<D::Error>> {
    let (block, tx, _, journal, _, _) = evm.ctx().all_mut();
    let gas = result.gas();
    let used = U256::from(gas.used().saturating_sub(gas.reservoir()));
    let base_fee = u128::from(block.basefee());
    let tip = tx.effective_gas_price(base_fee).saturating_sub(base_fee);
    let payments = [
        (BASE_FEE_VAULT, used.saturating_mul(U256::from(base_fee))),
        (block.beneficiary(), used.saturating_mul(U256::from(tip))),
        (L1_FEE_VAULT, l1_fee),
    ];
    for (vault, wei) in payments {
        if !wei.is_zero() {
            journal.load_account_mut(vault).map_err(EvmError::Database)?.data.incr_balance(wei);
        }
    }
    Ok(())
}
