//! Mixed user transactions, signed beforehand, with what they must lead to. Sent as often as needed: nodes may lose them.

use crate::{Random, accounts, contracts::Token};
use alloy::{
    eips::{
        eip2718::Encodable2718,
        eip2930::{AccessList, AccessListItem},
        eip7702::{Authorization, SignedAuthorization},
    },
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256, keccak256},
    rpc::types::TransactionRequest,
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolValue,
};

/// Transactions of one sender that may be on their way at once.
const WINDOW: u64 = 16;
/// Tokens that each sender creates.
const SUPPLY: u64 = 1_000_000;
const GWEI: u128 = 1_000_000_000;

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A legacy transfer of ether.
    Legacy,
    /// An EIP-1559 transfer of ether.
    Transfer,
    /// A token transfer with an access list (EIP-2930).
    AccessList,
    /// A token transfer.
    Token,
    /// A token transfer that reverts.
    Revert,
    /// A contract creation.
    Creation,
    /// A delegation of a fresh account to the token (EIP-7702).
    Delegation,
}

const KINDS: [Kind; 7] = [Kind::Legacy, Kind::Transfer, Kind::AccessList, Kind::Token, Kind::Revert, Kind::Creation, Kind::Delegation];

/// A fact that holds once all transactions are through, in whatever order senders were served.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// An account has so many wei.
    Balance(Address, u64),
    /// An account has so many tokens.
    Tokens { token: Address, owner: Address, amount: u64 },
    /// An account has this code.
    Code(Address, Bytes),
    /// A transaction succeeds, or reverts.
    Outcome(B256, bool),
}

#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) signer: PrivateKeySigner,
    wallet: EthereumWallet,
    token: Address,
    /// Signed transactions; the position is the nonce.
    pub(crate) queue: Vec<Bytes>,
}

/// Transactions of all free accounts but the last (which tests use on their own), and what they must lead to.
#[derive(Debug)]
pub struct Traffic {
    chain_id: u64,
    pub(crate) senders: Vec<Sender>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) window: u64,
    sink: Address,
    sunk: u64,
}

impl Traffic {
    /// Signs `count` transactions; every sender's first creates its token, the rest are drawn from all kinds.
    ///
    /// # Errors
    /// When the token cannot be compiled.
    pub async fn sign(chain_id: u64, count: usize, random: &mut Random) -> eyre::Result<Self> {
        let token = Token::compile()?;
        let sink = Address::from_slice(&random.bytes(20));
        let mut traffic = Self { chain_id, senders: Vec::new(), facts: Vec::new(), window: WINDOW, sink, sunk: 0 };
        for index in 0..accounts::USERS - 1 {
            let signer = accounts::signer(index)?;
            let (wallet, token) = (EthereumWallet::from(signer.clone()), signer.address().create(0));
            traffic.senders.push(Sender { signer, wallet, token, queue: Vec::new() });
        }
        for position in 0..count {
            let sender = position % traffic.senders.len();
            if traffic.senders[sender].queue.is_empty() {
                let request = TransactionRequest::default().with_deploy_code(token.create(SUPPLY)).with_gas_limit(1_500_000);
                traffic.push(sender, dynamic_fee(request), true).await?;
            } else {
                traffic.push_random(sender, random).await?;
            }
        }
        let tokens = traffic.senders.iter().map(|one| one.token).collect::<Vec<_>>();
        traffic.sum_tokens(&tokens);
        traffic.facts.push(Fact::Balance(sink, traffic.sunk));
        Ok(traffic)
    }

    /// Lets each sender have one transaction on its way at a time, so that the traffic lasts.
    #[must_use]
    pub fn slowly(self) -> Self {
        Self { window: 1, ..self }
    }

    /// Transactions signed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.senders.iter().map(|sender| sender.queue.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    async fn push_random(&mut self, sender: usize, random: &mut Random) -> eyre::Result<()> {
        let kind = KINDS[random.below(KINDS.len() as u64) as usize];
        let (token, value) = (self.senders[sender].token, 1 + random.below(100));
        let fresh = Address::from_slice(&random.bytes(20));
        let transfer =
            |amount| TransactionRequest::default().with_to(token).with_input(Token::transfer(fresh, amount)).with_gas_limit(120_000);
        let request = match kind {
            Kind::Legacy => legacy_fee(self.sink_request(value)),
            Kind::Transfer => dynamic_fee(self.sink_request(value)),
            Kind::AccessList => {
                let storage_keys = vec![balance_slot(fresh), B256::from(random.bytes32())];
                legacy_fee(transfer(value)).access_list(AccessList(vec![AccessListItem { address: token, storage_keys }]))
            }
            Kind::Token => dynamic_fee(transfer(value)),
            Kind::Revert => dynamic_fee(transfer(SUPPLY * 2)),
            Kind::Creation => self.creation_request(sender, random),
            Kind::Delegation => self.delegation_request(sender, random)?,
        };
        if matches!(kind, Kind::AccessList | Kind::Token) {
            self.facts.push(Fact::Tokens { token, owner: fresh, amount: value });
        }
        self.push(sender, request, kind != Kind::Revert).await
    }

    fn sink_request(&mut self, value: u64) -> TransactionRequest {
        self.sunk += value;
        TransactionRequest::default().with_to(self.sink).with_value(U256::from(value)).with_gas_limit(21_000)
    }

    /// Creates a contract of ten bytes that stops at once.
    fn creation_request(&mut self, sender: usize, random: &mut Random) -> TransactionRequest {
        let mut code = random.bytes(10);
        code[0] = 0;
        // PUSH1 10, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 10, PUSH1 0, RETURN
        let init = [&[0x60, 10, 0x60, 12, 0x60, 0, 0x39, 0x60, 10, 0x60, 0, 0xf3], code.as_slice()].concat();
        let sender = &self.senders[sender];
        self.facts.push(Fact::Code(sender.signer.address().create(sender.queue.len() as u64), code.into()));
        dynamic_fee(TransactionRequest::default().with_deploy_code(init).with_gas_limit(200_000))
    }

    /// A fresh account delegates to the sender's token; the sender pays.
    fn delegation_request(&mut self, sender: usize, random: &mut Random) -> eyre::Result<TransactionRequest> {
        let authority = PrivateKeySigner::from_bytes(&keccak256(random.bytes32()))?;
        let token = self.senders[sender].token;
        let signed = delegate(&authority, self.chain_id, token)?;
        self.facts.push(Fact::Code(authority.address(), [&[0xef, 0x01, 0x00], token.as_slice()].concat().into()));
        let mut request = dynamic_fee(self.sink_request(1)).with_gas_limit(120_000);
        request.authorization_list = Some(vec![signed]);
        Ok(request)
    }

    async fn push(&mut self, sender: usize, request: TransactionRequest, succeeds: bool) -> eyre::Result<()> {
        let sender = &mut self.senders[sender];
        let request = request.with_nonce(sender.queue.len() as u64).with_chain_id(self.chain_id).with_from(sender.signer.address());
        let signed = request.build(&sender.wallet).await?;
        self.facts.push(Fact::Outcome(*signed.tx_hash(), succeeds));
        sender.queue.push(signed.encoded_2718().into());
        Ok(())
    }

    /// Each creator keeps what it did not give away.
    fn sum_tokens(&mut self, tokens: &[Address]) {
        for (sender, token) in self.senders.iter().zip(tokens) {
            let given: u64 = self
                .facts
                .iter()
                .filter_map(|fact| match fact {
                    Fact::Tokens { token: other, amount, .. } if other == token => Some(*amount),
                    _ => None,
                })
                .sum();
            self.facts.push(Fact::Tokens { token: *token, owner: sender.signer.address(), amount: SUPPLY - given });
        }
    }
}

/// Signs a delegation (EIP-7702) of an account that has sent nothing yet.
fn delegate(authority: &PrivateKeySigner, chain_id: u64, to: Address) -> eyre::Result<SignedAuthorization> {
    let authorization = Authorization { chain_id: U256::from(chain_id), address: to, nonce: 0 };
    let signature = authority.sign_hash_sync(&authorization.signature_hash())?;
    Ok(authorization.into_signed(signature))
}

/// Slot of an owner's balance: `balanceOf` is the token's first variable.
fn balance_slot(owner: Address) -> B256 {
    keccak256((owner, U256::ZERO).abi_encode())
}

fn dynamic_fee(request: TransactionRequest) -> TransactionRequest {
    request.with_max_fee_per_gas(100 * GWEI).with_max_priority_fee_per_gas(GWEI)
}

fn legacy_fee(request: TransactionRequest) -> TransactionRequest {
    request.with_gas_price(100 * GWEI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_slot_is_the_hash_of_owner_and_slot_number() {
        let mut preimage = [0; 64];
        preimage[12..32].copy_from_slice(&[7; 20]);
        assert_eq!(balance_slot(Address::repeat_byte(7)), keccak256(preimage));
    }

    #[test]
    fn a_delegation_recovers_to_its_authority() -> eyre::Result<()> {
        let authority = accounts::signer(3)?;
        let signed = delegate(&authority, 1, Address::repeat_byte(9))?;
        assert_eq!(signed.recover_authority()?, authority.address());
        Ok(())
    }
}
