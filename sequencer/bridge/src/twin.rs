//! Tokens on L2 that stand for tokens of L1.

use crate::{BridgeError, Deposit, Deposited, L1Sender, L2Error, L2Node, L2Receipt, L2Sender, Token};
use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, U256, keccak256},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent, SolValue},
};
use gainsay_bindings::{
    OptimismMintableERC20, OptimismMintableERC20Factory, mintable_token_factory::OptimismMintableERC20Factory::OptimismMintableERC20Created,
};
use gainsay_l1::TxRequest;
use gainsay_types::predeploys::{MINTABLE_ERC20_FACTORY, STANDARD_BRIDGE};
use serde::Serialize;

/// Gas of a deposit that makes a twin: its code, its name, and room.
const CREATE_GAS: u64 = 3_000_000;

/// A token on L2 that stands for one of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Twin {
    /// Its contract on L2.
    pub address: Address,
    /// Whether it has the name, the symbol and the decimals of the token on L1.
    pub same_name: bool,
}

/// Where the twin stands that has this name, symbol and decimals, whether it exists yet or not: the factory's CREATE2 address.
#[must_use]
pub fn twin_address(token: &Token) -> Address {
    let Token { address, name, symbol, decimals } = token;
    let salt = keccak256((*address, name.as_str(), symbol.as_str(), U256::from(*decimals)).abi_encode_params());
    let arguments = (STANDARD_BRIDGE, *address, name.as_str(), symbol.as_str(), U256::from(*decimals)).abi_encode_params();
    MINTABLE_ERC20_FACTORY.create2(salt, keccak256([OptimismMintableERC20::BYTECODE.as_ref(), &arguments].concat()))
}

/// All tokens of the factory that stand for a token, the one of the same name first.
///
/// # Errors
/// When the node does not answer.
pub async fn twins(l2: &L2Node, token: &Token) -> Result<Vec<Twin>, BridgeError> {
    let filter = Filter::new()
        .address(MINTABLE_ERC20_FACTORY)
        .event_signature(OptimismMintableERC20Created::SIGNATURE_HASH)
        .topic2(token.address.into_word());
    let same = twin_address(token);
    let made = l2.logs(&filter).await?;
    let made = made.iter().filter_map(|log| OptimismMintableERC20Created::decode_log(&log.inner).ok());
    let mut twins: Vec<_> = made.map(|event| Twin { address: event.localToken, same_name: event.localToken == same }).collect();
    twins.sort_by_key(|twin| !twin.same_name);
    Ok(twins)
}

/// The token on L2 that stands for a token and has its name, symbol and decimals. Others are never chosen, even if there is only one: whoever made it
/// chose what wallets show for it.
///
/// # Errors
/// When there is none.
pub async fn find_twin(l2: &L2Node, token: &Token) -> Result<Address, BridgeError> {
    let same = twin_address(token);
    if !l2.code(same).await?.is_empty() {
        return Ok(same);
    }
    let twins: Vec<_> = twins(l2, token).await?.iter().map(|twin| twin.address.to_string()).collect();
    if twins.is_empty() {
        return Err(BridgeError::NoTwin { token: token.address, symbol: token.symbol.clone() });
    }
    Err(BridgeError::OtherTwins { token: token.address, twins: twins.join(", ") })
}

/// Checks that a token on L2 stands for `token`, and that the bridge may mint it.
///
/// # Errors
/// When it does not; then a deposit for it fails on L2.
pub async fn check_twin(l2: &L2Node, token: Address, twin: Address) -> Result<(), BridgeError> {
    let no = |reason: String| BridgeError::NotATwin { twin, token, reason };
    if l2.code(twin).await?.is_empty() {
        return Err(no("there is no contract".to_owned()));
    }
    let asked = l2.read(twin, OptimismMintableERC20::remoteTokenCall {}, BlockId::latest()).await;
    let remote = told(asked, "remoteToken()").map_err(|error| error.into_refusal(no))?;
    if remote != token {
        return Err(no(format!("it stands for {remote}")));
    }
    let asked = l2.read(twin, OptimismMintableERC20::bridgeCall {}, BlockId::latest()).await;
    let bridge = told(asked, "bridge()").map_err(|error| error.into_refusal(no))?;
    if bridge == STANDARD_BRIDGE { Ok(()) } else { Err(no(format!("its bridge is {bridge}"))) }
}

/// Why a contract did not tell something.
enum Silent {
    /// It has no such function.
    Contract(&'static str),
    /// The node.
    Node(L2Error),
}

impl Silent {
    fn into_refusal(self, no: impl FnOnce(String) -> BridgeError) -> BridgeError {
        match self {
            Self::Contract(function) => no(format!("it has no {function}")),
            Self::Node(error) => error.into(),
        }
    }
}

fn told<T>(asked: Result<T, L2Error>, function: &'static str) -> Result<T, Silent> {
    asked.map_err(|error| match error {
        L2Error::Reverted { .. } | L2Error::Malformed { .. } => Silent::Contract(function),
        other => Silent::Node(other),
    })
}

fn creation(token: &Token) -> Bytes {
    let call = OptimismMintableERC20Factory::createOptimismMintableERC20WithDecimalsCall {
        remoteToken: token.address,
        name: token.name.clone(),
        symbol: token.symbol.clone(),
        decimals: token.decimals,
    };
    call.abi_encode().into()
}

impl L2Sender {
    /// Makes the twin of a token, on L2.
    ///
    /// # Errors
    /// [`BridgeError::TwinExists`], and when L2 refuses.
    pub async fn create_twin(&mut self, token: &Token) -> Result<(Address, L2Receipt), BridgeError> {
        let twin = twin_address(token);
        if !self.node().code(twin).await?.is_empty() {
            return Err(BridgeError::TwinExists { token: token.address, twin });
        }
        let request = TxRequest { to: MINTABLE_ERC20_FACTORY, input: creation(token), ..TxRequest::default() };
        Ok((twin, self.send(request).await?))
    }
}

impl L1Sender {
    /// Makes the twin of a token by a deposit: no ether on L2 and no node of L2 is needed.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn create_twin(&mut self, token: &Token) -> Result<(Address, Deposited), BridgeError> {
        let mut deposit = Deposit::call(MINTABLE_ERC20_FACTORY, U256::ZERO, creation(token));
        deposit.gas = Some(CREATE_GAS);
        Ok((twin_address(token), self.deposit(deposit).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{B256, address};
    use gainsay_bindings::{GenesisParams, predeploys};
    use gainsay_execute::{
        CallOutcome, CallRequest, CallStatus, call,
        genesis::{GenesisAccount, GenesisAlloc, genesis_block},
        memory::MemoryState,
    };
    use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA};

    const CONFIG: ChainConfig = ChainConfig {
        l2_chain_id: 42,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 15_000_000,
        gas_target: 10_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1,
        base_fee_scalar: 0,
        blob_base_fee_scalar: 0,
        portal: Address::ZERO,
        genesis_hash: B256::ZERO,
    };

    fn token(name: &str, symbol: &str, decimals: u8) -> Token {
        let address = address!("00000000000000000000000000000000000000aa");
        Token { address, name: name.to_owned(), symbol: symbol.to_owned(), decimals }
    }

    /// Makes the twin by the factory of a chain's genesis, on the chain's own EVM.
    fn made(token: &Token) -> CallOutcome {
        let params = GenesisParams {
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            vault_recipient: Address::ZERO,
            l1_messenger: Address::ZERO,
            l1_bridge: Address::ZERO,
        };
        let accounts = predeploys(&params).into_iter().map(|one| {
            let storage = one.storage.into_iter().collect();
            (one.address, GenesisAccount { code: one.code, nonce: U256::from(1), storage, ..GenesisAccount::default() })
        });
        let genesis = genesis_block(&CONFIG, Millis::from_secs(1_800_000_000), 7, &GenesisAlloc(accounts.collect())).expect("a genesis");
        let mut state = MemoryState::default();
        state.apply(&genesis.changes, genesis.nodes);
        let request =
            CallRequest { to: Some(MINTABLE_ERC20_FACTORY), data: creation(token), gas_limit: CREATE_GAS, ..CallRequest::default() };
        call(&CONFIG, &genesis.header, request, &state).expect("the call can be executed")
    }

    #[test]
    fn the_factory_makes_the_twin_where_it_is_expected_within_the_gas_of_its_deposit() {
        for token in [token("Test token", "TEST", 0), token("", "", 255), token(&"long ".repeat(40), "\u{20ac}", 6)] {
            let outcome = made(&token);
            assert_eq!(outcome.status, CallStatus::Success, "{token:?}");
            assert_eq!(Address::abi_decode(&outcome.output), Ok(twin_address(&token)), "{token:?}");
        }
    }

    #[test]
    fn another_name_symbol_or_decimals_is_another_twin() {
        let base = twin_address(&token("A", "B", 1));
        for other in [token("X", "B", 1), token("A", "X", 1), token("A", "B", 2)] {
            assert_ne!(base, twin_address(&other), "{other:?}");
        }
    }
}
