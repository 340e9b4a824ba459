//! What people and contracts do with the bridge, on either layer.

use crate::{
    cast::{Layer, Pair, alias},
    contracts::{Actor, CallingToken, Counter, FalseToken, PlainToken, Reenterer},
    fault::Fault,
    sequencer::Intent,
    world::World,
};
use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::{FeeVault, L1CrossDomainMessenger, L1StandardBridge, L2ToL1MessagePasser, Portal};
use gainsay_model::chain::Sent;
use gainsay_types::predeploys::{BASE_FEE_VAULT, L1_FEE_VAULT, MESSAGE_PASSER, SEQUENCER_FEE_VAULT};

/// Gas of a call on L2.
const L2_GAS: u64 = 1_500_000;
/// Wei of one ether.
const ETHER: u64 = 1_000_000_000_000_000_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Ether without a call: on L1 to the Portal or the bridge, on L2 to anybody.
    Pay,
    /// A call straight through Portal or message passer.
    Raw,
    /// A call through the messengers.
    Message,
    /// Ether through the bridges.
    BridgeEther,
    /// Tokens through the bridges.
    BridgeToken,
    /// Tokens towards a pair that does not exist.
    WrongPair,
    /// Tokens from one to another on their layer.
    Transfer,
    /// The message passer destroys what has left, or a vault pays its fees to L1.
    Housekeeping,
}

/// How a deed gets to its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A transaction of a person.
    Person,
    /// A contract there that a person calls.
    Contract,
    /// On L2 only: a deposit from the same account on L1. On L1 as [`Self::Person`].
    Deposit,
    /// On L2 only: a deposit of a contract on L1, which acts as its alias. On L1 as [`Self::Contract`].
    ContractDeposit,
}

/// Who does what, with numbers to choose by.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Where.
    pub layer: Layer,
    /// How.
    pub way: Way,
    /// What.
    pub deed: Deed,
    /// Which person.
    pub who: u64,
    /// To whom.
    pub target: u64,
    /// How much.
    pub amount: u64,
    /// How much gas it asks for on the other layer.
    pub gas: u64,
    /// Calldata, tokens, and the like.
    pub detail: u64,
}

/// A call that an act comes down to.
#[derive(Clone, Debug)]
struct Call {
    to: Address,
    value: U256,
    data: Bytes,
}

impl World<'_> {
    /// Does it, or has L1 or L2 refuse it.
    ///
    /// # Errors
    /// When what L1 tells cannot be.
    pub fn user(&mut self, act: &Act) -> Result<(), Fault> {
        let call = self.compose(act);
        let user = self.cast.user(act.who);
        let targets = *self.cast.targets(act.layer);
        match (act.layer, act.way) {
            (Layer::L1, Way::Person | Way::Deposit) => self.on_l1(user, call),
            (Layer::L1, Way::Contract | Way::ContractDeposit) => self.on_l1(user, through(targets.actor, call, true)),
            (Layer::L2, Way::Person) => self.on_l2(act, call),
            (Layer::L2, Way::Contract) => self.on_l2(act, through(targets.actor, call, act.detail.is_multiple_of(2))),
            (Layer::L2, Way::Deposit) => {
                let deposit = self.as_deposit(act, call);
                self.on_l1(user, deposit)
            }
            (Layer::L2, Way::ContractDeposit) => {
                let deposit = self.as_deposit(act, call);
                self.on_l1(user, through(self.cast.on_l1.actor, deposit, true))
            }
        }
    }

    fn on_l1(&mut self, sender: Address, call: Call) -> Result<(), Fault> {
        let Call { to, value, data } = call;
        let done = self.send(Sent { sender, to, input: data, value, gas: crate::world::PLENTY })?;
        self.report.count(if done.is_ok() { "calls on L1" } else { "calls that L1 refused" });
        Ok(())
    }

    fn on_l2(&mut self, act: &Act, call: Call) -> Result<(), Fault> {
        let Call { to, value, data } = call;
        // Now and then too little.
        let gas = if act.gas % 11 == 1 { 60_000 } else { L2_GAS };
        self.pool.push(Intent { user: act.who as usize % crate::cast::USERS, to, value, data, gas });
        Ok(())
    }

    /// A deposit of the call: with its ether, with none of it so that the sender's own on L2 is used, or with some.
    fn as_deposit(&self, act: &Act, call: Call) -> Call {
        let Call { to, value, data } = call;
        let mint = match act.detail % 4 {
            0 => U256::ZERO,
            1 => value >> 1,
            _ => value,
        };
        let least = 21_000 + 40 * data.len() as u64;
        let gas = match act.gas % 8 {
            0 => least,
            1 => least - 1,
            2 => least + act.gas % 100_000,
            _ => least + 600_000,
        };
        let data = Portal::depositTransactionCall { to, value, gasLimit: gas, isCreation: false, data }.abi_encode();
        Call { to: self.cast.l1.portal, value: mint, data: data.into() }
    }

    fn compose(&self, act: &Act) -> Call {
        let cast = &self.cast;
        let value = amount(act.amount);
        let (messenger, bridge) = cast.bridge(act.layer);
        let target = cast.callee(act.layer.other(), act.target);
        let min_gas = [0u32, 21_000, 60_000, 200_000][act.gas as usize / 8 % 4];
        let plain = |to: Address, value: U256| Call { to, value, data: Bytes::new() };
        match act.deed {
            Deed::Pay if act.layer == Layer::L1 => plain([cast.l1.portal, bridge][act.target as usize % 2], value),
            Deed::Pay => plain(cast.callee(Layer::L2, act.target), value),
            Deed::Raw => self.raw(act, target, value),
            Deed::Message => {
                let message = payload(act.detail);
                let data = L1CrossDomainMessenger::sendMessageCall { target, message, minGasLimit: min_gas }.abi_encode();
                Call { to: messenger, value, data: data.into() }
            }
            Deed::BridgeEther => {
                let extra = payload(act.detail % 4);
                let data = L1StandardBridge::bridgeETHToCall { to: target, minGasLimit: min_gas, extraData: extra }.abi_encode();
                Call { to: bridge, value, data: data.into() }
            }
            Deed::BridgeToken => self.bridge_token(act, self.pair(act.detail), target, min_gas),
            Deed::WrongPair => {
                let other = self.pair(act.detail + 1);
                let (name, home) = ("wrong", Layer::L1);
                let wrong = Pair { name, home, native: self.pair(act.detail).on(Layer::L1).0, twin: other.on(Layer::L2).0 };
                self.bridge_token(act, wrong, target, min_gas)
            }
            Deed::Transfer => {
                let (token, _) = self.pair(act.detail).on(act.layer);
                let data = PlainToken::transferCall { to: cast.user(act.target), amount: value >> 4 }.abi_encode();
                Call { to: token, value: U256::ZERO, data: data.into() }
            }
            Deed::Housekeeping => housekeeping(act),
        }
    }

    /// Straight through the Portal (a call, or a creation) or the message passer.
    fn raw(&self, act: &Act, target: Address, value: U256) -> Call {
        let data = payload(act.detail);
        if act.layer == Layer::L2 {
            let gas = [0, 21_000, 100_000, 1_000_000, u64::MAX][act.gas as usize % 5];
            let call = L2ToL1MessagePasser::initiateWithdrawalCall { target, gasLimit: U256::from(gas), data };
            return Call { to: MESSAGE_PASSER, value, data: call.abi_encode().into() };
        }
        let creates = act.detail % 16 == 3;
        let (to, data) = if creates { (Address::ZERO, Actor::BYTECODE.clone()) } else { (target, data) };
        let least = 21_000 + 40 * data.len() as u64;
        let gas = [least - 1, least, least + 30_000, 1_000_000][act.gas as usize % 4];
        // More than what comes along, now and then.
        let sent = if act.gas % 7 == 3 { value << 1 } else { value };
        let call = Portal::depositTransactionCall { to, value: sent, gasLimit: gas, isCreation: creates, data };
        Call { to: self.cast.l1.portal, value, data: call.abi_encode().into() }
    }

    fn bridge_token(&self, act: &Act, pair: Pair, to: Address, min_gas: u32) -> Call {
        let (local, remote) = pair.on(act.layer);
        let call = L1StandardBridge::bridgeERC20ToCall {
            localToken: local,
            remoteToken: remote,
            to,
            amount: amount(act.amount) >> 2,
            minGasLimit: min_gas + if act.gas.is_multiple_of(5) { 0 } else { 200_000 },
            extraData: Bytes::new(),
        };
        Call { to: self.cast.bridge(act.layer).1, value: U256::ZERO, data: call.abi_encode().into() }
    }

    fn pair(&self, pick: u64) -> Pair {
        self.cast.pairs[pick as usize % self.cast.pairs.len()]
    }

    /// Changes how a contract behaves.
    ///
    /// # Errors
    /// When what L1 tells cannot be.
    pub fn mood(&mut self, which: u64, yes: bool, detail: u64) -> Result<(), Fault> {
        let cast = self.cast.clone();
        let stranger = self.stranger();
        let refuse = Counter::refuseCall { yes };
        match which % 8 {
            0 | 1 => self.must(stranger, cast.on_l1.counter, &refuse, U256::ZERO)?,
            2 | 3 => {
                let data = refuse.abi_encode().into();
                let call = Portal::depositTransactionCall {
                    to: cast.on_l2.counter,
                    value: U256::ZERO,
                    gasLimit: 100_000,
                    isCreation: false,
                    data,
                };
                self.must(stranger, cast.l1.portal, &call, U256::ZERO)?
            }
            4 => self.must(stranger, cast.false_token, &FalseToken::lieCall { yes }, U256::ZERO)?,
            5 => {
                let (target_, input_) = if yes { self.callback(detail) } else { Default::default() };
                self.must(stranger, cast.calling_token, &CallingToken::setCall { target_, input_ }, U256::ZERO)?
            }
            _ => {
                let (target_, input_) = self.callback(detail);
                self.must(stranger, cast.on_l1.reenterer, &Reenterer::setCall { target_, input_ }, U256::ZERO)?
            }
        };
        Ok(())
    }

    /// What a contract on L1 calls while it is called: whatever could take money twice.
    fn callback(&self, detail: u64) -> (Address, Bytes) {
        let cast = &self.cast;
        let pick = detail as usize / 8;
        let facts = self.l2.facts();
        let withdrawal = facts.withdrawals.get(pick % facts.withdrawals.len().max(1)).map(|one| one.transaction.clone());
        let message = facts.messages.get(pick % facts.messages.len().max(1)).map(crate::l2::Message::relay);
        match (detail % 8, withdrawal, message) {
            (0..=2, Some(withdrawal), _) => {
                let call = Portal::finalizeWithdrawalTransactionExternalProofCall { withdrawal, proofSubmitter: cast.user(0) };
                (cast.l1.portal, call.abi_encode().into())
            }
            (3..=5, _, Some(relay)) => (cast.l1.messenger, relay),
            (6, ..) => {
                let pair = cast.pairs[4];
                let call = L1StandardBridge::bridgeERC20ToCall {
                    localToken: pair.native,
                    remoteToken: pair.twin,
                    to: cast.user(0),
                    amount: U256::from(1),
                    minGasLimit: 200_000,
                    extraData: Bytes::new(),
                };
                (cast.l1.bridge, call.abi_encode().into())
            }
            _ => (
                cast.l1.bridge,
                L1StandardBridge::bridgeETHToCall { to: alias(cast.l1.bridge), minGasLimit: 0, extraData: Bytes::new() }
                    .abi_encode()
                    .into(),
            ),
        }
    }
}

/// The actor is told to make the call, with the caller's ether or its own.
fn through(actor: Address, call: Call, brings: bool) -> Call {
    let Call { to, value, data } = call;
    let run = Actor::runCall { target: to, value, input: data };
    Call { to: actor, value: if brings { value } else { U256::ZERO }, data: run.abi_encode().into() }
}

fn housekeeping(act: &Act) -> Call {
    let vaults = [SEQUENCER_FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT];
    let (to, data) = match act.detail % 4 {
        3 => (MESSAGE_PASSER, L2ToL1MessagePasser::burnCall {}.abi_encode()),
        vault => (vaults[vault as usize], FeeVault::withdrawCall {}.abi_encode()),
    };
    Call { to, value: U256::ZERO, data: data.into() }
}

/// Mostly up to two ether, to the wei; now and then nothing, a little, or too much.
fn amount(pick: u64) -> U256 {
    let within = |most: u64| U256::from(pick / 16 % most);
    match pick % 16 {
        0 => U256::ZERO,
        1 => within(1_000),
        2 => U256::from(ETHER) * within(20),
        3..=8 => within(ETHER / 10),
        _ => within(2 * ETHER),
    }
}

/// Calldata: mostly little.
fn payload(pick: u64) -> Bytes {
    match pick % 8 {
        0..=3 => Bytes::new(),
        4 | 5 => vec![pick as u8; 36].into(),
        6 => vec![0; 700].into(),
        _ => vec![7; 3_000].into(),
    }
}
