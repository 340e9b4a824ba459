//! A run: steps, one after another, and what must hold after each; then the end, at which all that can be paid is paid.

use crate::{
    assertions::Lie,
    cast::Layer,
    contracts::{CallingToken, Reenterer},
    fault::{Fault, same},
    l2::Message,
    report::Report,
    sequencer::Shape,
    users::Act,
    withdrawals::Tamper,
    world::{PLENTY, Stage, World},
};
use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::L2StandardBridge::{finalizeBridgeERC20Call, finalizeBridgeETHCall};
use gainsay_model::chain::PROOF_MATURITY;

/// One thing that somebody does. Numbers are choices among what there is.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// People and contracts use the bridge.
    User(Act),
    /// The sequencer appends a batch that takes in so many messages.
    Batch {
        /// Messages, at most.
        take: u64,
        /// What it is like.
        shape: Shape,
    },
    /// The sequencer does nothing until somebody forces the deposits in.
    Force,
    /// The honest player claims.
    Claim,
    /// Somebody claims something false.
    Lie {
        /// Below which assertion.
        place: u64,
        /// What.
        kind: Lie,
    },
    /// Time passes until liars have lost and the next assertion is confirmed.
    Settle,
    /// Somebody lists an assertion.
    List(u64),
    /// Somebody proves a withdrawal.
    Prove {
        /// Which.
        which: u64,
        /// Who.
        who: u64,
        /// Against which game.
        game: u64,
        /// What is changed in the proof.
        tamper: Option<Tamper>,
    },
    /// Somebody finalises a withdrawal.
    Finalize {
        /// Which.
        which: u64,
        /// Who.
        who: u64,
        /// By whose proof.
        submitter: u64,
        /// With how much gas.
        gas: u64,
    },
    /// Somebody tries a message again.
    Replay {
        /// Where it arrived.
        layer: Layer,
        /// Which.
        which: u64,
        /// Who.
        who: u64,
        /// With how much gas.
        gas: u64,
    },
    /// A contract behaves in another way.
    Mood {
        /// Which.
        which: u64,
        /// Refuses, lies, calls back; or not.
        yes: bool,
        /// What it calls.
        detail: u64,
    },
    /// Time passes, seconds.
    Wait(u64),
    /// L1 undoes so many blocks.
    Reorg(usize),
}

impl World<'_> {
    /// Does one step in a block of its own.
    ///
    /// # Errors
    /// When something does not hold.
    pub fn step(&mut self, step: &Step) -> Result<(), Fault> {
        if let Step::Reorg(blocks) = step {
            self.reorg(*blocks)?;
            return self.check();
        }
        self.begin_block(if let Step::Wait(seconds) = step { *seconds } else { 2 });
        match *step {
            Step::User(act) => self.user(&act),
            Step::Batch { take, shape } => self.batch(take, shape),
            Step::Force => self.force(),
            Step::Claim => self.claim(),
            Step::Lie { place, kind } => self.lie(place, kind),
            Step::Settle => self.settle(),
            Step::List(which) => self.list(which),
            Step::Prove { which, who, game, tamper } => self.prove(which, who, game, tamper),
            Step::Finalize { which, who, submitter, gas } => self.finalize(which, who, submitter, gas),
            Step::Replay { layer, which, who, gas } => self.replay(layer, which, who, gas),
            Step::Mood { which, yes, detail } => self.mood(which, yes, detail),
            Step::Wait(_) | Step::Reorg(_) => Ok(()),
        }?;
        self.check()?;
        self.end_block();
        Ok(())
    }

    /// Everybody comes to an end: all deposits are taken in, all liars lose, all withdrawals are proved and finalised; then contracts refuse nothing any more, and
    /// all messages that failed are tried again. What is left is what nobody can help.
    ///
    /// # Errors
    /// When something else is left.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.bring_home()?;
        self.begin_block(2);
        (0..6).try_for_each(|which| self.mood(which, false, 0))?;
        self.batch(u64::MAX, Shape::Usual)?;
        self.replay_on_l2()?;
        // Whatever second tries sent comes home as well.
        self.bring_home()?;
        self.bring_home()?;
        self.check()?;
        self.count_callbacks()?;
        self.check_end()?;
        self.try_twice()
    }

    /// By somebody who can pay for it, one after another: a block has not the gas for many.
    fn replay_on_l2(&mut self) -> Result<(), Fault> {
        let (stranger, user) = (self.stranger(), self.cast.user(0));
        self.deposit(stranger, Some(user), U256::from(10).pow(U256::from(19)), Bytes::new(), 100_000)?;
        self.batch(u64::MAX, Shape::Usual)?;
        for message in self.records.messages.clone() {
            if self.is_waiting(Layer::L2, &message)? && !self.is_hopeless(Layer::L2, &message) {
                self.begin_block(2);
                self.replay_one(Layer::L2, &message, 0, PLENTY)?;
                self.batch(u64::MAX, Shape::Usual)?;
            }
        }
        Ok(())
    }

    fn is_waiting(&mut self, layer: Layer, message: &Message) -> Result<bool, Fault> {
        let (delivered, failed) = self.status(layer, message)?;
        Ok(failed && !delivered)
    }

    fn bring_home(&mut self) -> Result<(), Fault> {
        self.begin_block(2);
        self.batch(u64::MAX, Shape::Usual)?;
        self.check()?;
        // The first child of genesis, and of whatever was claimed before the last batch, reads less than all.
        for _ in 0..3 {
            self.begin_block(5);
            self.claim()?;
        }
        for _ in 0..=self.records.assertions.len() {
            self.begin_block(5);
            self.list(0)?;
        }
        while self.records.true_child(self.records.latest()).is_some() {
            self.begin_block(2);
            self.settle()?;
            self.check()?;
        }
        self.begin_block(2);
        self.pay_all()?;
        for message in self.l2.facts().messages.clone() {
            if self.is_waiting(Layer::L1, &message)? {
                self.replay_one(Layer::L1, &message, 1, 1)?;
            }
        }
        self.check()
    }

    fn pay_all(&mut self) -> Result<(), Fault> {
        let user = self.cast.user(3);
        let game = self.records.assertions[self.records.latest()].game;
        let Some(game) = game else { return Ok(()) };
        let open: Vec<_> =
            self.l2.facts().withdrawals.iter().filter(|one| !self.records.finalized.contains_key(&one.hash)).cloned().collect();
        for withdrawal in &open {
            self.prove_one(withdrawal, user, game, None)?;
        }
        self.begin_block(PROOF_MATURITY);
        for withdrawal in &open {
            // Another's call may have finalised it.
            if !self.records.finalized.contains_key(&withdrawal.hash) {
                self.finalize_one(withdrawal, user, user, PLENTY)?;
            }
        }
        Ok(())
    }

    /// All that was done is tried once more, by the same proofs and messages: nothing comes of it.
    fn try_twice(&mut self) -> Result<(), Fault> {
        self.begin_block(2);
        for withdrawal in self.l2.facts().withdrawals.clone() {
            let prover = self.records.proofs.keys().find(|(hash, _)| *hash == withdrawal.hash).map(|(_, who)| *who);
            if let Some(prover) = prover.filter(|_| self.records.finalized.contains_key(&withdrawal.hash)) {
                self.finalize_one(&withdrawal, prover, prover, PLENTY)?;
            }
        }
        for message in self.l2.facts().messages.clone() {
            if self.status(Layer::L1, &message)? == (true, true) {
                self.replay_one(Layer::L1, &message, 2, 1)?;
            }
        }
        for message in self.records.messages.clone() {
            if self.status(Layer::L2, &message)? == (true, true) {
                self.replay_one(Layer::L2, &message, 0, PLENTY)?;
            }
        }
        self.batch(u64::MAX, Shape::Usual)?;
        self.check()
    }

    /// How contracts that were called back fared.
    fn count_callbacks(&mut self) -> Result<(), Fault> {
        let (token, reenterer) = (self.cast.calling_token, self.cast.on_l1.reenterer);
        let done = self.ask(token, &CallingToken::succeededCall {})?.saturating_to();
        self.report.more("calls back out of a token that did something", done);
        if !self.ask(token, &CallingToken::reasonCall {})?.is_zero() {
            self.report.count("runs in which a call back out of a token was refused");
        }
        if self.ask(reenterer, &Reenterer::triedCall {})? {
            let did = self.ask(reenterer, &Reenterer::succeededCall {})?;
            self.report.count(if did { "runs in which a payee called back" } else { "runs in which a payee's call back was refused" });
        }
        Ok(())
    }

    /// What is left between the layers has a name.
    fn check_end(&mut self) -> Result<(), Fault> {
        let cast = self.cast.clone();
        for withdrawal in self.l2.facts().withdrawals.clone() {
            let transaction = &withdrawal.transaction;
            let is_unsafe = [cast.l1.portal, cast.l1.inbox].contains(&transaction.target);
            let is_greedy = transaction.gasLimit > U256::from(2_000_000);
            let is_final = self.records.finalized.contains_key(&withdrawal.hash);
            same(format!("all withdrawals are final at the end: {withdrawal:?}"), is_final, !is_unsafe && !is_greedy)?;
            self.report.count(if is_final { "withdrawals final at the end" } else { "withdrawals that nobody can finalise" });
        }
        for (layer, messages) in [(Layer::L1, self.l2.facts().messages.clone()), (Layer::L2, self.records.messages.clone())] {
            for message in messages {
                let (delivered, failed) = self.status(layer, &message)?;
                let hopeless = self.is_hopeless(layer, &message);
                self.report.count(match (delivered, failed, layer) {
                    (true, true, Layer::L1) => "messages delivered on L1 by a second try",
                    (true, true, Layer::L2) => "messages delivered on L2 by a second try",
                    (true, false, _) => "messages delivered by the first try",
                    (false, ..) => "messages that nobody can deliver",
                });
                same(format!("all messages are delivered at the end, on {layer:?}: {message:?}"), delivered || hopeless, true)?;
            }
        }
        Ok(())
    }

    /// Whether a message's call fails whenever it is tried.
    fn is_hopeless(&self, layer: Layer, message: &Message) -> bool {
        let targets = self.cast.targets(layer);
        let (messenger, bridge) = self.cast.bridge(layer);
        let refuses = |to: Address| {
            let own = [messenger, bridge, self.cast.l1.portal, self.cast.l1.inbox];
            to == targets.gas_bomb || own.contains(&to)
        };
        if message.target != bridge {
            // The actor takes ether, but has no such function.
            return refuses(message.target)
                || message.target == targets.actor && !message.data.is_empty()
                || self.cast.is_unsafe(layer, message.target);
        }
        if let Ok(call) = finalizeBridgeETHCall::abi_decode(&message.data) {
            return refuses(call.to) || self.cast.is_unsafe(layer, call.to);
        }
        if let Ok(call) = finalizeBridgeERC20Call::abi_decode(&message.data) {
            return !self.cast.pairs.iter().any(|pair| pair.on(layer) == (call.localToken, call.remoteToken));
        }
        true
    }
}

/// Plays the steps and the end.
///
/// # Errors
/// With the step after which something did not hold.
pub fn run(stage: &mut Stage, steps: &[Step]) -> Result<Report, (usize, Fault)> {
    let mut world = World::begin(stage);
    world.check().map_err(|fault| (0, fault))?;
    for (place, step) in steps.iter().enumerate() {
        world.step(step).map_err(|fault| (place, fault))?;
    }
    world.finish().map_err(|fault| (steps.len(), fault))?;
    Ok(world.report)
}
