//! Accounts with keys, contracts, and what they send.

use super::{CHAIN_ID, config};
use alloy_consensus::{SignableTransaction, Signed, TxEip1559, TxEip7702, crypto::secp256k1::sign_message};
use alloy_eips::{eip2935::HISTORY_STORAGE_CODE, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, bytes, keccak256};
use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc};
use gainsay_types::{
    Transaction, UserDeposit,
    predeploys::{HISTORY_STORAGE, L1_BLOCK, l1_block_slot},
};
use op_alloy_consensus::OpTxEnvelope;

pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
/// A token: `transfer(address,uint256)` over a mapping in slot 0, with its event.
pub(crate) const TOKEN: Address = address!("00000000000000000000000000000000000000b1");
/// Stores the hash of the block whose number it is given, at that number.
const HASHES: Address = address!("00000000000000000000000000000000000000b2");
/// Reads all slots that it is given.
const SLOTS: Address = address!("00000000000000000000000000000000000000b3");

const TOKEN_CODE: Bytes = bytes!(
    "335f5260405f208054602435808210605a578091039091556004355f5260405f208054820190555f5260043533
     7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60205fa360015f5260205ff35b5f5ffd"
);
/// for (i = 0; i < calldatasize; i += 32) sload(calldata[i])
const SLOTS_CODE: Bytes = bytes!("5f5b803554506020018036116001575f5ff3");

/// An account with a key.
#[derive(Clone, Copy)]
pub(crate) struct Signer {
    key: B256,
    pub(crate) address: Address,
}

impl Signer {
    pub(crate) fn new(index: u16) -> Self {
        Self::of(keccak256(index.to_be_bytes()))
    }

    /// The account of a private key.
    pub(crate) fn of(key: B256) -> Self {
        let address = sign_message(key, B256::ZERO).unwrap().recover_address_from_prehash(&B256::ZERO).unwrap();
        Self { key, address }
    }

    pub(crate) fn send(&self, nonce: u64, to: Address, value: u128, gas_limit: u64, input: Bytes) -> Transaction {
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit,
            max_fee_per_gas: 3_000_000_000,
            max_priority_fee_per_gas: 7,
            to: TxKind::Call(to),
            value: U256::from(value),
            input,
            ..TxEip1559::default()
        };
        self.sign(transaction)
    }

    pub(crate) fn sign<T: SignableTransaction<Signature>>(&self, transaction: T) -> Transaction
    where
        OpTxEnvelope: From<Signed<T>>,
    {
        let signature = self.sign_hash(transaction.signature_hash());
        Transaction::new(OpTxEnvelope::from(transaction.into_signed(signature))).unwrap()
    }

    pub(crate) fn sign_hash(&self, hash: B256) -> Signature {
        sign_message(self.key, hash).unwrap()
    }
}

pub(crate) fn eth_transfer(from: &Signer, nonce: u64, to: Address) -> Transaction {
    from.send(nonce, to, 1_234_567, 21_000, Bytes::new())
}

pub(crate) fn token_transfer(from: &Signer, nonce: u64, to: Address) -> Transaction {
    let call = [&keccak256("transfer(address,uint256)")[..4], to.into_word().as_slice(), B256::from(U256::from(1000)).as_slice()].concat();
    from.send(nonce, TOKEN, 0, 100_000, call.into())
}

pub(crate) fn hashes_call(from: &Signer, nonce: u64, number: u64) -> Transaction {
    from.send(nonce, HASHES, 0, 100_000, B256::from(U256::from(number)).into())
}

pub(crate) fn slots_call(from: &Signer, nonce: u64, slots: &[B256]) -> Transaction {
    from.send(nonce, SLOTS, 0, 16_000_000, slots.concat().into())
}

/// A deposit that mints and sends all that it mints.
pub(crate) fn deposit(from: Address, to: Address, wei: u128) -> UserDeposit {
    UserDeposit { from, to: Some(to), mint: wei, value: wei, gas_limit: 100_000, data: Bytes::new() }
}

fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { code, nonce: U256::from(1), ..GenesisAccount::default() }
}

/// 400 accounts with keys, wei and tokens; the contracts.
pub(crate) fn alloc() -> GenesisAlloc {
    let config = config();
    let scalars = U256::from(u64::from(config.base_fee_scalar) | u64::from(config.blob_base_fee_scalar) << 32);
    let mut alloc = GenesisAlloc::default();
    // Stores the words of `setL1Attributes`: number and time in slot 0, then the others.
    let l1_block = bytes!("60043560243560401b175f5560443560015560643560025560843560035500");
    let fees = [
        (U256::from(l1_block_slot::BASE_FEE), U256::from(30_000_000_000u64)),
        (U256::from(l1_block_slot::BLOB_BASE_FEE), U256::from(1)),
        (U256::from(l1_block_slot::SCALARS), scalars),
    ];
    alloc.0.insert(L1_BLOCK, GenesisAccount { storage: fees.into(), ..contract(l1_block) });
    alloc.0.insert(HISTORY_STORAGE, contract(HISTORY_STORAGE_CODE.clone()));
    alloc.0.insert(HASHES, contract(bytes!("5f35405f355500")));
    alloc.0.insert(SLOTS, contract(SLOTS_CODE));
    let mut token = contract(TOKEN_CODE);
    for index in 0..400 {
        let Signer { address, .. } = Signer::new(index);
        alloc.0.insert(address, GenesisAccount { balance: U256::from(1_000 * ETHER), ..GenesisAccount::default() });
        token.storage.insert(keccak256([address.into_word(), B256::ZERO].concat()).into(), U256::from(1_000_000));
    }
    alloc.0.insert(TOKEN, token);
    alloc
}

/// A transaction that lets `authority` delegate to the token.
pub(crate) fn delegation(from: &Signer, nonce: u64, authority: &Signer) -> Transaction {
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: TOKEN, nonce: 0 };
    let signature = sign_message(authority.key, authorization.signature_hash()).unwrap();
    let transaction = TxEip7702 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 7,
        to: Address::repeat_byte(1),
        authorization_list: vec![authorization.into_signed(signature)],
        ..TxEip7702::default()
    };
    let signature = sign_message(from.key, transaction.signature_hash()).unwrap();
    Transaction::new(OpTxEnvelope::from(transaction.into_signed(signature))).unwrap()
}
