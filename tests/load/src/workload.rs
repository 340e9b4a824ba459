//! What is sent, signed beforehand and put into requests, so that sending costs next to nothing.

use crate::senders::{FILLER, SLOTS, Sender, TOKEN};
use alloy::{
    consensus::{SignableTransaction, TxEip1559},
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256},
    sol,
    sol_types::{SolCall, SolValue},
};
use clap::ValueEnum;
use secp256k1::Secp256k1;
use std::{io::Write, iter, thread};

sol! {
    function transfer(address to, uint256 value) external returns (bool);
}

/// Accounts that one transaction of `fill` makes: as many as the gas limit of a transaction (EIP-7825) allows.
pub(crate) const FILL: u64 = 450;
/// What the senders pay for gas at most, wei.
const MAX_FEE: u128 = 20_000_000_000;
const MAX_TIP: u128 = 1_000_000_000;

/// A call up to the hexadecimal digits of the transaction.
const CALL: &[u8] = br#"{"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":["0x"#;

/// Kinds of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Ether between the senders.
    Transfer,
    /// Ether to accounts that nobody has seen.
    Fresh,
    /// Ether to any of the accounts that `fill` has made.
    Known,
    /// Tokens between the senders.
    TokenHot,
    /// Tokens to accounts that nobody has seen.
    Token,
    /// Ten slots that were zero.
    Slots,
    /// Makes accounts, each with one wei.
    Fill,
}

impl Kind {
    /// As on the command line.
    #[must_use]
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// A load to be made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What is sent.
    pub(crate) kind: Kind,
    /// Transactions; for [`Kind::Fill`], accounts.
    pub(crate) count: u64,
    /// Accounts that were filled before.
    pub(crate) accounts: u64,
    /// EIP-155 chain id.
    pub(crate) chain_id: u64,
    /// Who sends, in turn.
    pub(crate) senders: Vec<Sender>,
    /// Their next nonces. The first one also tells the recipients of this load from those of an earlier one.
    pub(crate) nonces: Vec<u64>,
}

/// The transactions of one request, encoded. Put into JSON only when they are sent: so a load of minutes fits into memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    bytes: Vec<u8>,
    /// Where each transaction ends.
    ends: Vec<u32>,
}

impl Parcel {
    fn push(&mut self, raw: &[u8]) {
        self.bytes.extend_from_slice(raw);
        self.ends.push(self.bytes.len() as u32);
    }

    /// How many transactions.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    fn transactions(&self) -> impl Iterator<Item = &[u8]> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start as usize..*end as usize])
    }

    /// Hashes of the transactions.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = B256> {
        self.transactions().map(keccak256)
    }

    /// Puts the body of the request into a buffer: one call, or a batch.
    pub(crate) fn write(&self, body: &mut Vec<u8>) {
        body.clear();
        let batch = self.len() > 1;
        for (id, raw) in self.transactions().enumerate() {
            body.extend_from_slice(if id > 0 {
                b","
            } else if batch {
                b"["
            } else {
                b""
            });
            body.extend_from_slice(CALL);
            let start = body.len();
            body.resize(start + raw.len() * 2, 0);
            // The room is what it needs.
            let _ = hex::encode_to_slice(raw, &mut body[start..]);
            // Writing to a vector cannot fail.
            let _ = write!(body, "\"],\"id\":{id}}}");
        }
        if batch {
            body.push(b']');
        }
    }
}

/// The account with this number, as the filling contract makes it.
fn filled(number: u64) -> Address {
    Address::from_word(keccak256(U256::from(number).to_be_bytes::<32>()))
}

impl Plan {
    /// How many transactions it is.
    #[must_use]
    pub(crate) const fn transactions(&self) -> u64 {
        if matches!(self.kind, Kind::Fill) { self.count.div_ceil(FILL) } else { self.count }
    }

    fn random(&self, place: u64) -> B256 {
        keccak256([self.nonces[0].to_be_bytes(), place.to_be_bytes()].concat())
    }

    /// The transaction at a place: senders take turns.
    fn transaction(&self, place: u64) -> TxEip1559 {
        let count = self.senders.len() as u64;
        let fresh = || Address::from_word(self.random(place));
        let hot = || self.senders[((place * 7 + 1) % count) as usize].address;
        let known = || filled(u64::from_be_bytes(self.random(place)[..8].try_into().unwrap_or_default()) % self.accounts.max(1));
        let token = |to| Bytes::from(transferCall { to, value: U256::ONE }.abi_encode());
        let (to, value, input, gas_limit) = match self.kind {
            Kind::Transfer => (hot(), U256::ONE, Bytes::new(), 21_000),
            Kind::Fresh => (fresh(), U256::ONE, Bytes::new(), 21_000),
            Kind::Known => (known(), U256::ONE, Bytes::new(), 21_000),
            Kind::TokenHot => (TOKEN, U256::ZERO, token(hot()), 60_000),
            Kind::Token => (TOKEN, U256::ZERO, token(fresh()), 60_000),
            Kind::Slots => (SLOTS, U256::ZERO, self.random(place).0.to_vec().into(), 260_000),
            Kind::Fill => (FILLER, U256::ZERO, self.fill(place), 16_700_000),
        };
        TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonces[(place % count) as usize] + place / count,
            gas_limit,
            max_fee_per_gas: MAX_FEE,
            max_priority_fee_per_gas: MAX_TIP,
            to: TxKind::Call(to),
            value,
            access_list: Default::default(),
            input,
        }
    }

    fn fill(&self, place: u64) -> Bytes {
        let done = place * FILL;
        (U256::from(self.accounts + done), U256::from(FILL.min(self.count - done))).abi_encode().into()
    }

    /// All of it, in order, `batch` transactions a request. Signed by as many threads as there are cores.
    pub(crate) fn parcels(&self, batch: usize) -> Vec<Parcel> {
        let (all, batch) = (self.transactions(), batch.max(1) as u64);
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        let share = all.div_ceil(threads).next_multiple_of(batch).max(1);
        thread::scope(|scope| {
            let starts = (0..all).step_by(share as usize);
            let part = |start: u64| scope.spawn(move || self.part(batch, start, (start + share).min(all)));
            let parts: Vec<_> = starts.map(part).collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        })
    }

    fn part(&self, batch: u64, from: u64, to: u64) -> Vec<Parcel> {
        let curve = Secp256k1::new();
        let mut raw = Vec::new();
        let parcel = |start: u64| {
            let mut parcel = Parcel::default();
            for place in start..(start + batch).min(to) {
                let transaction = self.transaction(place);
                let sender = &self.senders[(place % self.senders.len() as u64) as usize];
                let signature = sender.sign(&curve, transaction.signature_hash());
                raw.clear();
                transaction.into_signed(signature).encode_2718(&mut raw);
                parcel.push(&raw);
            }
            parcel.bytes.shrink_to_fit();
            parcel
        };
        (from..to).step_by(batch as usize).map(parcel).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::senders::senders;
    use serde_json::json;
    use std::collections::HashSet;

    fn plan(kind: Kind, count: u64) -> Plan {
        Plan { kind, count, accounts: 10, chain_id: 7, senders: senders(3), nonces: vec![5, 5, 6] }
    }

    #[test]
    fn every_transaction_is_sent_once_whatever_the_batch() {
        for (count, batch) in [(1, 1), (7, 2), (10, 50), (101, 10)] {
            let parcels = plan(Kind::Transfer, count).parcels(batch);
            let hashes: Vec<_> = parcels.iter().flat_map(Parcel::hashes).collect();
            assert_eq!(hashes.len() as u64, count);
            assert_eq!(hashes.iter().collect::<HashSet<_>>().len() as u64, count);
            assert!(parcels.iter().all(|parcel| parcel.len() <= batch));
        }
    }

    #[test]
    fn a_request_holds_one_call_or_a_batch_of_them() {
        let mut parcel = Parcel::default();
        let mut body = b"old".to_vec();
        let calls = |body: &[u8]| -> serde_json::Value { serde_json::from_slice(body).unwrap_or_default() };
        parcel.push(&[1, 2]);
        parcel.write(&mut body);
        assert_eq!(calls(&body), json!({ "jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": ["0x0102"], "id": 0 }));
        parcel.push(&[0xff]);
        parcel.write(&mut body);
        let ids: Vec<_> =
            calls(&body).as_array().unwrap_or(&Vec::new()).iter().map(|call| (call["id"].clone(), call["params"][0].clone())).collect();
        assert_eq!(ids, [(json!(0), json!("0x0102")), (json!(1), json!("0xff"))]);
    }

    #[test]
    fn each_sender_goes_on_with_its_own_nonces() {
        let plan = plan(Kind::Transfer, 9);
        let nonces: Vec<_> = (0..9).map(|place| plan.transaction(place).nonce).collect();
        assert_eq!(nonces, [5, 5, 6, 6, 6, 7, 7, 7, 8]);
    }

    #[test]
    fn filling_covers_every_number_once() {
        let plan = plan(Kind::Fill, 2 * FILL + 3);
        assert_eq!(plan.transactions(), 3);
        let ranges: Vec<_> = (0..3).map(|place| <(U256, U256)>::abi_decode(&plan.fill(place)).unwrap_or_default()).collect();
        assert_eq!(
            ranges,
            [(10, FILL), (10 + FILL, FILL), (10 + 2 * FILL, 3)].map(|(start, count)| (U256::from(start), U256::from(count)))
        );
    }
}
