//! What this chain changes in Ethereum's handling of a transaction.

use super::{Evm, EvmError};
use alloy_primitives::U256;
use core::marker::PhantomData;
use gainsay_types::predeploys::{BASE_FEE_VAULT, L1_FEE_VAULT};
use revm::{
    Database,
    context::{Block as _, Cfg, ContextTr, Transaction as _, TransactionType, result::HaltReason},
    context_interface::{
        JournalTr,
        journaled_state::account::JournaledAccountTr,
        result::{InvalidHeader, InvalidTransaction},
    },
    handler::{EvmTr, FrameResult, FrameTr, Handler, post_execution, pre_execution, validation},
    interpreter::InitialAndFloorGas,
};

/// On which terms a message is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// A user transaction. Base fee and L1 fee go to their vaults, the priority fee to the block's beneficiary.
    User {
        /// Price of its data on L1, wei.
        l1_fee: U256,
    },
    /// A deposit from L1: it mints, pays nothing, and is checked for nothing but its gas.
    Deposit {
        /// Wei created.
        mint: u128,
    },
    /// A simulated call: no signature, hence no check of nonce and code, and no L1 fee; a fee of zero is not compared to the base fee.
    Call,
    /// A transaction on Ethereum itself: the base fee is burned. For Ethereum's own test suites.
    Ethereum,
}

/// The handler that revm runs a transaction with.
pub(super) struct Rules<DB> {
    terms: Terms,
    database: PhantomData<fn() -> DB>,
}

impl<DB> Rules<DB> {
    pub(super) const fn new(terms: Terms) -> Self {
        Self { terms, database: PhantomData }
    }
}

impl<DB: Database> Handler for Rules<DB> {
    type Evm = Evm<DB>;
    type Error = EvmError<DB::Error>;
    type HaltReason = HaltReason;

    fn validate_env(&self, evm: &mut Self::Evm) -> Result<(), Self::Error> {
        match self.terms {
            Terms::Call => validate_call(evm),
            Terms::User { .. } | Terms::Deposit { .. } | Terms::Ethereum => validation::validate_env(evm.ctx()),
        }
    }

    fn validate_against_state_and_deduct_caller(&self, evm: &mut Self::Evm, _: &mut InitialAndFloorGas) -> Result<(), Self::Error> {
        match self.terms {
            Terms::User { l1_fee } => charge(evm, l1_fee, true),
            Terms::Call => charge(evm, U256::ZERO, false),
            Terms::Deposit { mint } => credit(evm, mint),
            Terms::Ethereum => pre_execution::validate_against_state_and_deduct_caller(evm.ctx()),
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
                post_execution::reimburse_caller(evm.ctx(), result.gas(), U256::ZERO).map_err(Self::Error::Database)
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
            Terms::Call => pay_vaults(evm, result, U256::ZERO),
            Terms::Deposit { .. } => Ok(()),
            Terms::Ethereum => post_execution::reward_beneficiary(evm.ctx(), result.gas()).map_err(Self::Error::Database),
        }
    }
}

/// Takes the fees from the caller and bumps its nonce. With `strict`, nonce and code are checked first.
fn charge<DB: Database>(evm: &mut Evm<DB>, l1_fee: U256, strict: bool) -> Result<(), EvmError<DB::Error>> {
    let (block, tx, cfg, journal, _, _) = evm.ctx().all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller()).map_err(EvmError::Database)?.data;
    if strict {
        pre_execution::validate_account_nonce_and_code_with_components(&caller.account().info, tx, cfg)?;
    }
    let balance = *caller.balance();
    let needed = tx.max_balance_spending()?.checked_add(l1_fee).ok_or(InvalidTransaction::OverflowPaymentInTransaction)?;
    if needed > balance {
        return Err(InvalidTransaction::LackOfFundForMaxFee { fee: needed.into(), balance: balance.into() }.into());
    }
    // At most `max_balance_spending`, which was just compared to the balance. The value itself moves later.
    let gas_fee = U256::from(tx.gas_limit()).saturating_mul(U256::from(tx.effective_gas_price(u128::from(block.basefee()))));
    caller.set_balance(balance.saturating_sub(gas_fee).saturating_sub(l1_fee));
    if tx.kind().is_call() {
        // A creation bumps the nonce when its frame starts.
        caller.bump_nonce();
    }
    Ok(())
}

/// Mints to the sender of a deposit and bumps its nonce.
fn credit<DB: Database>(evm: &mut Evm<DB>, mint: u128) -> Result<(), EvmError<DB::Error>> {
    let (_, tx, _, journal, _, _) = evm.ctx().all_mut();
    let mut caller = journal.load_account_with_code_mut(tx.caller()).map_err(EvmError::Database)?.data;
    caller.incr_balance(U256::from(mint));
    if tx.kind().is_call() {
        caller.bump_nonce();
    }
    Ok(())
}

/// What is checked of a simulated call before it touches the state: as geth does, neither EIP-7825's cap nor the block's gas limit.
fn validate_call<DB: Database>(evm: &mut Evm<DB>) -> Result<(), EvmError<DB::Error>> {
    let (block, tx, cfg, _, _, _) = evm.ctx().all_mut();
    if block.prevrandao().is_none() {
        return Err(InvalidHeader::PrevrandaoNotSet.into());
    }
    if tx.max_fee_per_gas() != 0 {
        let tip = tx.max_priority_fee_per_gas().unwrap_or_default();
        validation::validate_priority_fee_tx(tx.max_fee_per_gas(), tip, Some(u128::from(block.basefee())), false)?;
    }
    if tx.tx_type() == u8::from(TransactionType::Eip7702) && tx.authorization_list_len() == 0 {
        return Err(InvalidTransaction::EmptyAuthorizationList.into());
    }
    if tx.kind().is_create() && tx.input().len() > cfg.max_initcode_size() {
        return Err(InvalidTransaction::CreateInitCodeSizeLimit.into());
    }
    Ok(())
}

/// Nothing is burned: base fee, priority fee and L1 fee each go to their vault.
fn pay_vaults<DB: Database>(evm: &mut Evm<DB>, result: &FrameResult, l1_fee: U256) -> Result<(), EvmError<DB::Error>> {
    let (block, tx, _, journal, _, _) = evm.ctx().all_mut();
    let gas = result.gas();
    let used = U256::from(gas.used().saturating_sub(gas.reservoir()));
    let price = tx.effective_gas_price(u128::from(block.basefee()));
    // A simulated call may pay less than the base fee, that is nothing.
    let base_fee = price.min(u128::from(block.basefee()));
    let payments = [
        (BASE_FEE_VAULT, used.saturating_mul(U256::from(base_fee))),
        (block.beneficiary(), used.saturating_mul(U256::from(price.saturating_sub(base_fee)))),
        (L1_FEE_VAULT, l1_fee),
    ];
    for (vault, wei) in payments {
        if !wei.is_zero() {
            journal.load_account_mut(vault).map_err(EvmError::Database)?.data.incr_balance(wei);
        }
    }
    Ok(())
}
