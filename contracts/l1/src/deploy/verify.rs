//! Whether L1 holds the network that a file describes.

use super::{
    addresses::Contracts,
    contracts::read,
    creation::Creation,
    network::{Network, NetworkError, same},
};
use crate::{BlockRef, L1Client, MAX_TRANSACTION_GAS};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_bindings::{Factory, Games, Inbox, L1CrossDomainMessenger, L1StandardBridge, Matches, Portal, Rollup, StepVerifier};
use gainsay_types::{State, assertion_id};

impl Network {
    /// Compares with L1: chain, contracts, and everything that is fixed in them.
    ///
    /// # Errors
    /// Names the first thing that differs.
    pub async fn verify_against_l1(&self, client: &L1Client) -> Result<(), NetworkError> {
        self.validate()?;
        client.check_chain(self.l1_chain_id).await?;
        let creations = self.creations();
        for &Creation { contract, address, .. } in &creations {
            if client.code(address).await?.is_empty() {
                return Err(NetworkError::NoContract { url: client.url().to_owned(), contract, address });
            }
        }
        self.verify_inbox(client).await?;
        self.verify_rollup(client).await?;
        self.verify_matches(client).await?;
        self.verify_withdrawals(client).await?;
        self.verify_creations(client, &creations).await?;
        self.verify_block(client).await
    }

    async fn verify_inbox(&self, client: &L1Client) -> Result<(), NetworkError> {
        let Network { contracts: at, inbox, chain, .. } = self;
        same("the Portal of the Inbox on L1", &at.portal, &read(client, at.inbox, Inbox::portalCall {}).await?)?;
        same("the Inbox of the Portal on L1", &at.inbox, &read(client, at.portal, Portal::inboxCall {}).await?)?;
        let room = chain.block_gas_limit.saturating_sub(gainsay_types::ATTRIBUTES_GAS).min(MAX_TRANSACTION_GAS);
        same("the highest deposit gas of the Portal on L1", &room, &read(client, at.portal, Portal::maxGasLimitCall {}).await?)?;
        let params = read(client, at.inbox, Inbox::paramsCall {}).await?;
        let (expected, found) = (format!("{:?}", inbox.params(at.portal)), format!("{params:?}"));
        same("the parameters of the Inbox on L1", &expected, &found)
    }

    async fn verify_rollup(&self, client: &L1Client) -> Result<(), NetworkError> {
        let (at, wanted): (Address, _) = (self.contracts.rollup, &self.rollup);
        same("the config hash of the Rollup on L1", &self.config_hash, &read(client, at, Rollup::configHashCall {}).await?)?;
        same("the Inbox of the Rollup on L1", &self.contracts.inbox, &read(client, at, Rollup::inboxCall {}).await?)?;
        same("the Matches of the Rollup on L1", &self.contracts.matches, &read(client, at, Rollup::matchesCall {}).await?)?;
        let genesis = assertion_id(B256::ZERO, State::genesis(self.genesis.output_root).hash());
        same("the genesis assertion of the Rollup on L1", &genesis, &read(client, at, Rollup::genesisIdCall {}).await?)?;
        same("the bond of the Rollup on L1", &wanted.bond, &read(client, at, Rollup::bondCall {}).await?)?;
        same(
            "the challenge window of the Rollup on L1",
            &wanted.challenge_window,
            &read(client, at, Rollup::challengeWindowCall {}).await?,
        )?;
        same("the clock of the Rollup on L1", &wanted.clock, &read(client, at, Rollup::clockCall {}).await?)?;
        same("the extension of the Rollup on L1", &wanted.extension, &read(client, at, Rollup::extensionCall {}).await?)?;
        same("the assertion period of the Rollup on L1", &wanted.assertion_period, &read(client, at, Rollup::assertionPeriodCall {}).await?)
    }

    async fn verify_matches(&self, client: &L1Client) -> Result<(), NetworkError> {
        let Network { contracts: at, .. } = self;
        same("the program root of Matches on L1", &self.program_root, &read(client, at.matches, Matches::programRootCall {}).await?)?;
        same("the Rollup of Matches on L1", &at.rollup, &read(client, at.matches, Matches::rollupCall {}).await?)?;
        same("the Inbox of Matches on L1", &at.inbox, &read(client, at.matches, Matches::inboxCall {}).await?)?;
        same("the StepVerifier of Matches on L1", &at.step_verifier, &read(client, at.matches, Matches::stepVerifierCall {}).await?)?;
        same("the config hash of Matches on L1", &self.config_hash, &read(client, at.matches, Matches::configHashCall {}).await?)?;
        same("the extension of Matches on L1", &self.rollup.extension, &read(client, at.matches, Matches::extensionCall {}).await?)?;
        let oracle = read(client, at.step_verifier, StepVerifier::oracleCall {}).await?;
        same("the PreimageOracle of the StepVerifier on L1", &at.preimage_oracle, &oracle)
    }

    async fn verify_withdrawals(&self, client: &L1Client) -> Result<(), NetworkError> {
        let Network { contracts: at, withdrawals, .. } = self;
        same("the Games of the Portal on L1", &at.games, &read(client, at.portal, Portal::disputeGameFactoryCall {}).await?)?;
        let delay = read(client, at.portal, Portal::proofMaturityDelaySecondsCall {}).await?;
        same("the proof maturity delay of the Portal on L1", &U256::from(withdrawals.proof_maturity_delay), &delay)?;
        same("the Rollup of Games on L1", &at.rollup, &read(client, at.games, Games::rollupCall {}).await?)?;
        let portal = read(client, at.messenger, L1CrossDomainMessenger::portalCall {}).await?;
        same("the Portal of the L1CrossDomainMessenger on L1", &at.portal, &portal)?;
        let messenger = read(client, at.bridge, L1StandardBridge::messengerCall {}).await?;
        same("the L1CrossDomainMessenger of the L1StandardBridge on L1", &at.messenger, &messenger)
    }

    /// INVARIANT: the hash kept for an address is that of the code which made what stands there. So a contract with other code, or with other storage from
    /// its constructor on, is found out, whatever it answers.
    async fn verify_creations(&self, client: &L1Client, creations: &[Creation]) -> Result<(), NetworkError> {
        let factory = Contracts::factory();
        same("contracts.factory", &factory, &self.contracts.factory)?;
        for Creation { contract, address, init_code, .. } in creations {
            let found = read(client, factory, Factory::initCodeHashCall { deployed: *address }).await?;
            if found != keccak256(init_code) {
                return Err(NetworkError::OtherCode { contract, address: *address });
            }
        }
        Ok(())
    }

    async fn verify_block(&self, client: &L1Client) -> Result<(), NetworkError> {
        let Some(hash) = self.deployed_at_hash else { return Ok(()) };
        let block = client.block(BlockRef::Number(self.deployed_at_block)).await?;
        same("the L1 block of the deployment", &hash, &block.hash)
    }
}
