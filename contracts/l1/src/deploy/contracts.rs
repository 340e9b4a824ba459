//! The contracts of one chain.

use super::{
    DeployError,
    addresses::{Contracts, part},
    network::{GenesisRecord, InboxSettings, Network, NetworkError, RollupSettings},
    proxy::ensure_factory,
};
use crate::{BlockRef, L1Block, L1Client, L1Error, SecretKey, SendPolicy, TransactionManager, TxRequest};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes},
    rpc::types::Filter,
    sol_types::{SolCall, SolConstructor, SolEvent},
};
use gainsay_bindings::{Factory, Inbox, Matches, Portal, PreimageOracle, Rollup, StepVerifier};
use gainsay_types::{ChainConfig, State};
use std::collections::BTreeMap;
use tracing::info;

/// A chain to deploy. `chain.portal` must be the address that [`Contracts::of`] gives for the deployer and the salt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployPlan {
    /// Distinguishes the chains of one deployer.
    pub salt: B256,
    /// The chain's parameters, genesis hash included.
    pub chain: ChainConfig,
    /// The first L2 block.
    pub genesis: GenesisRecord,
    /// Parameters of the Inbox.
    pub inbox: InboxSettings,
    /// Parameters of the Rollup.
    pub rollup: RollupSettings,
    /// Root of the program that a match runs: the canonical guest's.
    pub program_root: B256,
    /// Contracts on L2 by name, for the file.
    pub predeploys: BTreeMap<String, Address>,
}

/// Deploys what is not there yet and describes the result. Run again it sends nothing and gives the same.
///
/// # Errors
/// If L1 refuses, or if something else than this plan stands at one of the addresses.
pub async fn deploy(client: &L1Client, key: SecretKey, policy: SendPolicy, plan: &DeployPlan) -> Result<Network, DeployError> {
    let contracts = Contracts::of(key.address(), plan.salt);
    plan.check(&contracts)?;
    let deployer = key.address();
    let mut manager = TransactionManager::start(client.clone(), key, policy)
        .await
        .map_err(|source| DeployError::Send { contract: "the contracts", source })?;
    ensure_factory(client, &mut manager, contracts.factory).await?;
    for (name, address, init_code) in plan.creations(&contracts) {
        ensure(client, &mut manager, plan.salt, &contracts, (name, address, init_code)).await?;
    }
    let deployed_at = creation_block(client, contracts.factory, deployer, part(plan.salt, "inbox")).await?;
    let network = plan.describe(client.chain_id().await?, contracts, &deployed_at);
    network.verify_against_l1(client).await?;
    Ok(network)
}

/// Deploys one contract unless it is there.
async fn ensure(
    client: &L1Client,
    manager: &mut TransactionManager,
    salt: B256,
    contracts: &Contracts,
    (name, address, init_code): (&'static str, Address, Bytes),
) -> Result<(), DeployError> {
    if !client.code(address).await?.is_empty() {
        return Ok(());
    }
    let input = Factory::deployCall { salt: part(salt, name), initCode: init_code }.abi_encode().into();
    let request = TxRequest { to: contracts.factory, input, ..TxRequest::default() };
    let receipt = manager.send(request).await.map_err(|source| DeployError::Send { contract: name, source })?;
    if client.code(address).await?.is_empty() {
        return Err(DeployError::NoCode { contract: name, address });
    }
    info!(contract = name, %address, gas = receipt.gas_used, "deployed");
    Ok(())
}

/// The L1 block in which the Factory made a contract, searched from the head backwards.
async fn creation_block(client: &L1Client, factory: Address, deployer: Address, salt: B256) -> Result<L1Block, L1Error> {
    let filter =
        Filter::new().address(factory).event_signature(Factory::Deployed::SIGNATURE_HASH).topic1(deployer.into_word()).topic2(salt);
    let mut end = client.block(BlockRef::Latest).await?.number;
    let mut range = end.saturating_add(1);
    loop {
        let start = end.saturating_sub(range - 1);
        match client.logs(&filter.clone().from_block(start).to_block(end)).await {
            Ok(logs) => match logs.first().and_then(|log| log.block_number) {
                Some(number) => return client.block(BlockRef::Number(number)).await,
                None if start == 0 => return Err(L1Error::NoBlock { url: client.url().to_owned(), block: "of the deployment".to_owned() }),
                None => end = start - 1,
            },
            // Too many blocks for this node.
            Err(error) if error.is_refusal() && range > 1 => range /= 2,
            Err(error) => return Err(error),
        }
    }
}

impl DeployPlan {
    fn check(&self, contracts: &Contracts) -> Result<(), NetworkError> {
        self.chain.validate()?;
        if self.chain.portal != contracts.portal {
            return Err(NetworkError::Differs {
                what: "the Portal in the chain config",
                expected: contracts.portal.to_string(),
                found: self.chain.portal.to_string(),
            });
        }
        if self.chain.genesis_hash != self.genesis.hash {
            return Err(NetworkError::Differs {
                what: "the genesis hash in the chain config",
                expected: self.genesis.hash.to_string(),
                found: self.chain.genesis_hash.to_string(),
            });
        }
        Ok(())
    }

    /// Name, address and init code, in the order in which they must be made: the Rollup wants the Inbox to stand, Matches wants the Rollup,
    /// which must name it, and the StepVerifier.
    fn creations(&self, contracts: &Contracts) -> [(&'static str, Address, Bytes); 6] {
        let inbox = Inbox::constructorCall { p: self.inbox.params(contracts.portal) }.abi_encode();
        let portal = Portal::constructorCall { inbox_: contracts.inbox, l2BlockGasLimit: self.chain.block_gas_limit }.abi_encode();
        let rollup = Rollup::constructorCall { p: self.rollup_params(contracts) }.abi_encode();
        let step_verifier = StepVerifier::constructorCall { oracle_: contracts.preimage_oracle }.abi_encode();
        let matches = Matches::constructorCall { p: self.matches_params(contracts) }.abi_encode();
        let join = |code: &Bytes, arguments: Vec<u8>| Bytes::from([code.as_ref(), &arguments].concat());
        [
            ("inbox", contracts.inbox, join(&Inbox::BYTECODE, inbox)),
            ("portal", contracts.portal, join(&Portal::BYTECODE, portal)),
            ("rollup", contracts.rollup, join(&Rollup::BYTECODE, rollup)),
            ("preimageOracle", contracts.preimage_oracle, PreimageOracle::BYTECODE.clone()),
            ("stepVerifier", contracts.step_verifier, join(&StepVerifier::BYTECODE, step_verifier)),
            ("matches", contracts.matches, join(&Matches::BYTECODE, matches)),
        ]
    }

    fn rollup_params(&self, contracts: &Contracts) -> Rollup::RollupParams {
        let genesis = State::genesis(self.genesis.output_root);
        Rollup::RollupParams {
            inbox: contracts.inbox,
            matches: contracts.matches,
            configHash: self.chain.hash(),
            genesis: Rollup::State {
                outputRoot: genesis.output_root,
                l2BlockNumber: genesis.l2_block_number,
                batchIndex: genesis.batch_index,
                batchOffset: genesis.batch_offset,
                depositIndex: genesis.deposit_index,
            },
            bond: self.rollup.bond,
            challengeWindow: self.rollup.challenge_window,
            clock: self.rollup.clock,
            extension: self.rollup.extension,
            assertionPeriod: self.rollup.assertion_period,
        }
    }

    const fn matches_params(&self, contracts: &Contracts) -> Matches::MatchesParams {
        Matches::MatchesParams { rollup: contracts.rollup, stepVerifier: contracts.step_verifier, programRoot: self.program_root }
    }

    fn describe(&self, l1_chain_id: u64, contracts: Contracts, deployed_at: &L1Block) -> Network {
        Network {
            l1_chain_id,
            l2_chain_id: self.chain.l2_chain_id,
            deployed_at_block: deployed_at.number,
            deployed_at_hash: Some(deployed_at.hash),
            contracts,
            config_hash: self.chain.hash(),
            program_root: self.program_root,
            chain: self.chain.clone(),
            genesis: self.genesis.clone(),
            rollup: self.rollup,
            inbox: self.inbox,
            predeploys: self.predeploys.clone(),
        }
    }
}

impl InboxSettings {
    pub(super) const fn params(&self, portal: Address) -> Inbox::InboxParams {
        Inbox::InboxParams {
            portal,
            sequencer: self.sequencer,
            operator: self.operator,
            inclusionDelay: self.inclusion_delay,
            bufferMax: self.buffer_max,
            bufferFloor: self.buffer_floor,
            bufferThreshold: self.buffer_threshold,
            replenishPeriod: self.replenish_period,
            finalityDelay: self.finality_delay,
            timelock: self.timelock,
        }
    }
}

/// Reads a value of a contract at the newest block.
pub(super) async fn read<F: SolCall>(client: &L1Client, to: Address, call: F) -> Result<F::Return, L1Error> {
    client.read(to, call, BlockId::latest()).await
}
