//! A deployed chain on a fresh node.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::{Inbox, Portal};
use gainsay_l1::{
    Contracts, DeployPlan, FollowConfig, GenesisRecord, InboxCursor, InboxSettings, L1Client, L1Follower, Network, RollupSettings,
    SendPolicy, TransactionManager, TxRequest, WithdrawalSettings, anvil::Anvil, deploy,
};
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA};
use std::time::Duration;

pub(crate) fn policy() -> SendPolicy {
    SendPolicy { poll: Duration::from_millis(20), bump_after: Duration::from_millis(400), ..SendPolicy::default() }
}

pub(crate) fn plan(deployer: Address) -> DeployPlan {
    let salt = B256::with_last_byte(7);
    let genesis = GenesisRecord {
        file: "genesis.json".to_owned(),
        hash: B256::repeat_byte(0xaa),
        timestamp: Millis(1_000),
        output_root: B256::repeat_byte(0xbb),
    };
    let chain = ChainConfig {
        l2_chain_id: 4_242,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 10_000_000,
        gas_target: 5_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1_000_000,
        base_fee_scalar: 1_000,
        blob_base_fee_scalar: 800_000,
        portal: Contracts::of(deployer, salt).portal,
        genesis_hash: genesis.hash,
    };
    let inbox = InboxSettings {
        sequencer: Anvil::key(1).address(),
        operator: Address::ZERO,
        inclusion_delay: 60,
        buffer_max: 120,
        buffer_floor: 30,
        buffer_threshold: 20,
        replenish_period: 20,
        finality_delay: 10,
        timelock: 60,
    };
    let rollup = RollupSettings { bond: U256::from(1_000_000), challenge_window: 30, clock: 10, extension: 2, assertion_period: 1 };
    let withdrawals = WithdrawalSettings { proof_maturity_delay: 3 };
    DeployPlan { salt, chain, genesis, inbox, rollup, withdrawals, program_root: B256::repeat_byte(0xcc), predeploys: Default::default() }
}

/// A node with a chain on it, and the sequencer's transactions.
pub(crate) struct Chain {
    pub(crate) anvil: Anvil,
    pub(crate) network: Network,
    pub(crate) sequencer: TransactionManager,
}

impl Chain {
    pub(crate) async fn new(arguments: &[&str]) -> eyre::Result<Self> {
        let anvil = Anvil::start(arguments)?;
        let key = Anvil::key(0);
        let network = deploy(anvil.client(), key.clone(), policy(), &plan(key.address())).await?;
        let sequencer = TransactionManager::start(anvil.client().clone(), Anvil::key(1), policy()).await?;
        Ok(Self { anvil, network, sequencer })
    }

    pub(crate) async fn follower_on(&self, client: L1Client) -> eyre::Result<L1Follower> {
        let config = FollowConfig::new(
            self.network.contracts.inbox,
            self.network.contracts.rollup,
            self.network.contracts.matches,
            self.network.contracts.games,
        );
        self.follower_with(client, config).await
    }

    pub(crate) async fn follower_with(&self, client: L1Client, config: FollowConfig) -> eyre::Result<L1Follower> {
        let origin = L1Follower::origin(&client, self.network.deployed_at_block).await?;
        Ok(L1Follower::new(client, config, vec![origin])?)
    }

    pub(crate) async fn deposit(&mut self, data: &'static [u8]) -> eyre::Result<()> {
        let call = Portal::depositTransactionCall {
            to: Address::repeat_byte(9),
            value: U256::from(5),
            gasLimit: 100_000,
            isCreation: false,
            data: Bytes::from_static(data),
        };
        let request =
            TxRequest { to: self.network.contracts.portal, input: call.abi_encode().into(), value: U256::from(10), ..TxRequest::default() };
        self.sequencer.send(request).await?;
        Ok(())
    }

    pub(crate) async fn append_calldata(&mut self, on: &InboxCursor, payload: &'static [u8]) -> eyre::Result<()> {
        let call = Inbox::appendCalldataCall { append: append(on), payload: Bytes::from_static(payload) };
        let request = TxRequest { to: self.network.contracts.inbox, input: call.abi_encode().into(), ..TxRequest::default() };
        self.sequencer.send(request).await?;
        Ok(())
    }

    pub(crate) async fn append_blobs(&mut self, on: &InboxCursor, blobs: Vec<Bytes>) -> eyre::Result<()> {
        let call = Inbox::appendBlobsCall { append: append(on) };
        let request = TxRequest { to: self.network.contracts.inbox, input: call.abi_encode().into(), blobs, ..TxRequest::default() };
        self.sequencer.send(request).await?;
        Ok(())
    }
}

/// A batch that consumes no message.
pub(crate) fn append(on: &InboxCursor) -> Inbox::Append {
    let link = || Inbox::MessageLink { kind: 0, userOrdinal: 0, l1Number: 0, l1Time: 0, bodyHash: B256::ZERO };
    Inbox::Append {
        expectedBatchAcc: on.batch_acc,
        depositCount: 0,
        expectedDepositAcc: B256::ZERO,
        last: link(),
        firstUserIndex: 0,
        firstUser: link(),
    }
}

/// A blob of valid field elements.
pub(crate) fn blob(seed: u8) -> Bytes {
    let mut bytes = vec![0; 131_072];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = if index % 32 == 0 { 0 } else { seed.wrapping_add(index as u8) };
    }
    bytes.into()
}
