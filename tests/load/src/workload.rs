//! What is sent, signed beforehand and put into requests, so that sending costs next to nothing.

use crate::senders::{SLOTS, Sender, TOKEN};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, Bytes, TxKind, U256, hex, keccak256},
    sol,
    sol_types::SolCall,
};
use clap::ValueEnum;
use secp256k1::Secp256k1;
use std::thread;

sol! {
    function transfer(address to, uint256 value) external returns (bool);
}

/// Kinds of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Ether between the senders.
    Transfer,
    /// Ether to accounts that nobody has seen.
    Fresh,
    /// Tokens to accounts that nobody has seen.
    Token,
    /// Ten slots that were zero.
    Slots,
}

/// How a load is made.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What is sent.
    pub kind: Kind,
    /// Transactions in all.
    pub count: u64,
    /// Nonce of each sender's first.
    pub first_nonce: u64,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Distinguishes the recipients of one run from those of another.
    pub seed: u64,
}

impl Shape {
    /// The transaction at a place: senders take turns.
    fn transaction(&self, senders: &[Sender], place: u64) -> TxEip1559 {
        let count = senders.len() as u64;
        let fresh = || Address::from_word(keccak256([self.seed.to_be_bytes(), place.to_be_bytes()].concat()));
        let (to, value, input, gas_limit) = match self.kind {
            Kind::Transfer => (senders[((place * 7 + 1) % count) as usize].address, U256::ONE, Bytes::new(), 21_000),
            Kind::Fresh => (fresh(), U256::ONE, Bytes::new(), 21_000),
            Kind::Token => (TOKEN, U256::ZERO, transferCall { to: fresh(), value: U256::ONE }.abi_encode().into(), 80_000),
            Kind::Slots => (SLOTS, U256::ZERO, U256::from_be_bytes(fresh().into_word().0).to_be_bytes_vec().into(), 300_000),
        };
        TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.first_nonce + place / count,
            gas_limit,
            max_fee_per_gas: 20_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: TxKind::Call(to),
            value,
            access_list: Default::default(),
            input,
        }
    }

    /// All of it, in order, as hexadecimal strings. Signed by as many threads as there are cores.
    #[must_use]
    pub fn sign(&self, senders: &[Sender]) -> Vec<String> {
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        let share = self.count.div_ceil(threads).max(1);
        thread::scope(|scope| {
            let starts = (0..self.count).step_by(share as usize);
            let parts: Vec<_> = starts.map(|start| scope.spawn(move || self.sign_part(senders, start, (start + share).min(self.count)))).collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        })
    }

    fn sign_part(&self, senders: &[Sender], from: u64, to: u64) -> Vec<String> {
        let curve = Secp256k1::new();
        let signed = |place: u64| {
            let transaction = self.transaction(senders, place);
            let sender = &senders[(place % senders.len() as u64) as usize];
            let signature = sender.sign(&curve, transaction.signature_hash());
            hex::encode_prefixed(TxEnvelope::from(transaction.into_signed(signature)).encoded_2718())
        };
        (from..to).map(signed).collect()
    }
}

/// Bodies of requests that send these, so many in each; with one it is no batch.
#[must_use]
pub fn bodies(transactions: &[String], batch: usize) -> Vec<Vec<u8>> {
    let call = |(id, raw): (usize, &String)| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"eth_sendRawTransaction","params":["{raw}"]}}"#);
    let body = |part: &[String]| match part {
        [one] => call((1, one)).into_bytes(),
        part => format!("[{}]", part.iter().enumerate().map(call).collect::<Vec<_>>().join(",")).into_bytes(),
    };
    transactions.chunks(batch.max(1)).map(body).collect()
}
