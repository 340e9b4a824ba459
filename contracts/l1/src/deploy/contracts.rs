//! Deploying the contracts of one chain.

use super::{
    DeployError,
    addresses::{Contracts, part},
    creation::Creation,
    network::{GenesisRecord, InboxSettings, Network, NetworkError, RollupSettings, WithdrawalSettings},
    proxy::ensure_factory,
};
use crate::{BlockRef, L1Block, L1Client, L1Error, SecretKey, SendError, SendPolicy, TransactionManager, TxRequest};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes},
    rpc::types::{Filter, TransactionInput, TransactionRequest},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::Factory;
use gainsay_types::ChainConfig;
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
    /// Parameters of withdrawals.
    pub withdrawals: WithdrawalSettings,
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
    let mut network = plan.describe(client.chain_id().await?, contracts);
    for creation in network.creations() {
        ensure(client, &mut manager, plan.salt, contracts.factory, creation).await?;
    }
    let deployed_at = creation_block(client, contracts.factory, deployer, part(plan.salt, "inbox")).await?;
    (network.deployed_at_block, network.deployed_at_hash) = (deployed_at.number, Some(deployed_at.hash));
    network.verify_against_l1(client).await?;
    Ok(network)
}

/// Deploys one contract unless it is there.
async fn ensure(
    client: &L1Client,
    manager: &mut TransactionManager,
    salt: B256,
    factory: Address,
    Creation { name, contract, address, init_code }: Creation,
) -> Result<(), DeployError> {
    if !client.code(address).await?.is_empty() {
        return Ok(());
    }
    let input = Factory::deployCall { salt: part(salt, name), initCode: init_code.clone() }.abi_encode().into();
    let request = TxRequest { to: factory, input, ..TxRequest::default() };
    let receipt = match manager.send(request).await {
        Ok(receipt) => receipt,
        Err(source @ SendError::WouldRevert { .. }) => {
            return Err(match refusal(client, address, init_code).await? {
                Some(reason) => DeployError::Refused { contract, reason },
                None => DeployError::Send { contract, source },
            });
        }
        Err(source) => return Err(DeployError::Send { contract, source }),
    };
    if client.code(address).await?.is_empty() {
        return Err(DeployError::NoCode { contract, address });
    }
    info!(contract, %address, gas = receipt.gas_used, "deployed");
    Ok(())
}

/// Why a constructor reverts: the Factory does not pass that on.
async fn refusal(client: &L1Client, address: Address, init_code: Bytes) -> Result<Option<String>, L1Error> {
    let creation = TransactionRequest::default().input(TransactionInput::both(init_code));
    match client.simulate::<_, Bytes>("eth_call", address, (creation, BlockId::latest())).await {
        Ok(_) => Ok(None),
        Err(L1Error::Reverted { reason, .. }) => Ok(Some(reason)),
        Err(error) => Err(error),
    }
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

    /// All but the block of the deployment.
    fn describe(&self, l1_chain_id: u64, contracts: Contracts) -> Network {
        Network {
            l1_chain_id,
            l2_chain_id: self.chain.l2_chain_id,
            deployed_at_block: 0,
            deployed_at_hash: None,
            contracts,
            config_hash: self.chain.hash(),
            program_root: self.program_root,
            chain: self.chain.clone(),
            genesis: self.genesis.clone(),
            rollup: self.rollup,
            inbox: self.inbox,
            withdrawals: self.withdrawals,
            predeploys: self.predeploys.clone(),
        }
    }
}

/// Reads a value of a contract at the newest block.
pub(super) async fn read<F: SolCall>(client: &L1Client, to: Address, call: F) -> Result<F::Return, L1Error> {
    client.read(to, call, BlockId::latest()).await
}
