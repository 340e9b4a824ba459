//! L1 with the real contracts, in this process: their committed bytecode on revm, with block number and time in the hands of the test.

mod params;
mod send;
#[cfg(test)]
mod tests;

pub use params::PROOF_MATURITY;
pub use send::{Done, Sent};

use alloy::{
    consensus::constants::ETH_TO_WEI,
    primitives::{Address, B256, Bytes, LogData, TxKind, U256, keccak256},
    rpc::types::Log,
    sol_types::{SolCall, SolConstructor},
};
use gainsay_bindings::{Games, Inbox, L1CrossDomainMessenger, L1StandardBridge, Matches, Portal, PreimageOracle, Rollup, StepVerifier};
use gainsay_game::settings::Settings;
use gainsay_l1::{EventFault, FollowConfig, InboxCursor, L1Block, L1Event, revert::describe};
use gainsay_types::State;
use params::{inbox_params, rollup_params};
use revm::{
    Context, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm, SystemCallEvm,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    database::{CacheDB, EmptyDB},
    handler::MainnetContext,
    primitives::hardfork::SpecId,
    state::AccountInfo,
};

/// Deploys, appends batches, and asks: the sequencer.
pub const OPERATOR: Address = Address::repeat_byte(0x0f);
/// Enough for the oracle's constructor, which tries every precompile.
const GAS: u64 = 30_000_000;
/// Gas limit of L2's blocks, which bounds deposits.
pub const L2_GAS_LIMIT: u64 = 30_000_000;

/// Why L1 did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The contract reverted.
    #[error("{reason}")]
    Refused {
        /// Its custom error with the arguments, as [`describe`] gives it.
        reason: String,
    },
    /// It ran out of gas, or did what the EVM forbids.
    #[error("a contract halted ({reason:?}): the committed artifacts are wrong, build them again")]
    Halted {
        /// Why.
        reason: HaltReason,
    },
    /// The EVM could not run it, or the contract answered what its ABI does not allow.
    #[error("the contracts could not be run: {reason}")]
    Evm {
        /// What was said.
        reason: String,
    },
    /// The contracts emitted what they cannot have emitted.
    #[error(transparent)]
    Event(#[from] EventFault),
}

/// The contracts' addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The PreimageOracle.
    pub oracle: Address,
    /// The StepVerifier.
    pub verifier: Address,
    /// The Inbox.
    pub inbox: Address,
    /// The Portal.
    pub portal: Address,
    /// The Rollup.
    pub rollup: Address,
    /// The Matches.
    pub matches: Address,
    /// The Games.
    pub games: Address,
    /// The messenger on L1.
    pub messenger: Address,
    /// The bridge on L1.
    pub bridge: Address,
}

/// What a chain is deployed with besides the rules of the game.
#[derive(Clone, Copy, Debug)]
pub struct Deployment {
    /// Parameters of the game.
    pub settings: Settings,
    /// Hash of the chain config.
    pub config_hash: B256,
    /// The first assertion's state.
    pub genesis: State,
    /// What the machine runs.
    pub program_root: B256,
    /// Time of the first block, seconds.
    pub time: u64,
}

/// L1. Each contract has its own address and holds its own ether; gas costs nothing.
pub struct Chain {
    evm: MainnetEvm<MainnetContext<CacheDB<EmptyDB>>>,
    at: Addresses,
    cursor: InboxCursor,
    block: L1Block,
}

/// L1 as it was after some block.
#[derive(Clone, Debug)]
pub struct Saved {
    db: CacheDB<EmptyDB>,
    cursor: InboxCursor,
    block: L1Block,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Chain").field("at", &self.at).field("block", &self.block).finish_non_exhaustive()
    }
}

impl Chain {
    /// L1 with what knows nothing of any chain: oracle and verifier. The oracle's constructor takes some tens of milliseconds, so this is done once.
    ///
    /// # Errors
    /// When the committed artifacts do not deploy.
    pub fn new() -> Result<Self, ChainError> {
        let context = Context::mainnet().with_db(CacheDB::default()).modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
            cfg.tx_gas_limit_cap = Some(u64::MAX);
            // Who sends what, in which order, is the test's to say.
            cfg.disable_nonce_check = true;
        });
        let block = L1Block { number: 0, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: 0 };
        let mut chain = Self { evm: context.build_mainnet(), at: Addresses::default(), cursor: InboxCursor::default(), block };
        chain.at.oracle = chain.create(PreimageOracle::BYTECODE.to_vec())?;
        let arguments = StepVerifier::constructorCall { oracle_: chain.at.oracle }.abi_encode();
        chain.at.verifier = chain.create([&StepVerifier::BYTECODE[..], &arguments].concat())?;
        Ok(chain)
    }

    /// The contracts of one chain, in block 1, and what they told.
    ///
    /// # Errors
    /// When a constructor refuses.
    pub fn deploy(&mut self, deployment: &Deployment) -> Result<Vec<L1Event>, ChainError> {
        self.begin_block(deployment.time, B256::ZERO);
        self.at = self.plan()?;
        let Addresses { inbox, portal, rollup, games, messenger, .. } = self.at;
        self.put(&Inbox::BYTECODE, &Inbox::constructorCall { p: inbox_params(portal) })?;
        self.put(
            &Portal::BYTECODE,
            &Portal::constructorCall { inbox_: inbox, games_: games, l2BlockGasLimit: L2_GAS_LIMIT, proofMaturityDelay: PROOF_MATURITY },
        )?;
        let logs = self.put(&Rollup::BYTECODE, &Rollup::constructorCall { p: rollup_params(deployment, &self.at) })?;
        let params = Matches::MatchesParams { rollup, stepVerifier: self.at.verifier, programRoot: deployment.program_root };
        self.put(&Matches::BYTECODE, &Matches::constructorCall { p: params })?;
        self.put(&Games::BYTECODE, &Games::constructorCall { rollup_: rollup })?;
        self.put(&L1CrossDomainMessenger::BYTECODE, &L1CrossDomainMessenger::constructorCall { portal_: portal })?;
        self.put(&L1StandardBridge::BYTECODE, &L1StandardBridge::constructorCall { messenger_: messenger })?;
        self.read(logs)
    }

    /// Where [`Self::deploy`] puts the contracts if nothing else is created before: each holds the address of another that comes later, and L2's genesis
    /// names some.
    ///
    /// # Errors
    /// Never: the database is in memory.
    pub fn plan(&mut self) -> Result<Addresses, ChainError> {
        let nonce = self.nonce()?;
        let [inbox, portal, rollup, matches, games, messenger, bridge] = [0, 1, 2, 3, 4, 5, 6].map(|next| OPERATOR.create(nonce + next));
        Ok(Addresses { inbox, portal, rollup, matches, games, messenger, bridge, ..self.at })
    }

    /// Where the contracts are.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.at
    }

    /// Both accumulators of the Inbox.
    #[must_use]
    pub const fn cursor(&self) -> &InboxCursor {
        &self.cursor
    }

    /// The newest block.
    #[must_use]
    pub const fn block(&self) -> &L1Block {
        &self.block
    }

    /// Begins the next block. `salt` makes its hash another than that of a block at the same height that is no more.
    pub fn begin_block(&mut self, timestamp: u64, salt: B256) {
        let (number, parent_hash) = (self.block.number + 1, self.block.hash);
        let hash = keccak256([parent_hash, salt, U256::from(timestamp).into()].map(|word| word.0).concat());
        self.block = L1Block { number, hash, parent_hash, timestamp };
        self.set_block();
    }

    fn set_block(&mut self) {
        let L1Block { number, timestamp, parent_hash, .. } = self.block;
        self.evm.ctx.modify_block(|block| {
            block.number = U256::from(number);
            block.timestamp = U256::from(timestamp);
            block.prevrandao = Some(keccak256(parent_hash));
            block.gas_limit = u64::MAX;
        });
    }

    /// What is needed to come back to here.
    #[must_use]
    pub fn save(&self) -> Saved {
        Saved { db: self.evm.ctx.journaled_state.database.clone(), cursor: self.cursor, block: self.block }
    }

    /// An L1 reorg, or the start of another test: everything since is undone.
    pub fn restore(&mut self, saved: &Saved) {
        self.evm.ctx.journaled_state.database = saved.db.clone();
        (self.cursor, self.block) = (saved.cursor, saved.block);
        self.set_block();
    }

    /// Gives ether to an account.
    pub fn fund(&mut self, account: Address) {
        let balance = U256::from(1_000_000) * U256::from(ETH_TO_WEI);
        self.evm.ctx.journaled_state.database.insert_account_info(account, AccountInfo { balance, ..AccountInfo::default() });
    }

    /// Wei of an account.
    ///
    /// # Errors
    /// Never: the database is in memory.
    pub fn balance(&mut self, account: Address) -> Result<U256, ChainError> {
        let found = revm::Database::basic(&mut self.evm.ctx.journaled_state.database, account).map_err(evm)?;
        Ok(found.map(|info| info.balance).unwrap_or_default())
    }

    /// The Rollup.
    #[must_use]
    pub const fn rollup(&self) -> Address {
        self.at.rollup
    }

    /// The Matches.
    #[must_use]
    pub const fn matches(&self) -> Address {
        self.at.matches
    }

    /// The PreimageOracle.
    #[must_use]
    pub const fn oracle(&self) -> Address {
        self.at.oracle
    }

    /// Games.
    #[must_use]
    pub const fn games(&self) -> Address {
        self.at.games
    }

    /// A transaction in the newest block. What it told is read as nodes read it.
    ///
    /// # Errors
    /// When it reverts, nothing has changed.
    pub fn transact(&mut self, sender: Address, to: Address, input: Bytes, value: U256) -> Result<Vec<L1Event>, ChainError> {
        Ok(self.send(Sent { sender, to, input, value, gas: GAS })?.events)
    }

    /// The sequencer appends a batch. Its payload is of no account here: the program reads the accumulator alone.
    ///
    /// # Errors
    /// When the Inbox refuses.
    pub fn append_batch(&mut self, payload: Bytes) -> Result<Vec<L1Event>, ChainError> {
        let none = Inbox::MessageLink { kind: 0, userOrdinal: 0, l1Number: 0, l1Time: 0, bodyHash: B256::ZERO };
        let append = Inbox::Append {
            expectedBatchAcc: self.cursor.batch_acc,
            depositCount: 0,
            expectedDepositAcc: B256::ZERO,
            last: none.clone(),
            firstUserIndex: 0,
            firstUser: none,
        };
        let input = Inbox::appendCalldataCall { append, payload }.abi_encode();
        self.transact(OPERATOR, self.at.inbox, input.into(), U256::ZERO)
    }

    /// What a view function returns.
    ///
    /// # Errors
    /// When it reverts.
    pub fn call<C: SolCall>(&mut self, contract: Address, call: &C) -> Result<C::Return, ChainError> {
        let called = self.evm.system_call_with_caller(OPERATOR, contract, call.abi_encode().into()).map_err(evm)?;
        let (output, _) = succeeded(called.result)?;
        C::abi_decode_returns(&output).map_err(evm)
    }

    fn nonce(&mut self) -> Result<u64, ChainError> {
        let found = revm::Database::basic(&mut self.evm.ctx.journaled_state.database, OPERATOR).map_err(evm)?;
        Ok(found.map(|info| info.nonce).unwrap_or_default())
    }

    /// A contract with a constructor, at the next address.
    fn put<C: SolConstructor>(&mut self, code: &[u8], arguments: &C) -> Result<Vec<revm::primitives::Log>, ChainError> {
        Ok(self.created([code, &arguments.abi_encode()].concat())?.1)
    }

    /// Creates a contract, by the operator.
    ///
    /// # Errors
    /// When the code does not deploy.
    pub fn create(&mut self, code: Vec<u8>) -> Result<Address, ChainError> {
        Ok(self.created(code)?.0)
    }

    fn created(&mut self, code: Vec<u8>) -> Result<(Address, Vec<revm::primitives::Log>), ChainError> {
        let nonce = self.nonce()?;
        let transaction =
            TxEnv { caller: OPERATOR, nonce, kind: TxKind::Create, data: code.into(), gas_limit: GAS, gas_price: 0, ..TxEnv::default() };
        let result = self.evm.transact_commit(transaction).map_err(evm)?;
        let address = result.created_address();
        let (_, logs) = succeeded(result)?;
        Ok((address.ok_or_else(|| evm("nothing was created"))?, logs))
    }

    /// Reads logs of the newest block as a follower of L1 does.
    fn read(&mut self, logs: Vec<revm::primitives::Log>) -> Result<Vec<L1Event>, ChainError> {
        let config = FollowConfig::new(self.at.inbox, self.at.rollup, self.at.matches, self.at.games);
        let logs: Vec<Log> = logs.into_iter().map(|log| log_of(log.address, log.data, &self.block)).collect();
        Ok(self.cursor.read(&self.block, &config, &logs)?)
    }
}

fn log_of(address: Address, data: LogData, block: &L1Block) -> Log {
    Log {
        inner: alloy::primitives::Log { address, data },
        block_hash: Some(block.hash),
        block_number: Some(block.number),
        block_timestamp: Some(block.timestamp),
        ..Log::default()
    }
}

fn succeeded(result: ExecutionResult) -> Result<(Bytes, Vec<revm::primitives::Log>), ChainError> {
    match result {
        ExecutionResult::Success { output, logs, .. } => Ok((output.into_data(), logs)),
        ExecutionResult::Revert { output, .. } => Err(ChainError::Refused { reason: describe(&output) }),
        ExecutionResult::Halt { reason, .. } => Err(ChainError::Halted { reason }),
    }
}

fn evm(error: impl std::fmt::Debug) -> ChainError {
    ChainError::Evm { reason: format!("{error:?}") }
}
