//! ERC-20 tokens from L1 to L2.

use crate::{Bridge, BridgeError, Deposited, L1Sender, Sent, amount, deposit::deposited};
use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, U256},
    sol_types::{SolCall, SolValue},
};
use gainsay_bindings::L1StandardBridge;
use gainsay_l1::{L1Error, SendError};
use serde::Serialize;

/// Gas that the bridge's call on L2 gets if none is given: minting to a new account, with room.
const MINT_GAS: u32 = 200_000;

#[allow(missing_docs, unreachable_pub)]
mod erc20 {
    alloy::sol! {
        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
    }
}

/// A token on L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its contract.
    pub address: Address,
    /// What it calls itself; empty if it does not.
    pub name: String,
    /// Its short name; empty if it has none.
    pub symbol: String,
    /// Digits after the point of its unit.
    pub decimals: u8,
}

/// Tokens to bring to L2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDeposit {
    /// The token on L1.
    pub token: Token,
    /// The token on L2 that stands for it. The tokens wait in the messenger if this one does not exist.
    pub twin: Address,
    /// Who gets them.
    pub to: Address,
    /// How many, in the token's smallest units.
    pub amount: U256,
    /// Gas of the bridge's call on L2; none for what minting takes.
    pub gas: Option<u32>,
}

/// A deposit of tokens, and the approval that it needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenDeposited {
    /// The approval, where the allowance was too small.
    pub approval: Option<Sent>,
    /// The deposit.
    #[serde(flatten)]
    pub deposited: Deposited,
}

impl Bridge {
    /// What a token on L1 says of itself.
    ///
    /// # Errors
    /// When there is no token, or L1 cannot be reached.
    pub async fn token(&self, address: Address) -> Result<Token, BridgeError> {
        let no_token = |reason: String| BridgeError::NoToken { address, layer: "L1", reason };
        if self.client().code(address).await?.is_empty() {
            return Err(no_token("there is no contract; is it the token's address on L1?".to_owned()));
        }
        let decimals = match self.client().read(address, erc20::decimalsCall {}, BlockId::latest()).await {
            Ok(decimals) => decimals,
            Err(L1Error::Reverted { reason, .. } | L1Error::Malformed { reason, .. }) => {
                return Err(no_token(format!("it does not tell its decimals: {reason}")));
            }
            Err(error) => return Err(error.into()),
        };
        let name = self.text(address, erc20::nameCall {}.abi_encode()).await?;
        let symbol = self.text(address, erc20::symbolCall {}.abi_encode()).await?;
        Ok(Token { address, name, symbol, decimals })
    }

    /// Smallest units of a token that an account has.
    ///
    /// # Errors
    /// When L1 does not say.
    pub async fn token_balance(&self, token: Address, account: Address) -> Result<U256, BridgeError> {
        self.read(token, erc20::balanceOfCall { account }).await
    }

    async fn allowance(&self, token: Address, owner: Address) -> Result<U256, BridgeError> {
        self.read(token, erc20::allowanceCall { owner, spender: self.network().contracts.bridge }).await
    }

    /// A name: optional in ERC-20, and 32 bytes in old tokens.
    async fn text(&self, token: Address, call: Vec<u8>) -> Result<String, BridgeError> {
        match self.client().call(token, call.into(), BlockId::latest()).await {
            Ok(output) => Ok(read_text(&output)),
            Err(L1Error::Reverted { .. }) => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }
}

fn read_text(output: &Bytes) -> String {
    if let Ok(text) = String::abi_decode(output) {
        return text;
    }
    let short = output.get(..32).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(short).into_owned()
}

impl L1Sender {
    /// Sends tokens through the standard bridge; approves that many first where the bridge may not take them yet.
    ///
    /// # Errors
    /// When the account has too few, when the token refuses, and when L1 does.
    pub async fn deposit_token(&mut self, deposit: TokenDeposit) -> Result<TokenDeposited, BridgeError> {
        let TokenDeposit { token, twin, to, amount, gas } = deposit;
        self.check_tokens(&token, amount).await?;
        let approval = self.approve(token.address, amount).await?;
        let call = L1StandardBridge::bridgeERC20ToCall {
            localToken: token.address,
            remoteToken: twin,
            to,
            amount,
            minGasLimit: gas.unwrap_or(MINT_GAS),
            extraData: Bytes::new(),
        };
        let bridge = self.bridge().network().contracts.bridge;
        let receipt = self.send(bridge, U256::ZERO, call.abi_encode()).await?;
        Ok(TokenDeposited { approval, deposited: deposited(self.bridge().network(), &receipt)? })
    }

    async fn check_tokens(&self, token: &Token, need: U256) -> Result<(), BridgeError> {
        let account = self.address();
        let have = self.bridge().token_balance(token.address, account).await?;
        if have >= need {
            return Ok(());
        }
        let shown = |amount| amount::shown(amount, token.decimals);
        Err(BridgeError::TokenBalance { account, symbol: token.symbol.clone(), have: shown(have), need: shown(need) })
    }

    /// Lets the bridge take `amount`, no more. Some tokens change an allowance only from or to zero, and some return nothing: what counts is the
    /// allowance afterwards.
    async fn approve(&mut self, token: Address, amount: U256) -> Result<Option<Sent>, BridgeError> {
        let allowed = self.bridge().allowance(token, self.address()).await?;
        if allowed >= amount {
            return Ok(None);
        }
        let spender = self.bridge().network().contracts.bridge;
        let approval = |amount| erc20::approveCall { spender, amount }.abi_encode();
        let receipt = match self.send(token, U256::ZERO, approval(amount)).await {
            Err(BridgeError::Send(SendError::WouldRevert { .. } | SendError::Reverted { .. })) if !allowed.is_zero() => {
                self.send(token, U256::ZERO, approval(U256::ZERO)).await?;
                self.send(token, U256::ZERO, approval(amount)).await?
            }
            other => other?,
        };
        let allowance = self.bridge().allowance(token, self.address()).await?;
        if allowance < amount {
            return Err(BridgeError::Approval { token, allowance, wanted: amount });
        }
        Ok(Some(Sent::of(&receipt)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_32_bytes_is_read_as_well_as_a_text() {
        assert_eq!(read_text(&"Dai".to_owned().abi_encode().into()), "Dai");
        let mut old = [0; 32];
        old[..5].copy_from_slice(b"Maker");
        assert_eq!(read_text(&Bytes::copy_from_slice(&old)), "Maker");
        assert_eq!(read_text(&Bytes::new()), "");
    }
}
