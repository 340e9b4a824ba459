//! Proofs, payments and second tries on L1.

use crate::{
    cast::{Layer, USERS},
    fault::{Fault, same},
    l2::{Message, Output, Proof, Withdrawal},
    records::Proved,
    sequencer::Intent,
    world::{PLENTY, World},
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::{L1CrossDomainMessenger as Messenger, L1StandardBridge, Portal};
use gainsay_model::chain::{PROOF_MATURITY, Sent};

/// Gas of a second try on L2: a megabyte of memory takes two million.
const REPLAY_GAS: u64 = 4_000_000;

/// What somebody changes in a proof before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// A byte of a node.
    Node,
    /// The last node is left out.
    Short,
    /// The last node comes twice.
    Long,
    /// A word of the output root.
    Output,
    /// The output root's version.
    Version,
    /// The withdrawal's wei.
    Value,
    /// Who is called.
    Target,
    /// Who started it.
    Sender,
    /// Its number.
    Nonce,
    /// Its gas.
    Gas,
    /// Its calldata.
    Data,
}

impl World<'_> {
    /// One of the withdrawals that were started, mostly one that `is_wanted`; or one that was made up.
    fn pick(&self, pick: u64, is_wanted: impl Fn(&Self, B256) -> bool) -> Option<Withdrawal> {
        let place = pick as usize / 8;
        if pick.is_multiple_of(8) && !self.forged.is_empty() {
            return Some(self.forged[place % self.forged.len()].withdrawal.clone());
        }
        let all = &self.l2.facts().withdrawals;
        let open = |one: &&Withdrawal| !self.records.finalized.contains_key(&one.hash);
        let wanted: Vec<&Withdrawal> = all.iter().filter(open).filter(|one| is_wanted(self, one.hash)).collect();
        match (pick % 8, wanted.len()) {
            (2.., 1..) => Some(wanted[place % wanted.len()].clone()),
            _ if all.is_empty() => None,
            _ => Some(all[place % all.len()].clone()),
        }
    }

    /// Who has proved a withdrawal.
    fn provers(&self, hash: B256) -> Vec<Address> {
        self.records.proofs.keys().filter(|(one, _)| *one == hash).map(|(_, who)| *who).collect()
    }

    /// Somebody proves a withdrawal against a game, as it is or changed.
    ///
    /// # Errors
    /// When L1 takes what it must refuse, or the other way round.
    pub fn prove(&mut self, which: u64, who: u64, game: u64, tamper: Option<Tamper>) -> Result<(), Fault> {
        let Some(withdrawal) = self.pick(which, |_, _| true) else { return Ok(()) };
        let Some(index) = self.game_of_forged(withdrawal.hash, game).or_else(|| self.pick_game(game)) else { return Ok(()) };
        let submitter = self.cast.user(who);
        self.prove_one(&withdrawal, submitter, index, tamper)
    }

    /// For what was made up, the game that claims it, mostly.
    fn game_of_forged(&self, hash: B256, pick: u64) -> Option<u64> {
        let claims = |output: &Output| matches!(output, Output::Forged(forged) if forged.withdrawal.hash == hash);
        let game = self.records.assertions.iter().rev().find(|one| claims(&one.output)).and_then(|one| one.game);
        game.filter(|_| !pick.is_multiple_of(4))
    }

    /// The newest game, mostly; games count from 0.
    fn pick_game(&self, pick: u64) -> Option<u64> {
        let count = self.records.games.len() as u64;
        let latest = count.checked_sub(1)?;
        Some(if pick.is_multiple_of(2) { latest } else { pick / 2 % count })
    }

    pub(crate) fn prove_one(&mut self, withdrawal: &Withdrawal, who: Address, index: u64, tamper: Option<Tamper>) -> Result<(), Fault> {
        let place = self.records.games[index as usize];
        let assertion = self.records.assertions[place].clone();
        let Some(mut proof) = self.l2.prove(&assertion.output, withdrawal.hash)? else { return self.prove_nothing(withdrawal, who, index) };
        let lost = self.records.children(assertion.parent).any(|one| self.records.assertions[one].confirmed) && !assertion.confirmed;
        let is_unsafe = [self.cast.l1.portal, self.cast.l1.inbox].contains(&withdrawal.transaction.target);
        let right = self.l2.commits(&assertion.output, withdrawal.hash) && !lost && !is_unsafe && tamper.is_none();
        let mut transaction = withdrawal.transaction.clone();
        if let Some(tamper) = tamper {
            change(tamper, index ^ place as u64, &mut proof, &mut transaction);
        }
        let call = Portal::proveWithdrawalTransactionCall {
            withdrawal: transaction,
            disputeGameIndex: U256::from(index),
            outputRootProof: proof.output,
            withdrawalProof: proof.nodes,
        };
        let portal = self.cast.l1.portal;
        let told = self.act(who, portal, &call, U256::ZERO)?;
        same(format!("whether the proof is taken ({tamper:?}, {told:?})"), told.is_ok(), right)?;
        if right {
            self.records.proofs.insert((withdrawal.hash, who), Proved { assertion: place, time: self.now() });
        }
        self.report.count(match (right, tamper, assertion.is_true) {
            (true, _, true) => "proofs",
            (true, _, false) => "proofs against a false assertion",
            (false, Some(_), _) => "altered proofs refused",
            _ if lost => "proofs against a loser refused",
            _ if is_unsafe => "withdrawals to the Portal refused",
            _ => "proofs of what is not there refused",
        });
        Ok(())
    }

    /// Against an output root that nothing is known behind.
    fn prove_nothing(&mut self, withdrawal: &Withdrawal, who: Address, index: u64) -> Result<(), Fault> {
        let head = self.l2.head().header.number;
        let Some(proof) = self.l2.prove(&Output::Block(head), withdrawal.hash)? else { return Ok(()) };
        let call = Portal::proveWithdrawalTransactionCall {
            withdrawal: withdrawal.transaction.clone(),
            disputeGameIndex: U256::from(index),
            outputRootProof: proof.output,
            withdrawalProof: proof.nodes,
        };
        let portal = self.cast.l1.portal;
        let told = self.act(who, portal, &call, U256::ZERO)?;
        self.report.count("proofs against an unknown root refused");
        same("a proof against another output root is refused", told.is_err(), true)
    }

    /// Somebody finalises a withdrawal by a person's proof.
    ///
    /// # Errors
    /// When L1 takes what it must refuse, or the other way round, or pays something else.
    pub fn finalize(&mut self, which: u64, who: u64, submitter: u64, gas: u64) -> Result<(), Fault> {
        let Some(withdrawal) = self.pick(which, |world, hash| !world.provers(hash).is_empty()) else { return Ok(()) };
        let provers = self.provers(withdrawal.hash);
        let one = provers.get(submitter as usize / 4 % provers.len().max(1)).filter(|_| !submitter.is_multiple_of(4));
        let (who, submitter) = (self.cast.user(who), one.copied().unwrap_or_else(|| self.cast.user(submitter / 4)));
        let gas = if gas.is_multiple_of(4) { 120_000 + gas % 800_000 } else { PLENTY };
        self.finalize_one(&withdrawal, who, submitter, gas)
    }

    /// What the Portal must say to it, given enough gas.
    fn is_payable(&self, withdrawal: &Withdrawal, submitter: Address) -> Result<Proved, &'static str> {
        if self.records.finalized.contains_key(&withdrawal.hash) {
            return Err("payments of what is paid refused");
        }
        let Some(proved) = self.records.proofs.get(&(withdrawal.hash, submitter)) else { return Err("payments without a proof refused") };
        if self.now() < proved.time + PROOF_MATURITY {
            return Err("payments of young proofs refused");
        }
        if !self.records.assertions[proved.assertion].confirmed {
            return Err("payments by an unconfirmed assertion refused");
        }
        if withdrawal.transaction.gasLimit > U256::from(2_000_000) {
            return Err("payments that ask for more gas than there is refused");
        }
        Ok(*proved)
    }

    /// Who gets the ether in the end, if all goes well: behind messenger and bridge.
    fn payee(&self, withdrawal: &Withdrawal) -> Address {
        let transaction = &withdrawal.transaction;
        let (messenger, bridge) = self.cast.bridge(Layer::L1);
        if transaction.target != messenger || transaction.sender != self.cast.bridge(Layer::L2).0 {
            return transaction.target;
        }
        let Ok(relay) = Messenger::relayMessageCall::abi_decode(&transaction.data) else { return transaction.target };
        match L1StandardBridge::finalizeBridgeETHCall::abi_decode(&relay.message) {
            Ok(call) if relay.target == bridge => call.to,
            _ => relay.target,
        }
    }

    pub(crate) fn finalize_one(&mut self, withdrawal: &Withdrawal, who: Address, submitter: Address, gas: u64) -> Result<(), Fault> {
        let payable = self.is_payable(withdrawal, submitter);
        let portal = self.cast.l1.portal;
        let (payee, value) = (self.payee(withdrawal), withdrawal.transaction.value);
        let before = (self.chain.balance(portal)?, self.chain.balance(payee)?);
        let delivered = self.records.delivered.len();
        let paid_before = self.records.finalized.len();
        let call = Portal::finalizeWithdrawalTransactionExternalProofCall {
            withdrawal: withdrawal.transaction.clone(),
            proofSubmitter: submitter,
        };
        let input = Bytes::from(call.abi_encode());
        let limit = gas + floor(&input);
        let told = self.send(Sent { sender: who, to: portal, input, value: U256::ZERO, gas: limit })?;
        match payable {
            Err(reason) => {
                same(format!("whether this is refused: {reason}"), told.is_err(), true)?;
                self.report.count(reason);
                return Ok(());
            }
            Ok(_) if told.is_err() => {
                // Only for want of gas.
                same(format!("a payment that must be made ({told:?})"), gas < PLENTY, true)?;
                self.report.count("payments with too little gas refused");
                return Ok(());
            }
            Ok(_) => {}
        }
        let success = self.records.finalized.get(&withdrawal.hash).copied();
        same("one withdrawal is finalised at a time", self.records.finalized.len(), paid_before + 1)?;
        let by_message = withdrawal.transaction.target != payee;
        if (0..USERS as u64).any(|user| self.cast.user(user) == payee) && (!by_message || self.records.delivered.len() > delivered) {
            same("a person takes what comes", success, Some(true))?;
            let after = (self.chain.balance(portal)?, self.chain.balance(payee)?);
            same("the Portal has paid", after.0, before.0 - value)?;
            same("the person got it", after.1, before.1 + value)?;
        }
        self.report.count(if success == Some(true) { "payments" } else { "payments whose call failed" });
        Ok(())
    }

    /// Somebody tries a message again on the layer where it was delivered: mostly one that failed there.
    ///
    /// # Errors
    /// When L1 takes what it must refuse.
    pub fn replay(&mut self, layer: Layer, which: u64, who: u64, gas: u64) -> Result<(), Fault> {
        let all = match layer {
            Layer::L1 => self.l2.facts().messages.clone(),
            Layer::L2 => self.records.messages.clone(),
        };
        let mut failed = Vec::new();
        for message in &all {
            let (delivered, has_failed) = self.status(layer, message)?;
            if has_failed && !delivered {
                failed.push(message.clone());
            }
        }
        let from = if which.is_multiple_of(4) || failed.is_empty() { &all } else { &failed };
        if from.is_empty() {
            return Ok(());
        }
        let message = from[which as usize / 4 % from.len()].clone();
        self.replay_one(layer, &message, who, gas)
    }

    pub(crate) fn replay_one(&mut self, layer: Layer, message: &Message, who: u64, gas: u64) -> Result<(), Fault> {
        let (delivered, failed) = self.status(layer, message)?;
        let user = self.cast.user(who);
        let to = self.cast.bridge(layer).0;
        if layer == Layer::L2 {
            let index = who as usize % USERS;
            self.pool.push(Intent { user: index, to, value: U256::ZERO, data: message.relay(), gas: REPLAY_GAS });
            self.report.count("second tries on L2");
            return Ok(());
        }
        let gas = if gas.is_multiple_of(4) { 60_000 + gas % 500_000 } else { PLENTY };
        let input = message.relay();
        let gas = gas + floor(&input);
        let told = self.send(Sent { sender: user, to, input, value: U256::ZERO, gas })?;
        if delivered || !failed {
            same("a second try of what has not failed is refused", told.is_err(), true)?;
            self.report.count("second tries of what has not failed refused");
            return Ok(());
        }
        let now = self.status(layer, message)?.0;
        self.report.count(if now { "second tries" } else { "second tries that failed" });
        Ok(())
    }

    /// Whether a message was delivered on a layer, and whether it has failed there.
    ///
    /// # Errors
    /// When L1 cannot be asked.
    pub fn status(&mut self, layer: Layer, message: &Message) -> Result<(bool, bool), Fault> {
        let (hash, messenger): (B256, Address) = (message.hash(), self.cast.bridge(layer).0);
        if layer == Layer::L2 {
            return Ok((self.l2.flag(messenger, 0, hash), self.l2.flag(messenger, 1, hash)));
        }
        let delivered = self.ask(messenger, &Messenger::successfulMessagesCall { msgHash: hash })?;
        let failed = self.ask(messenger, &Messenger::failedMessagesCall { msgHash: hash })?;
        Ok((delivered, failed))
    }
}

/// Gas that calldata costs at most (EIP-7623); without it no transaction is valid.
fn floor(input: &Bytes) -> u64 {
    40 * input.len() as u64
}

fn change(tamper: Tamper, seed: u64, proof: &mut Proof, transaction: &mut Portal::WithdrawalTransaction) {
    let flip = |word: &mut B256| word.0[seed as usize % 32] ^= 1;
    match tamper {
        Tamper::Node => {
            if let Some(node) = proof.nodes.last_mut() {
                let mut bytes = node.to_vec();
                let at = seed as usize % bytes.len();
                bytes[at] ^= 1 << (seed % 8);
                *node = bytes.into();
            }
        }
        Tamper::Short => drop(proof.nodes.pop()),
        Tamper::Long => proof.nodes.extend(proof.nodes.last().cloned()),
        Tamper::Output => flip(match seed % 3 {
            0 => &mut proof.output.stateRoot,
            1 => &mut proof.output.messagePasserStorageRoot,
            _ => &mut proof.output.latestBlockhash,
        }),
        Tamper::Version => flip(&mut proof.output.version),
        Tamper::Value => transaction.value += U256::from(1),
        Tamper::Target => transaction.target.0[19] ^= 1,
        Tamper::Sender => transaction.sender.0[19] ^= 1,
        Tamper::Nonce => transaction.nonce += U256::from(1),
        Tamper::Gas => transaction.gasLimit ^= U256::from(1),
        Tamper::Data => transaction.data = [&transaction.data[..], &[0]].concat().into(),
    }
}
