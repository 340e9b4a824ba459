//! What must hold after every step: no wei and no token is made or lost, nothing happens twice, nothing is paid by an unconfirmed claim.

use crate::{
    cast::{Layer, Pair, alias},
    contracts::PlainToken,
    fault::{Fault, same},
    l2::{Arrival, Message},
    world::World,
};
use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use gainsay_bindings::{L1StandardBridge, L2StandardBridge::finalizeBridgeERC20Call};
use gainsay_types::predeploys::{CROSS_DOMAIN_MESSENGER, MESSAGE_PASSER, STANDARD_BRIDGE};
use std::collections::BTreeSet;

/// Wei on the way between the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Of deposits that L2 has not executed.
    pub up: U256,
    /// Of withdrawals that are not finalised.
    pub down: U256,
    /// Of withdrawals that are final and whose call failed: in the Portal for good.
    pub stuck: U256,
}

impl World<'_> {
    /// Everything.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check(&mut self) -> Result<(), Fault> {
        self.check_ether()?;
        self.check_messengers()?;
        self.check_tokens()?;
        self.check_once()
    }

    /// Wei between the layers.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        let mut sums = UnderWay { up: self.l2.mints().1, ..UnderWay::default() };
        for withdrawal in &self.l2.facts().withdrawals {
            match self.records.finalized.get(&withdrawal.hash) {
                None => sums.down += withdrawal.transaction.value,
                Some(false) => sums.stuck += withdrawal.transaction.value,
                Some(true) => {}
            }
        }
        sums
    }

    fn check_ether(&mut self) -> Result<(), Fault> {
        let facts = self.l2.facts();
        let (supply, minted) = (self.l2.supply(), self.l2.mints().0);
        same("wei on L2: what deposits have created, less what the message passer has destroyed", supply, minted - facts.burnt)?;
        let withdrawn: U256 = facts.withdrawals.iter().map(|one| one.transaction.value).sum();
        let in_passer = self.l2.balance(MESSAGE_PASSER);
        same("wei in the message passer: what has left and is not destroyed", in_passer, withdrawn - facts.burnt)?;
        let UnderWay { up, down, stuck } = self.under_way();
        let held = self.chain.balance(self.cast.l1.portal)?;
        same("wei in the Portal: what L2 has, and what is under way", held, supply - in_passer + up + down + stuck)?;
        for (layer, bridge) in [(Layer::L1, self.chain.balance(self.cast.l1.bridge)?), (Layer::L2, self.l2.balance(STANDARD_BRIDGE))] {
            same(format!("wei in the bridge on {layer:?}"), bridge, U256::ZERO)?;
        }
        same("wei in the Inbox", self.chain.balance(self.cast.l1.inbox)?, U256::ZERO)
    }

    /// Each messenger holds the ether of the messages that failed there; a message to an address that none is delivered to leaves its ether with the sender's
    /// alias on L2, or in the Portal.
    fn check_messengers(&mut self) -> Result<(), Fault> {
        let executed = self.l2.state().deposit_index;
        let (mut failed, mut refused) = (U256::ZERO, U256::ZERO);
        for message in &self.records.messages.clone() {
            let (delivered, has_failed) = self.status(Layer::L2, message)?;
            let arrived = message.index.is_some_and(|index| index <= executed);
            let is_unsafe = self.cast.is_unsafe(Layer::L2, message.target);
            same("a message that has arrived on L2 is delivered or kept", delivered || has_failed, arrived && !is_unsafe)?;
            if has_failed && !delivered {
                failed += message.value;
            }
            if arrived && is_unsafe {
                refused += message.value;
            }
        }
        same("wei in the messenger on L2: of what failed there", self.l2.balance(CROSS_DOMAIN_MESSENGER), failed)?;
        let alias = alias(self.cast.l1.messenger);
        same("wei of the messenger's alias on L2: of what is never delivered", self.l2.balance(alias), refused)?;
        let mut failed = U256::ZERO;
        for message in &self.l2.facts().messages.clone() {
            let (delivered, has_failed) = self.status(Layer::L1, message)?;
            if has_failed && !delivered {
                failed += message.value;
            }
        }
        same("wei in the messenger on L1: of what failed there", self.chain.balance(self.cast.l1.messenger)?, failed)?;
        self.check_relayed()
    }

    /// What came from the other messenger was taken, unless it is never delivered.
    fn check_relayed(&self) -> Result<(), Fault> {
        let refused = |message: &Message| self.cast.is_unsafe(Layer::L1, message.target);
        let never: BTreeSet<_> = self.l2.facts().messages.iter().filter(|one| refused(one)).map(Message::relay).collect();
        for withdrawal in &self.l2.facts().withdrawals {
            if withdrawal.transaction.sender == CROSS_DOMAIN_MESSENGER
                && let Some(success) = self.records.finalized.get(&withdrawal.hash)
            {
                same("a message that has arrived on L1 is delivered or kept", *success, !never.contains(&withdrawal.transaction.data))?;
            }
        }
        Ok(())
    }

    fn check_tokens(&mut self) -> Result<(), Fault> {
        let cast = self.cast.clone();
        let moves = self.token_moves()?;
        for pair in &cast.pairs {
            let (home, away) = (pair.home, pair.home.other());
            let of = |to: Layer, local: Address, remote: Address| {
                moves.iter().filter(move |one| one.to == to && one.local == local && one.remote == remote)
            };
            let under_way = |local: Address, remote: Address, to: Layer| -> U256 {
                of(to, local, remote).filter(|one| !one.delivered).map(|one| one.amount).sum()
            };
            let held = self.held(pair, pair.twin)?;
            let supply = self.token(away, pair.twin, &PlainToken::totalSupplyCall {})?;
            let up = under_way(pair.twin, pair.native, away);
            let down = under_way(pair.native, pair.twin, home);
            same(
                format!("units of the {} token that the bridge owes: the twin's supply and what is under way", pair.name),
                held,
                supply + up + down,
            )?;
            // Towards other tokens on the other layer, which do not stand for this one. Two that are at home on different layers may even be exchanged, by
            // whoever wants that.
            let mut all = held;
            for other in cast.pairs.iter().map(|one| one.on(away).0).filter(|other| *other != pair.twin).collect::<BTreeSet<_>>() {
                let held = self.held(pair, other)?;
                let sent: U256 = of(away, other, pair.native).map(|one| one.amount).sum();
                let delivered: U256 = of(home, pair.native, other).filter(|one| one.delivered).map(|one| one.amount).sum();
                same(format!("units of the {} token held for a wrong pair", pair.name), held, sent - delivered)?;
                all += held;
            }
            // Whoever has tokens sent to the bridge itself gives them away.
            all += of(home, pair.native, pair.twin)
                .filter(|one| one.delivered && one.receiver == cast.bridge(home).1)
                .map(|one| kept(pair, one.amount))
                .sum::<U256>();
            let balance = self.token(home, pair.native, &PlainToken::balanceOfCall { owner: cast.bridge(home).1 })?;
            same(format!("units of the {} token in the bridge: what it owes", pair.name), balance, all)?;
        }
        Ok(())
    }

    /// `deposits` of a pair's token at home towards a token on the other layer.
    fn held(&mut self, pair: &Pair, towards: Address) -> Result<U256, Fault> {
        let call = L1StandardBridge::depositsCall { localToken: pair.native, remoteToken: towards };
        self.token(pair.home, self.cast.bridge(pair.home).1, &call)
    }

    fn token<C: SolCall>(&mut self, layer: Layer, contract: Address, call: &C) -> Result<C::Return, Fault> {
        match layer {
            Layer::L1 => self.ask(contract, call),
            Layer::L2 => self.l2.view(contract, call),
        }
    }

    /// Tokens that were sent.
    fn token_moves(&mut self) -> Result<Vec<Move>, Fault> {
        let mut moves = Vec::new();
        for to in [Layer::L1, Layer::L2] {
            let messages = if to == Layer::L1 { self.l2.facts().messages.clone() } else { self.records.messages.clone() };
            let (from_bridge, to_bridge) = (self.cast.bridge(to.other()).1, self.cast.bridge(to).1);
            for message in messages {
                if message.sender != from_bridge || message.target != to_bridge {
                    continue;
                }
                let delivered = self.status(to, &message)?.0;
                if let Ok(call) = finalizeBridgeERC20Call::abi_decode(&message.data) {
                    moves.push(Move {
                        to,
                        local: call.localToken,
                        remote: call.remoteToken,
                        amount: call.amount,
                        delivered,
                        receiver: call.to,
                    });
                    self.check_arrival(to, &message, &moves[moves.len() - 1])?;
                }
            }
        }
        Ok(moves)
    }

    /// The receiver got the tokens of a message that was delivered.
    fn check_arrival(&self, to: Layer, message: &Message, sent: &Move) -> Result<(), Fault> {
        let is_silent = self.cast.pairs.iter().any(|pair| pair.name == "silent" && to == pair.home && sent.local == pair.native);
        if !sent.delivered || is_silent {
            return Ok(());
        }
        let arrivals = if to == Layer::L1 { &self.records.arrivals } else { &self.l2.facts().arrivals };
        let expected = Arrival { token: sent.local, to: sent.receiver, amount: sent.amount };
        let found = arrivals.get(&message.hash()).is_some_and(|arrivals| arrivals.contains(&expected));
        same(format!("whether the receiver got the tokens on {to:?}: {expected:?}"), found, true)
    }

    fn check_once(&self) -> Result<(), Fault> {
        let most = |times: Option<&u64>| times.copied().unwrap_or_default().max(1);
        same("a withdrawal is paid once", most(self.records.times_finalized.values().max()), 1)?;
        same("a message is delivered on L1 once", most(self.records.delivered.values().max()), 1)?;
        same("a message is delivered on L2 once", most(self.l2.facts().delivered.values().max()), 1)?;
        let confirmed = self.records.assertions[self.records.latest()].end.l2_block_number;
        for hash in self.records.finalized.keys() {
            let started = self.l2.facts().withdrawals.iter().find(|one| one.hash == *hash).map(|one| one.block);
            same("what is paid was started in a confirmed block", started.is_some_and(|block| block <= confirmed), true)?;
        }
        Ok(())
    }
}

/// Tokens that were sent: what the message says that gives them out.
struct Move {
    to: Layer,
    local: Address,
    remote: Address,
    amount: U256,
    delivered: bool,
    receiver: Address,
}

/// What is left of a transfer from the bridge to the bridge.
fn kept(pair: &Pair, amount: U256) -> U256 {
    if pair.name == "fee" { amount - amount / U256::from(100) } else { amount }
}
