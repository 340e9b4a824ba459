//! Starting a withdrawal: on L2, or from L1 as a deposit that the sequencer cannot leave out.

use crate::{BridgeError, Deposit, Deposited, Initiated, L1Sender, L2Node, L2Receipt, L2Sender, WithdrawError, withdrawal::initiated};
use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, U256},
    rpc::types::{Filter, TransactionInput, TransactionRequest},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{
    GasPriceOracle, L2StandardBridge, L2ToL1MessagePasser, OptimismMintableERC20,
    l2_bridge::L2StandardBridge::{ERC20BridgeInitiated, ETHBridgeInitiated},
    l2_messenger::L2CrossDomainMessenger::SentMessageExtension1,
    message_passer::L2ToL1MessagePasser::MessagePassed,
};
use gainsay_l1::TxRequest;
use gainsay_types::predeploys::{CROSS_DOMAIN_MESSENGER, GAS_PRICE_ORACLE, MESSAGE_PASSER, STANDARD_BRIDGE};

/// Least gas of the call on L1 that pays out, if none is given: enough for any token that does no more than keep balances.
pub const PAYOUT_GAS: u32 = 200_000;
/// The most gas that a withdrawal's call can be given on L1: a transaction has at most 2^24 (EIP-7825), of which finalising itself needs some.
pub const MOST_CALL_GAS: u64 = 15_000_000;
/// Gas on L2 of a forced withdrawal beside its calldata: three contracts and their events, with a margin.
const FORCED_GAS: u64 = 400_000;
/// Bytes of a signed transaction beside its calldata, at most.
const ENVELOPE_BYTES: usize = 200;

/// What is to be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdraw {
    /// Ether, through messenger and bridge: what cannot be paid can be tried again.
    Ether {
        /// Receiver on L1.
        to: Address,
        /// Wei.
        wei: U256,
        /// Least gas of the payment on L1.
        gas: u32,
    },
    /// Tokens, through messenger and bridge.
    Token {
        /// The token on L1.
        token: Address,
        /// The token on L2.
        twin: Address,
        /// Receiver on L1.
        to: Address,
        /// In the token's smallest unit.
        amount: U256,
        /// Least gas of the payment on L1.
        gas: u32,
    },
    /// Any call, straight from the message passer: made once, whether it succeeds or not.
    Raw {
        /// Callee on L1.
        to: Address,
        /// Wei.
        wei: U256,
        /// Least gas of the call.
        gas: u64,
        /// Its calldata.
        data: Bytes,
    },
}

impl Withdraw {
    /// The contract on L2 to call, the ether to send, and the calldata.
    ///
    /// # Errors
    /// When the call on L1 wants more gas than it could ever be given.
    pub fn call(&self) -> Result<(Address, U256, Bytes), WithdrawError> {
        let none = Bytes::new();
        let asked = match *self {
            Self::Ether { gas, .. } | Self::Token { gas, .. } => u64::from(gas),
            Self::Raw { gas, .. } => gas,
        };
        if asked > MOST_CALL_GAS {
            return Err(WithdrawError::TooMuchGas { asked: U256::from(asked), most: MOST_CALL_GAS });
        }
        Ok(match self.clone() {
            Self::Ether { to, wei, gas } => {
                let call = L2StandardBridge::bridgeETHToCall { to, minGasLimit: gas, extraData: none };
                (STANDARD_BRIDGE, wei, call.abi_encode().into())
            }
            Self::Token { token, twin, to, amount, gas } => {
                let call = L2StandardBridge::bridgeERC20ToCall {
                    localToken: twin,
                    remoteToken: token,
                    to,
                    amount,
                    minGasLimit: gas,
                    extraData: none,
                };
                (STANDARD_BRIDGE, U256::ZERO, call.abi_encode().into())
            }
            Self::Raw { to, wei, gas, data } => {
                let call = L2ToL1MessagePasser::initiateWithdrawalCall { target: to, gasLimit: U256::from(gas), data };
                (MESSAGE_PASSER, wei, call.abi_encode().into())
            }
        })
    }

    /// The same with another amount of ether; tokens stay as they are.
    #[must_use]
    pub fn with_wei(self, amount: U256) -> Self {
        match self {
            Self::Ether { to, gas, .. } => Self::Ether { to, wei: amount, gas },
            Self::Raw { to, gas, data, .. } => Self::Raw { to, wei: amount, gas, data },
            token @ Self::Token { .. } => token,
        }
    }
}

impl L2Sender {
    /// Starts a withdrawal.
    ///
    /// # Errors
    /// When L2 refuses it.
    pub async fn withdraw(&mut self, withdraw: &Withdraw) -> Result<Vec<Initiated>, WithdrawError> {
        let (to, value, input) = withdraw.call()?;
        let receipt = self.send(TxRequest { to, value, input, ..TxRequest::default() }).await?;
        Ok(started(&receipt))
    }

    /// Starts a withdrawal of all ether that is left after the fee. The fee is not known before, so a little of it stays behind.
    ///
    /// # Errors
    /// When the balance does not pay the fee, and when L2 refuses.
    pub async fn withdraw_all(&mut self, withdraw: Withdraw) -> Result<Vec<Initiated>, WithdrawError> {
        let account = self.address();
        let balance = self.node().balance(account).await?;
        let (to, _, input) = withdraw.call()?;
        let (gas, fee) = self.node().fee_at_most(account, to, input).await?;
        let left = balance.checked_sub(fee).filter(|left| !left.is_zero());
        let wei = left.ok_or(WithdrawError::NothingLeft { account, balance, fee })?;
        let (to, value, input) = withdraw.with_wei(wei).call()?;
        let receipt = self.send(TxRequest { to, value, input, gas_limit: Some(gas), ..TxRequest::default() }).await?;
        Ok(started(&receipt))
    }
}

impl L2Node {
    /// Smallest units of a token of L2 that an account has.
    ///
    /// # Errors
    /// When the node does not say, or it is no token.
    pub async fn token_balance(&self, token: Address, account: Address) -> Result<U256, WithdrawError> {
        Ok(self.read(token, OptimismMintableERC20::balanceOfCall { owner: account }, BlockId::latest()).await?)
    }

    /// Gas limit of a transaction, and the most that it can cost while prices do not double.
    async fn fee_at_most(&self, from: Address, to: Address, input: Bytes) -> Result<(u64, U256), WithdrawError> {
        let call = TransactionRequest::default().from(from).to(to).value(U256::from(1)).input(TransactionInput::both(input.clone()));
        let estimate: U256 = self.request("eth_estimateGas", (call,)).await?;
        let gas = estimate.saturating_add(estimate >> 2);
        let price: U256 = self.request("eth_gasPrice", ()).await?;
        // Sending offers twice the base fee and a tip of at least 0.01 gwei.
        let offered = price.saturating_mul(U256::from(3)).saturating_add(U256::from(10_000_000));
        let signed = [input.as_ref(), &[0xff; ENVELOPE_BYTES]].concat();
        let data = self.read(GAS_PRICE_ORACLE, GasPriceOracle::getL1FeeCall { data: signed.into() }, BlockId::latest()).await?;
        let fee = gas.saturating_mul(offered).saturating_add(data.saturating_mul(U256::from(2)));
        Ok((u64::try_from(gas).unwrap_or(u64::MAX), fee))
    }
}

impl L1Sender {
    /// Starts a withdrawal of the same account's ether or tokens on L2 from L1. `gas` is its limit on L2; none for a usual one.
    ///
    /// # Errors
    /// When L1 refuses the deposit. Whether L2 executes it well is seen there only.
    pub async fn force_withdrawal(&mut self, withdraw: &Withdraw, gas: Option<u64>) -> Result<Deposited, WithdrawError> {
        let (to, value, data) = withdraw.call()?;
        let usual = FORCED_GAS.saturating_add(data.len() as u64 * 60);
        Ok(self.deposit(Deposit { gas: gas.or(Some(usual)), ..Deposit::call(to, value, data) }).await?)
    }
}

fn started(receipt: &L2Receipt) -> Vec<Initiated> {
    initiated(receipt.transaction_hash, receipt.block(), &receipt.logs)
}

/// What finds the withdrawals that an account started: itself, through the messenger, or through the bridge.
pub(crate) fn filters_of(account: Address) -> [Filter; 4] {
    let account = account.into_word();
    let of = |contract: Address, event| Filter::new().address(contract).event_signature(event);
    [
        of(MESSAGE_PASSER, MessagePassed::SIGNATURE_HASH).topic2(account),
        of(CROSS_DOMAIN_MESSENGER, SentMessageExtension1::SIGNATURE_HASH).topic1(account),
        of(STANDARD_BRIDGE, ETHBridgeInitiated::SIGNATURE_HASH).topic1(account),
        of(STANDARD_BRIDGE, ERC20BridgeInitiated::SIGNATURE_HASH).topic3(account),
    ]
}

impl From<gainsay_l1::KeyError> for WithdrawError {
    fn from(error: gainsay_l1::KeyError) -> Self {
        Self::Bridge(BridgeError::Send(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_and_tokens_go_through_the_bridge_and_other_calls_straight_from_the_message_passer() {
        let (to, one) = (Address::repeat_byte(1), U256::from(1));
        let (bridge, value, _) = Withdraw::Ether { to, wei: one, gas: PAYOUT_GAS }.call().expect("a call");
        assert_eq!((bridge, value), (STANDARD_BRIDGE, one));
        let (token, twin) = (Address::repeat_byte(2), Address::repeat_byte(3));
        let (bridge, value, input) = Withdraw::Token { token, twin, to, amount: one, gas: PAYOUT_GAS }.call().expect("a call");
        assert_eq!((bridge, value), (STANDARD_BRIDGE, U256::ZERO));
        let call = L2StandardBridge::bridgeERC20ToCall::abi_decode(&input).expect("the bridge's call");
        assert_eq!((call.localToken, call.remoteToken, call.to, call.amount), (twin, token, to, one));
        let raw = Withdraw::Raw { to, wei: one, gas: 100_000, data: Bytes::from_static(&[1, 2]) };
        let (passer, value, input) = raw.call().expect("a call");
        let call = L2ToL1MessagePasser::initiateWithdrawalCall::abi_decode(&input).expect("the message passer's call");
        assert_eq!((passer, value, call.target, call.data.as_ref()), (MESSAGE_PASSER, one, to, &[1, 2][..]));
    }

    #[test]
    fn a_call_that_wants_more_gas_than_a_transaction_has_is_refused_before_it_is_sent() {
        let raw = |gas| Withdraw::Raw { to: Address::ZERO, wei: U256::ZERO, gas, data: Bytes::new() }.call();
        assert!(raw(MOST_CALL_GAS).is_ok());
        assert!(matches!(raw(MOST_CALL_GAS + 1), Err(WithdrawError::TooMuchGas { .. })));
    }
}
