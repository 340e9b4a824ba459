//! The one place that builds the EVM, and the rules of this chain on top of Ethereum's: where fees go, and what deposits may do.

mod environment;
mod rules;

pub use environment::{DEPOSIT_TYPE, block_env, cfg_env, deposit_env, user_env};
pub use rules::Terms;

use crate::{StateChanges, overlay::Overlay};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use revm::{
    Database, DatabaseRef,
    context::{BlockEnv, CfgEnv, Context, ContextSetters, ContextTr, Journal, TxEnv},
    context_interface::{
        JournalTr,
        journaled_state::account::JournaledAccountTr,
        result::{EVMError, ExecutionResult, InvalidTransaction},
    },
    handler::{Handler, MainBuilder, MainnetEvm},
};
use rules::Rules;

/// Caller of system calls (EIP-4788, EIP-2935).
pub const SYSTEM_ADDRESS: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
/// Gas of a system call; it is not counted in the block.
pub const SYSTEM_CALL_GAS: u64 = 30_000_000;

type EvmContext<DB> = Context<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ()>;
type Evm<DB> = MainnetEvm<EvmContext<DB>>;

/// Why the EVM gives no result: the transaction is invalid, or the database failed.
pub type EvmError<E> = EVMError<E, InvalidTransaction>;

/// An EVM over a database and the changes of the transactions so far.
pub struct Machine<DB: DatabaseRef> {
    evm: Evm<Overlay<DB>>,
}

impl<DB: DatabaseRef> core::fmt::Debug for Machine<DB> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Machine").field("block", &self.evm.ctx.block).finish_non_exhaustive()
    }
}

impl<DB: DatabaseRef> Machine<DB> {
    /// An EVM with the given rules and block.
    pub fn new(cfg: CfgEnv, block: BlockEnv, db: DB) -> Self {
        let context: EvmContext<Overlay<DB>> = Context::new(Overlay::new(db), cfg.spec);
        Self { evm: context.with_cfg(cfg).with_block(block).build_mainnet() }
    }

    /// Makes the hash of a block known that the database may not have yet.
    pub fn set_block_hash(&mut self, number: u64, hash: B256) {
        self.evm.ctx.db_mut().set_block_hash(number, hash);
    }

    /// Executes a transaction and keeps what it changed. After an error nothing has changed.
    ///
    /// # Errors
    /// When the transaction cannot be executed, or the database fails.
    pub fn transact(&mut self, tx: TxEnv, terms: Terms) -> Result<ExecutionResult, EvmError<DB::Error>> {
        let result = self.run(tx, terms);
        self.settle(result.is_ok());
        result
    }

    /// Executes a deposit. Whatever fails: the mint and the nonce bump stay, nothing else changes, and `None` is returned.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn deposit(&mut self, tx: TxEnv, mint: u128) -> Result<Option<ExecutionResult>, EvmError<DB::Error>> {
        let from = tx.caller;
        let result = match self.run(tx, Terms::Deposit { mint }) {
            Err(EVMError::Database(error)) => {
                self.settle(false);
                return Err(EVMError::Database(error));
            }
            Err(_) => None,
            Ok(result) => Some(result).filter(ExecutionResult::is_success),
        };
        self.settle(result.is_some());
        if result.is_none() {
            self.mint(from, mint)?;
        }
        Ok(result)
    }

    /// A system call: no fee, no nonce, no receipt. Its failure changes nothing and is no error.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn system_call(&mut self, contract: Address, data: Bytes) -> Result<(), EvmError<DB::Error>> {
        self.evm.ctx.set_tx(TxEnv {
            caller: SYSTEM_ADDRESS,
            gas_limit: SYSTEM_CALL_GAS,
            gas_price: 0,
            kind: TxKind::Call(contract),
            data,
            ..TxEnv::default()
        });
        let result = Rules::new(Terms::Call).run_system_call(&mut self.evm);
        let result = self.without_pending_error(result);
        self.settle(matches!(&result, Ok(result) if result.is_success()));
        match result {
            Err(EVMError::Database(error)) => Err(EVMError::Database(error)),
            _ => Ok(()),
        }
    }

    /// Nonce of an account, 0 if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn nonce(&mut self, address: Address) -> Result<u64, DB::Error> {
        Ok(self.evm.ctx.db_mut().basic(address)?.map_or(0, |info| info.nonce))
    }

    /// Value of a slot.
    ///
    /// # Errors
    /// When the database fails.
    pub fn storage(&mut self, address: Address, slot: U256) -> Result<U256, DB::Error> {
        let db = self.evm.ctx.db_mut();
        db.basic(address)?;
        db.storage(address, slot)
    }

    /// What all transactions changed together.
    pub fn into_changes(self) -> StateChanges {
        self.evm.ctx.journaled_state.database.into_changes()
    }

    fn run(&mut self, tx: TxEnv, terms: Terms) -> Result<ExecutionResult, EvmError<DB::Error>> {
        self.evm.ctx.set_tx(tx);
        let result = Rules::new(terms).run(&mut self.evm);
        self.without_pending_error(result)
    }

    /// The host notes a failed read for the interpreter to find. What it has not found must neither pass for success nor for a failure of
    /// the next transaction.
    fn without_pending_error(
        &mut self,
        result: Result<ExecutionResult, EvmError<DB::Error>>,
    ) -> Result<ExecutionResult, EvmError<DB::Error>> {
        let pending = core::mem::replace(self.evm.ctx.error(), Ok(()));
        let result = result?;
        pending?;
        Ok(result)
    }

    /// Empties the journal: into the overlay, or into nothing.
    fn settle(&mut self, keep: bool) {
        let state = self.evm.ctx.journal_mut().finalize();
        if keep {
            self.evm.ctx.db_mut().commit(state);
        }
    }

    fn mint(&mut self, to: Address, mint: u128) -> Result<(), EvmError<DB::Error>> {
        let journal = self.evm.ctx.journal_mut();
        let mut account = journal.load_account_mut(to).map_err(EVMError::Database)?.data;
        account.incr_balance(U256::from(mint));
        account.bump_nonce();
        self.settle(true);
        Ok(())
    }
}
