//! What is paid for by transactions, deposits and payloads themselves.

use crate::{
    case::{Case, chain},
    code::{CONTRACT, GAS, contract, endless},
    world::{CHAIN_ID, ETHER, Signer, World, calldata, compressed},
};
use alloy_consensus::{TxEip1559, TxEip7702};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use gainsay_derive::Payload;
use gainsay_types::{Transaction, UserDeposit, blob, payload::MAX_DECOMPRESSED, payload::envelope, testing::Dice};

/// Bytes of a deposit's data, at most.
const DEPOSIT_BYTES: usize = 100_000;
/// Messages that a batch may consume.
const MESSAGES: usize = 512;

fn block(transactions: impl Fn() -> Vec<Transaction> + 'static, slots: bool) -> impl Fn() -> World + 'static {
    move || {
        let reader = contract(endless("5f", "80 54 50 6001 01"));
        let mut world = chain(slots.then_some((CONTRACT, reader)));
        world.append(calldata(vec![(0, transactions())]));
        world
    }
}

fn transfers() -> Vec<Transaction> {
    let to = |index: u16| Address::from_slice(&keccak256(index.to_be_bytes())[..20]);
    (0..140).map(|index| Signer::new(index).send(0, to(index), 1, 21_000, Bytes::new())).collect()
}

fn authorizations() -> Vec<Transaction> {
    let authorize = |index: u16| {
        let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: CONTRACT, nonce: 0 };
        let signature = Signer::new(index).sign_hash(authorization.signature_hash());
        authorization.into_signed(signature)
    };
    vec![Signer::new(0).sign(TxEip7702 {
        chain_id: CHAIN_ID,
        gas_limit: GAS,
        max_fee_per_gas: 3_000_000_000,
        to: Address::repeat_byte(1),
        authorization_list: (1..110).map(authorize).collect(),
        ..TxEip7702::default()
    })]
}

/// Lists slots; with `read` the contract reads them too.
fn listed(slots: u64, read: bool) -> Vec<Transaction> {
    let storage_keys = (0..slots).map(|slot| B256::from(U256::from(slot))).collect();
    let to = if read { CONTRACT } else { Address::repeat_byte(1) };
    vec![Signer::new(0).sign(TxEip1559 {
        chain_id: CHAIN_ID,
        gas_limit: GAS,
        max_fee_per_gas: 3_000_000_000,
        to: TxKind::Call(to),
        access_list: AccessList(vec![AccessListItem { address: CONTRACT, storage_keys }]),
        ..TxEip1559::default()
    })]
}

fn listed_accounts() -> Vec<Transaction> {
    let item = |index: u64| AccessListItem { address: Address::from_word(U256::from(index).into()), storage_keys: vec![] };
    vec![Signer::new(0).sign(TxEip1559 {
        chain_id: CHAIN_ID,
        gas_limit: GAS,
        max_fee_per_gas: 3_000_000_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        access_list: AccessList((4096..5296).map(item).collect()),
        ..TxEip1559::default()
    })]
}

fn data(bytes: Vec<u8>) -> Vec<Transaction> {
    vec![Signer::new(0).send(0, Address::repeat_byte(1), 0, GAS, bytes.into())]
}

fn deposits(count: usize, bytes: usize) -> World {
    let mut world = chain([]);
    let mut dice = Dice::new(7);
    for index in 0..count {
        let (from, to) = (Signer::new(index as u16 % 8).address, Some(Address::repeat_byte(index as u8)));
        let gas_limit = 21_000 + 40 * bytes as u64;
        world.user_deposit(UserDeposit { from, to, mint: ETHER, value: 1, gas_limit, data: dice.bytes(bytes).into() });
    }
    world.append(Payload::None);
    world
}

fn blobs(payload: &[u8]) -> World {
    let mut world = chain([]);
    world.append(Payload::Blobs(blob::pack(payload).unwrap()));
    world
}

fn squeezed(bytes: &[u8]) -> World {
    let mut stream = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut stream, &parameters).unwrap();
    blobs(&envelope(&stream).unwrap())
}

/// Words of four bytes of eight kinds, without order: as many copies or literals as six blobs can name.
fn words() -> World {
    let mut dice = Dice::new(3);
    let kinds: Vec<Vec<u8>> = (0..8).map(|_| dice.bytes(4)).collect();
    let mut text = Vec::new();
    while text.len() + 4 <= MAX_DECOMPRESSED / 2 {
        text.extend_from_slice(&kinds[dice.below(8) as usize]);
    }
    squeezed(&text)
}

/// As many literals as six blobs can name, at a bit each.
fn tosses() -> World {
    let mut dice = Dice::new(4);
    let bytes: Vec<u8> = (0..MAX_DECOMPRESSED * 7 / 80)
        .flat_map(|_| {
            let bits = dice.bits();
            (0..8).map(move |bit| (bits >> bit) as u8 & 1)
        })
        .collect();
    squeezed(&bytes)
}

/// An empty block, then blocks of the same transaction until the batch is full.
fn full_batch() -> World {
    let transaction = Signer::new(0).send(0, Address::repeat_byte(1), 1, 21_000, Bytes::new());
    let mut blocks = vec![(0, vec![])];
    blocks.extend((0..60).map(|_| (0, vec![transaction.clone(); 1_400])));
    blobs(&compressed(blocks))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("transfers to new accounts", block(transfers, false)),
        Case::new("an EIP-7702 list", block(authorizations, true)),
        Case::new("a list of slots", block(|| listed(1_500, false), true)),
        Case::new("a list of slots that are read", block(|| listed(1_400, true), true)),
        Case::new("a list of accounts", block(listed_accounts, false)),
        Case::new("calldata of zeroes", block(|| data(vec![0; 290_000]), false)),
        Case::new("calldata", block(|| data(Dice::new(1).bytes(70_000)), false)),
        Case::new("7 deposits of 100 kB", || deposits(7, DEPOSIT_BYTES)),
        Case::new("the first of 512 deposits of 100 kB", || deposits(MESSAGES, DEPOSIT_BYTES)),
        Case::new("512 deposits", || deposits(MESSAGES, 0)),
        Case::new("8 MiB of zeroes", || squeezed(&vec![0; MAX_DECOMPRESSED])),
        Case::new("4 MiB of words", words),
        Case::new("6 MB of coin tosses", tosses),
        Case::new("six blobs of noise", || squeezed(&Dice::new(1).bytes(779_000))),
        Case::new("an empty block of a batch of 84,000 transactions", full_batch),
    ]
}
