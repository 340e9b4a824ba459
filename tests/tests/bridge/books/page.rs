//! What one block says of ether and tokens: who gave what to whom, by its transactions, receipts and logs alone.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider},
    rpc::types::Log,
    sol,
    sol_types::SolEvent,
};
use eyre::{OptionExt, ensure};
use gainsay_bindings::{
    L1StandardBridge::{ERC20BridgeFinalized, ERC20BridgeInitiated, ETHBridgeFinalized, ETHBridgeInitiated},
    L2ToL1MessagePasser::MessagePassed,
    Portal::{TransactionDeposited, WithdrawalFinalized},
    Rollup::Paid,
};
use gainsay_types::predeploys;
use serde_json::{Value, json};

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
}

/// Type of a deposit on L2.
const DEPOSIT: &str = "0x7e";

/// The contracts of the bridge on one layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    /// Where ether goes in and out: the Portal, or the message passer.
    pub(crate) gate: Address,
    pub(crate) messenger: Address,
    pub(crate) bridge: Address,
}

impl Places {
    /// Those on L2.
    pub(crate) const L2: Self =
        Self { gate: predeploys::MESSAGE_PASSER, messenger: predeploys::CROSS_DOMAIN_MESSENGER, bridge: predeploys::STANDARD_BRIDGE };

    /// The messenger as L2 sees it: a contract's address is moved.
    fn aliased_messenger(&self) -> Address {
        let offset = U256::from(0x1111_u64) << 144 | U256::from(0x1111_u64);
        let sum = U256::from_be_bytes(self.messenger.into_word().0) + offset;
        // What is beyond 20 bytes falls away.
        Address::from_word(B256::from(sum))
    }
}

/// Ether or tokens that went from one to another. Nobody: they are new, or gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) from: Option<Address>,
    pub(crate) to: Option<Address>,
    pub(crate) amount: U256,
}

/// A deposit, as either layer tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deposit {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) mint: U256,
    pub(crate) value: U256,
}

/// What a bridge takes in, and the other one hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Carried {
    /// The token where it is taken in, and where it is handed out; zeros for ether.
    pub(crate) tokens: [Address; 2],
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) amount: U256,
}

impl Carried {
    const fn ether(from: Address, to: Address, amount: U256) -> Self {
        Self { tokens: [Address::ZERO; 2], from, to, amount }
    }

    /// Whether it is no ether.
    pub(crate) fn is_token(&self) -> bool {
        self.tokens != [Address::ZERO; 2]
    }
}

/// What a block says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) hash: B256,
    /// Wei.
    pub(crate) ether: Vec<Flow>,
    /// Tokens of which contract.
    pub(crate) tokens: Vec<(Address, Flow)>,
    /// Deposits of users that the gate on L1 took, or that L2 executed.
    pub(crate) deposits: Vec<Deposit>,
    /// Withdrawals that began here, on L2: hash, target, wei.
    pub(crate) begun: Vec<(B256, Address, U256)>,
    /// Withdrawals that were finalised here, on L1: hash, whether the call succeeded.
    pub(crate) finalised: Vec<(B256, bool)>,
    /// What the bridge took in for the other layer.
    pub(crate) sent: Vec<Carried>,
    /// What the bridge handed out.
    pub(crate) arrived: Vec<Carried>,
}

impl Page {
    /// Reads a block of a layer.
    pub(crate) async fn read(rpc: &DynProvider, number: u64, places: &Places) -> eyre::Result<Self> {
        let quantity = format!("0x{number:x}");
        let block: Value = rpc.raw_request("eth_getBlockByNumber".into(), json!([quantity, true])).await?;
        let receipts: Value = rpc.raw_request("eth_getBlockReceipts".into(), json!([quantity])).await?;
        ensure!(!block.is_null(), "there is no block {number}");
        let mut page = Self { hash: word(&block, "hash")?, ..Self::default() };
        let transactions = block["transactions"].as_array().ok_or_eyre("a block has transactions")?;
        let receipts = receipts.as_array().ok_or_eyre("a block has receipts")?;
        ensure!(transactions.len() == receipts.len(), "block {number} has other receipts than transactions");
        for (transaction, receipt) in transactions.iter().zip(receipts) {
            ensure!(transaction["hash"] == receipt["transactionHash"], "a receipt of another block");
            page.transaction(&block, transaction, receipt)?;
            let logs: Vec<Log> = serde_json::from_value(receipt["logs"].clone())?;
            logs.iter().try_for_each(|log| page.log(log, places))?;
        }
        Ok(page)
    }

    fn transaction(&mut self, block: &Value, transaction: &Value, receipt: &Value) -> eyre::Result<()> {
        let from = Some(address(transaction, "from")?);
        if transaction["type"] == DEPOSIT {
            let mint = number(transaction, "mint")?;
            self.give(None, from, mint);
            let (from, to) = (address(transaction, "from")?, address(transaction, "to")?);
            // The Inbox's own messages tell of L1.
            if to != predeploys::L1_BLOCK {
                self.deposits.push(Deposit { from, to, mint, value: number(transaction, "value")? });
            }
        } else {
            self.fees(block, receipt, from)?;
        }
        if receipt["status"] == "0x1" {
            let created = if transaction["to"].is_null() { receipt } else { transaction };
            let to = address(created, if transaction["to"].is_null() { "contractAddress" } else { "to" })?;
            self.give(from, Some(to), number(transaction, "value")?);
        }
        Ok(())
    }

    /// On L2 each part has its vault; on L1 they are gone.
    fn fees(&mut self, block: &Value, receipt: &Value, from: Option<Address>) -> eyre::Result<()> {
        let (gas, price, base) = (number(receipt, "gasUsed")?, number(receipt, "effectiveGasPrice")?, number(block, "baseFeePerGas")?);
        let blobs = number(receipt, "blobGasUsed")? * number(receipt, "blobGasPrice")?;
        let is_l2 = !receipt["l1Fee"].is_null();
        let vault = |address| is_l2.then_some(address);
        self.give(from, vault(predeploys::BASE_FEE_VAULT), gas * base);
        self.give(from, vault(predeploys::SEQUENCER_FEE_VAULT), gas * (price - base));
        self.give(from, vault(predeploys::L1_FEE_VAULT), number(receipt, "l1Fee")? + blobs);
        Ok(())
    }

    fn log(&mut self, log: &Log, places: &Places) -> eyre::Result<()> {
        let Some(topic) = log.topic0().copied() else { return Ok(()) };
        let emitter = log.address();
        if topic == Transfer::SIGNATURE_HASH {
            let Transfer { from, to, value } = Transfer::decode_log(&log.inner)?.data;
            let real = |account: Address| (!account.is_zero()).then_some(account);
            self.tokens.push((emitter, Flow { from: real(from), to: real(to), amount: value }));
        } else if topic == Paid::SIGNATURE_HASH {
            // A bond that comes back, and prizes.
            let paid = Paid::decode_log(&log.inner)?.data;
            self.give(Some(emitter), Some(paid.to), paid.amount);
        } else if emitter == places.bridge {
            self.bridge(topic, log, places)?;
        } else if emitter == places.gate {
            self.gate(topic, log, places)?;
        }
        Ok(())
    }

    fn bridge(&mut self, topic: B256, log: &Log, places: &Places) -> eyre::Result<()> {
        let (bridge, messenger) = (Some(places.bridge), Some(places.messenger));
        match topic {
            ETHBridgeInitiated::SIGNATURE_HASH => {
                let ETHBridgeInitiated { from, to, amount, .. } = ETHBridgeInitiated::decode_log(&log.inner)?.data;
                self.give(bridge, messenger, amount);
                self.sent.push(Carried::ether(from, to, amount));
            }
            ETHBridgeFinalized::SIGNATURE_HASH => {
                let ETHBridgeFinalized { from, to, amount, .. } = ETHBridgeFinalized::decode_log(&log.inner)?.data;
                self.give(messenger, Some(to), amount);
                self.arrived.push(Carried::ether(from, to, amount));
            }
            ERC20BridgeInitiated::SIGNATURE_HASH => {
                let e = ERC20BridgeInitiated::decode_log(&log.inner)?.data;
                self.sent.push(Carried { tokens: [e.localToken, e.remoteToken], from: e.from, to: e.to, amount: e.amount });
            }
            ERC20BridgeFinalized::SIGNATURE_HASH => {
                let e = ERC20BridgeFinalized::decode_log(&log.inner)?.data;
                self.arrived.push(Carried { tokens: [e.remoteToken, e.localToken], from: e.from, to: e.to, amount: e.amount });
            }
            _ => {}
        }
        Ok(())
    }

    fn gate(&mut self, topic: B256, log: &Log, places: &Places) -> eyre::Result<()> {
        let (messenger, gate) = (Some(places.messenger), Some(places.gate));
        match topic {
            TransactionDeposited::SIGNATURE_HASH => {
                let TransactionDeposited { from, to, opaqueData: data, .. } = TransactionDeposited::decode_log(&log.inner)?.data;
                let (mint, value) = (word_of(&data, 0)?, word_of(&data, 32)?);
                self.deposits.push(Deposit { from, to, mint, value });
                if from == places.aliased_messenger() {
                    self.give(messenger, gate, mint);
                }
            }
            MessagePassed::SIGNATURE_HASH => {
                let passed = MessagePassed::decode_log(&log.inner)?;
                self.begun.push((passed.withdrawalHash, passed.target, passed.value));
                if passed.sender == places.messenger {
                    self.give(messenger, gate, passed.value);
                }
            }
            WithdrawalFinalized::SIGNATURE_HASH => {
                let finalised = WithdrawalFinalized::decode_log(&log.inner)?;
                self.finalised.push((finalised.withdrawalHash, finalised.success));
            }
            _ => {}
        }
        Ok(())
    }

    fn give(&mut self, from: Option<Address>, to: Option<Address>, amount: U256) {
        if !amount.is_zero() {
            self.ether.push(Flow { from, to, amount });
        }
    }
}

/// A word of a deposit's data, which begins with what it mints and what it sends.
fn word_of(data: &Bytes, from: usize) -> eyre::Result<U256> {
    Ok(U256::from_be_slice(data.get(from..from + 32).ok_or_eyre("a deposit's data begins with two words")?))
}

/// A quantity; what is absent counts nothing.
fn number(object: &Value, name: &str) -> eyre::Result<U256> {
    object[name].as_str().map_or(Ok(U256::ZERO), |text| Ok(text.parse()?))
}

fn address(object: &Value, name: &str) -> eyre::Result<Address> {
    Ok(object[name].as_str().ok_or_else(|| eyre::eyre!("no {name} in {object}"))?.parse()?)
}

fn word(object: &Value, name: &str) -> eyre::Result<B256> {
    Ok(object[name].as_str().ok_or_else(|| eyre::eyre!("no {name} in {object}"))?.parse()?)
}
