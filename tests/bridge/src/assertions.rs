//! Claims about L2, true and false; those who made false ones lose their matches.

use crate::{
    cast::{HONEST, THIEF},
    fault::{Fault, l2, same},
    l2::Withdrawal,
    stage::SETTINGS,
    world::World,
};
use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolValue,
};
use gainsay_bindings::{
    Games::{self, State as GamesState},
    Matches::{self, Rivals},
    Portal::WithdrawalTransaction,
    Rollup::{self, Claim, State as RollupState},
};
use gainsay_types::State;
use std::sync::Arc;

/// How a false assertion differs from the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The message passer holds a withdrawal that nobody has started.
    Withdrawal,
    /// The output is true, the place in the inbox is not.
    Place,
    /// An output root that nothing hashes to.
    Root,
}

impl World<'_> {
    /// The honest player claims what comes next, if it may already.
    ///
    /// # Errors
    /// When L1 refuses what it must take.
    pub fn claim(&mut self) -> Result<(), Fault> {
        let tip = self.records.true_tip();
        let rollup = self.cast.l1.rollup;
        let Some(end) = self.truth_below(tip) else { return Ok(()) };
        let next = self.sol_claim(tip, end);
        let id = self.records.assertions[tip].id;
        if self.chain.call(rollup, &Rollup::checkClaimCall { parent: id, next }).is_err() {
            self.report.count("claims that came too early");
            return Ok(());
        }
        self.stand_on_truth(tip)?;
        self.report.count("true claims");
        Ok(())
    }

    /// Somebody claims something false below an assertion: the last true one, the one before it, or another false one; the honest player answers at once.
    ///
    /// # Errors
    /// When L1 refuses what it must take.
    pub fn lie(&mut self, place: u64, kind: Lie) -> Result<(), Fault> {
        let parent = self.place_of_lie(place);
        let assertion = self.records.assertions[parent].clone();
        let Some(mut end) = self.l2.after_batches(assertion.target) else { return Ok(()) };
        match kind {
            Lie::Withdrawal => end.output_root = self.forge(&end)?,
            Lie::Place => end.deposit_index += 1,
            Lie::Root => end.output_root = keccak256(end.output_root),
        }
        let latest = self.records.latest();
        if !self.records.path(0, parent).contains(&latest) && parent != latest && latest != 0 {
            return Ok(());
        }
        let claims = self.claims(latest, parent, end);
        let call = Rollup::stakeCall { parent: self.records.assertions[latest].id, claims };
        let rollup = self.cast.l1.rollup;
        let told = self.act(THIEF, rollup, &call, SETTINGS.bond)?;
        self.report.count(if told.is_ok() { "false claims" } else { "false claims that L1 refused" });
        if told.is_err() {
            return Ok(());
        }
        self.defend()?;
        // It wants to be found.
        let lie = self.records.liars.last().map(|(_, place)| *place).filter(|_| !(place / 4).is_multiple_of(4));
        lie.filter(|lie| self.records.assertions[*lie].game.is_none()).map_or(Ok(()), |lie| self.list_one(lie))
    }

    fn place_of_lie(&self, place: u64) -> usize {
        let tip = self.records.true_tip();
        let latest = self.records.latest();
        match place % 4 {
            0 | 1 => tip,
            2 if tip != latest => self.records.assertions[tip].parent,
            2 => tip,
            _ => self.records.liars.last().map_or(tip, |(_, place)| *place),
        }
    }

    fn forge(&mut self, end: &State) -> Result<B256, Fault> {
        let nonce = U256::from(1) << 240 | U256::from(1_000_000 + self.forged.len());
        let value = self.chain.balance(self.cast.l1.portal)? >> 1;
        let data = Default::default();
        let transaction = WithdrawalTransaction { nonce, sender: THIEF, target: THIEF, value, gasLimit: U256::from(100_000), data };
        let hash = keccak256(transaction.clone().abi_encode_params());
        let forged = Arc::new(self.l2.forge(end.l2_block_number, Withdrawal { transaction, hash, block: end.l2_block_number })?);
        let root = forged.root();
        self.forged.push(forged);
        Ok(root)
    }

    /// Wherever a liar stands beside the truth, the honest player stands on the truth and opens.
    fn defend(&mut self) -> Result<(), Fault> {
        for (liar, place) in self.records.liars.clone() {
            let Some((fork, lie)) = self.fork_of(place) else { continue };
            self.stand_on_truth(fork)?;
            let Some((honest, _)) = self.records.honest else { continue };
            if !self.is_open(honest, liar) {
                self.open(fork, honest, liar, lie)?;
            }
        }
        Ok(())
    }

    fn is_open(&self, honest: U256, liar: U256) -> bool {
        let id = gainsay_game::matches::match_id(honest, liar);
        self.records.matches.iter().any(|one| one.id == id)
    }

    /// Below which true assertion a place leaves the truth, and by which assertion.
    fn fork_of(&self, place: usize) -> Option<(usize, usize)> {
        let lie = self.records.path(0, place).into_iter().find(|one| !self.records.assertions[*one].is_true)?;
        Some((self.records.assertions[lie].parent, lie))
    }

    /// Sees to it that the honest stake stands on the true child of `fork`, or has gone on from there.
    fn stand_on_truth(&mut self, fork: usize) -> Result<(), Fault> {
        let rollup = self.cast.l1.rollup;
        let Some(end) = self.truth_below(fork) else { return Err(l2(("no truth below", fork))) };
        match self.records.honest {
            Some((_, tip)) if tip != fork && self.records.path(0, tip).contains(&fork) => {}
            Some((_, tip)) if fork == 0 && tip != 0 => {}
            Some((stake, tip)) => {
                let call = Rollup::advanceCall { stakeId: stake, claims: self.claims(tip, fork, end) };
                self.must(HONEST, rollup, &call, U256::ZERO)?;
            }
            None => {
                let latest = self.records.latest();
                let parent = self.records.assertions[latest].id;
                let call = Rollup::stakeCall { parent, claims: self.claims(latest, fork, end) };
                self.must(HONEST, rollup, &call, SETTINGS.bond)?;
            }
        }
        Ok(())
    }

    /// The claims on the way from one assertion to below another.
    fn claims(&self, from: usize, parent: usize, end: State) -> Vec<Claim> {
        let assertions = &self.records.assertions;
        let mut claims: Vec<Claim> =
            self.records.path(from, parent).into_iter().map(|one| self.sol_claim(assertions[one].parent, assertions[one].end)).collect();
        claims.push(self.sol_claim(parent, end));
        claims
    }

    fn sol_claim(&self, parent: usize, end: State) -> Claim {
        Claim { inputsHash: self.records.assertions[parent].inputs_hash, end: rollup_state(&end) }
    }

    /// Opens with the true dissection: the states after each 32nd part of 2^15 block steps, most of them beyond the end.
    fn open(&mut self, fork: usize, honest: U256, liar: U256, lie: usize) -> Result<(), Fault> {
        let records = &self.records;
        let Some(truth) = records.true_child(fork) else { return Err(l2(("no true child below", fork))) };
        let (start, end) = (records.assertions[fork].end, records.assertions[truth].end);
        let states = self.l2.states();
        let place = |state: &State| states.iter().position(|one| one == state).ok_or_else(|| l2(("not a state of the chain", *state)));
        let (first, last) = (place(&start)?, place(&end)?);
        let points: [B256; 31] = std::array::from_fn(|k| states[(first + 1_024 * (k + 1)).min(last)].hash());
        let rivals = Rivals {
            fork: records.assertions[fork].id,
            inputsHash: records.assertions[fork].inputs_hash,
            start: start.hash(),
            first: honest,
            firstEnd: end.hash(),
            second: liar,
            secondEnd: records.assertions[lie].end.hash(),
        };
        let matches = self.cast.l1.matches;
        self.must(HONEST, matches, &Matches::openAndDissectCall { rivals, points }, U256::ZERO)?;
        self.report.count("matches");
        Ok(())
    }

    /// Time passes until every liar has lost its match, and what can be confirmed is.
    ///
    /// # Errors
    /// When L1 refuses what it must take, or confirms what is false.
    pub fn settle(&mut self) -> Result<(), Fault> {
        self.time_out()?;
        let (rollup, stranger) = (self.cast.l1.rollup, self.stranger());
        let latest = self.records.latest();
        let Some(next) = self.records.true_child(latest) else { return Ok(()) };
        let first = self.ask(rollup, &Rollup::assertionCall { id: self.records.assertions[latest].id })?.firstChildAt.to::<u64>();
        let closes = first + SETTINGS.window;
        let id = self.records.assertions[next].id;
        if self.now() < closes {
            let early = self.act(stranger, rollup, &Rollup::confirmCall { id }, U256::ZERO)?;
            same("a confirmation within the window is refused", early.is_err(), true)?;
            self.begin_block(closes - self.now());
        }
        for lie in self.records.children(latest).filter(|one| *one != next).collect::<Vec<_>>() {
            let id = self.records.assertions[lie].id;
            let told = self.act(stranger, rollup, &Rollup::confirmCall { id }, U256::ZERO)?;
            same("the confirmation of a false assertion is refused", told.is_err(), true)?;
        }
        self.must(stranger, rollup, &Rollup::confirmCall { id }, U256::ZERO)?;
        Ok(())
    }

    fn time_out(&mut self) -> Result<(), Fault> {
        let (matches, stranger) = (self.cast.l1.matches, self.stranger());
        for open in self.records.matches.clone() {
            let deadline = open.deadline(SETTINGS.extension);
            if self.now() < deadline {
                self.begin_block(deadline - self.now());
            }
            // The liar may have lost another match in the meantime.
            if !self.records.liars.iter().any(|(one, _)| *one == open.on_turn()) {
                self.records.matches.retain(|one| one.id != open.id);
                continue;
            }
            self.must(stranger, matches, &Matches::timeoutCall { m: open.state }, U256::ZERO)?;
        }
        Ok(())
    }

    /// Anyone lists an assertion that is not listed yet; where its parent is not, L1 refuses.
    ///
    /// # Errors
    /// When L1 takes what it must refuse, or the other way round.
    pub fn list(&mut self, pick: u64) -> Result<(), Fault> {
        let unlisted: Vec<usize> =
            (1..self.records.assertions.len()).filter(|place| self.records.assertions[*place].game.is_none()).collect();
        if unlisted.is_empty() {
            return Ok(());
        }
        self.list_one(unlisted[pick as usize % unlisted.len()])
    }

    fn list_one(&mut self, place: usize) -> Result<(), Fault> {
        let assertion = self.records.assertions[place].clone();
        let parent = &self.records.assertions[assertion.parent];
        let possible = parent.confirmed || parent.game.is_some();
        let call = Games::listCall { parent: parent.id, end: games_state(&assertion.end) };
        let (games, stranger) = (self.cast.l1.games, self.stranger());
        let told = self.act(stranger, games, &call, U256::ZERO)?;
        self.report.count(if possible { "games" } else { "games that came before their parents" });
        same("an assertion is listed once its parent is", told.is_ok(), possible)
    }
}

fn rollup_state(state: &State) -> RollupState {
    RollupState {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}

fn games_state(state: &State) -> GamesState {
    GamesState {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}
