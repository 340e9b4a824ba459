//! Random traffic: transactions of every type that users may send, and deposits, over random contracts.

use crate::{
    check::{ALLOC, real_blobs},
    programs::{DEEP, deep, program},
    world::{CHAIN_ID, Signer, TOKEN, World, token_transfer},
};
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use gainsay_execute::genesis::GenesisAccount;
use gainsay_types::{Transaction, UserDeposit, batch::BatchBlock, predeploys::HISTORY_STORAGE, testing::Dice};

/// Fee that is enough, wei for each gas.
const FEE: u128 = 3_000_000_000;
/// Signers from here on only ever authorise delegations.
const AUTHORITIES: u16 = 380;

/// Where transactions come from. Everything follows from the seed.
pub(crate) struct Traffic {
    pub(crate) dice: Dice,
    targets: Vec<Address>,
    /// The next account that has sent nothing.
    fresh: u16,
}

impl Traffic {
    /// A chain with random contracts on it, and traffic for it.
    pub(crate) fn new(seed: u64) -> (World, Self) {
        let mut dice = Dice::new(seed);
        let mut targets: Vec<Address> = (0..6).map(|index| Address::with_last_byte(0xe0 + index)).collect();
        // Not L1Block: this chain's lets anybody set the fees, and soon nobody could pay them.
        targets.extend([TOKEN, DEEP, HISTORY_STORAGE]);
        targets.extend((AUTHORITIES..AUTHORITIES + 4).map(|index| Signer::new(index).address));
        let mut alloc = ALLOC.clone();
        for address in &targets[..6] {
            alloc.0.insert(*address, contract(program(&mut dice, &targets, 2)));
        }
        alloc.0.insert(DEEP, contract(deep()));
        (real_blobs(World::with(&alloc)), Self { dice, targets, fresh: 0 })
    }

    fn target(&mut self) -> Address {
        self.targets[self.dice.below(self.targets.len() as u64) as usize]
    }

    /// A block of so many transactions.
    pub(crate) fn block(&mut self, deposits: u64, transactions: u64) -> BatchBlock {
        let transactions = (0..transactions).map(|_| self.transaction()).collect();
        BatchBlock { delay_ms: 750 + self.dice.below(2_000), deposits, transactions }
    }

    /// A transaction; of one in a hundred the nonce is wrong, so that its batch ends there.
    pub(crate) fn transaction(&mut self) -> Transaction {
        let signer = Signer::new(self.fresh);
        self.fresh += 1;
        assert!(self.fresh < AUTHORITIES, "out of accounts");
        let nonce = u64::from(self.dice.below(100) == 0);
        if self.dice.below(12) == 0 {
            return token_transfer(&signer, nonce, self.dice.address());
        }
        let (to, input) = self.callee();
        // What calls and creations need at least, and some more.
        let least = 80_000 + 42 * input.len() as u64;
        let gas_limit = least + [0, 100_000, 600_000, 2_000_000][self.dice.below(4) as usize];
        let value = U256::from([0, 0, 1, 1u64 << 40][self.dice.below(4) as usize]);
        let chain_id = CHAIN_ID;
        match self.dice.below(6) {
            0 => signer.sign(TxLegacy { chain_id: Some(chain_id), nonce, gas_price: FEE, gas_limit, to, value, input }),
            1 => signer.sign(TxLegacy { chain_id: None, nonce, gas_price: FEE, gas_limit, to, value, input }),
            2 => {
                let access_list = self.access_list();
                signer.sign(TxEip2930 { chain_id, nonce, gas_price: FEE, gas_limit, to, value, access_list, input })
            }
            3 => self.delegating(&signer, nonce, value, input),
            _ => {
                let access_list = if self.dice.below(4) == 0 { self.access_list() } else { AccessList::default() };
                let (max_fee_per_gas, max_priority_fee_per_gas) = (FEE, u128::from(self.dice.below(1 << 20)));
                signer.sign(TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas,
                    max_priority_fee_per_gas,
                    to,
                    value,
                    access_list,
                    input,
                })
            }
        }
    }

    /// Whom a transaction calls, and with what.
    fn callee(&mut self) -> (TxKind, Bytes) {
        if self.dice.below(2) == 0 {
            let targets = self.targets.clone();
            return (TxKind::Create, program(&mut self.dice, &targets, 2).into());
        }
        let length = self.dice.below(200) as usize;
        let input = self.dice.bytes(length);
        (TxKind::Call(self.target()), input.into())
    }

    fn access_list(&mut self) -> AccessList {
        let items = 1 + self.dice.below(3);
        let item = |traffic: &mut Self| AccessListItem {
            address: traffic.target(),
            storage_keys: (0..traffic.dice.below(4)).map(|slot| U256::from(slot).into()).collect(),
        };
        AccessList((0..items).map(|_| item(self)).collect())
    }

    fn delegating(&mut self, signer: &Signer, nonce: u64, value: U256, input: Bytes) -> Transaction {
        let authorizations = 1 + self.dice.below(3);
        signer.sign(TxEip7702 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 2_000_000,
            max_fee_per_gas: FEE,
            max_priority_fee_per_gas: 1,
            to: self.target(),
            value,
            access_list: AccessList::default(),
            authorization_list: (0..authorizations).map(|_| self.authorization(signer, nonce)).collect(),
            input,
        })
    }

    /// An authorization that holds in most cases: by another account or by the sender, to a contract or to nobody.
    fn authorization(&mut self, sender: &Signer, nonce: u64) -> SignedAuthorization {
        let (authority, nonce) = match self.dice.below(5) {
            0 => (*sender, nonce + 1),
            index => (Signer::new(AUTHORITIES + index as u16 - 1), self.dice.below(3)),
        };
        let chain_id = U256::from([0, CHAIN_ID, CHAIN_ID, 1][self.dice.below(4) as usize]);
        let address = if self.dice.below(5) == 0 { Address::ZERO } else { self.target() };
        let authorization = Authorization { chain_id, address, nonce };
        let signature = authority.sign_hash(authorization.signature_hash());
        if self.dice.below(8) == 0 {
            return SignedAuthorization::new_unchecked(authorization, self.dice.below(3) as u8, self.dice.word().into(), signature.s());
        }
        authorization.into_signed(signature)
    }

    /// A deposit that succeeds or fails: for want of gas or of wei, or as its code wants it.
    pub(crate) fn deposit(&mut self) -> UserDeposit {
        let from = if self.dice.below(3) == 0 { self.target() } else { self.dice.address() };
        let mint = [0, 1, 1_000_000][self.dice.below(3) as usize];
        let value = if self.dice.below(4) == 0 { mint + 1 } else { mint };
        let (to, data) = self.callee();
        let least = 21_000 + 40 * data.len() as u64;
        let gas_limit = least + self.dice.below(400_000);
        UserDeposit { from, to: to.into_to(), mint, value, gas_limit, data }
    }
}

fn contract(code: Vec<u8>) -> GenesisAccount {
    GenesisAccount { code: code.into(), nonce: U256::from(1), balance: U256::from(1_000_000), ..GenesisAccount::default() }
}
