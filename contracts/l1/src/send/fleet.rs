//! Several transactions of one key on their way together, with consecutive nonces.

use super::{
    SendError,
    core::{Attempt, Observation},
    flight::{Fate, Flight},
    manager::TransactionManager,
    transaction::{Prepared, TxRequest},
};
use crate::L1Error;
use alloy::primitives::U256;
use std::collections::VecDeque;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Transactions in flight at most. Pools keep so many of one account whatever else they hold (geth's `accountslots`); more might be dropped, and
/// with one dropped none behind it can be mined.
pub(super) const MAX_IN_FLIGHT: usize = 16;

/// Transactions of one key: waiting, on their way, mined.
struct Fleet {
    /// Not sent yet, most urgent first, with their places among the requests.
    waiting: VecDeque<(usize, TxRequest)>,
    /// By nonce. INVARIANT: only the last may be one that L1 has nothing of, so no nonce is left out below a transaction that L1 has.
    flights: Vec<Flight>,
    /// Those whose fate was told. A reorganisation can take them out again, and what is behind them would wait for ever.
    landed: Vec<(Prepared, Attempt)>,
    /// By place.
    fates: Vec<Option<Fate>>,
    next_nonce: u64,
}

impl Fleet {
    fn new(requests: Vec<TxRequest>) -> Self {
        let fates = requests.iter().map(|_| None).collect();
        let waiting = requests.into_iter().enumerate().collect();
        Self { waiting, flights: Vec::new(), landed: Vec::new(), fates, next_nonce: 0 }
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.flights.is_empty()
    }

    fn at_sea(&self) -> bool {
        self.flights.iter().any(Flight::is_published)
    }

    fn has_room(&self) -> bool {
        self.flights.len() < MAX_IN_FLIGHT && self.flights.last().is_none_or(Flight::is_published)
    }

    /// Whether L1 has a transaction that waits for the one at this index.
    fn holds_up(&self, index: usize) -> bool {
        self.flights.get(index.saturating_add(1)).is_some_and(Flight::is_published)
    }

    /// What those that are not mined can still cost, wei.
    fn reserved(&self, mined_nonce: u64) -> U256 {
        let unmined = self.flights.iter().filter(|flight| flight.prepared.nonce >= mined_nonce);
        unmined.fold(U256::ZERO, |sum, flight| sum.saturating_add(flight.cost()))
    }

    fn tell(&mut self, place: usize, fate: Fate) {
        if let Some(slot) = self.fates.get_mut(place) {
            *slot = Some(fate);
        }
    }

    /// Tells the fate of a flight and takes it out. If L1 has nothing of it, its nonce is free again.
    fn land(&mut self, index: usize, fate: Fate, mined: Option<Attempt>) {
        let flight = self.flights.remove(index);
        if !flight.is_published() {
            self.next_nonce = flight.prepared.nonce;
        }
        self.tell(flight.place, fate);
        self.landed.extend(mined.map(|attempt| (flight.prepared, attempt)));
    }

    /// Sends nothing more, and replaces what is on its way.
    fn cancel(&mut self) {
        self.flights.iter_mut().for_each(|flight| flight.core.cancel());
        self.abandon(&SendError::Cancelled);
    }

    /// Ends all of which L1 has nothing.
    fn fail(&mut self, error: &SendError) {
        while self.flights.last().is_some_and(|flight| !flight.is_published()) {
            self.land(self.flights.len() - 1, Err(error.clone()), None);
        }
        self.abandon(error);
    }

    fn abandon(&mut self, error: &SendError) {
        while let Some((place, _)) = self.waiting.pop_front() {
            self.tell(place, Err(error.clone()));
        }
    }

    fn fates(self) -> Vec<Fate> {
        self.fates.into_iter().map(|fate| fate.unwrap_or(Err(SendError::Cancelled))).collect()
    }
}

impl TransactionManager {
    /// Sends several with consecutive nonces, all in flight together, and waits until the fate of each is known; the answers are in the order of the
    /// requests, which is that of urgency. At most 16 are on their way at once, the others follow as these land.
    ///
    /// Gas is estimated on the latest block as each one's turn to be sent comes. One that would revert there takes no nonce and does not
    /// hold up the others. So requests that depend on one another must be sent one after the other (or carry a gas limit), and blobs not together with
    /// calls: pools take one kind of an account at a time.
    ///
    /// Once `cancel` fires, what waits is not sent and what is on its way is replaced, as in [`Self::send_until`].
    pub async fn send_all(&mut self, requests: Vec<TxRequest>, cancel: &CancellationToken) -> Vec<Fate> {
        let mut fleet = Fleet::new(requests);
        if let Err(error) = self.settle().await {
            fleet.fail(&error);
        }
        while !fleet.is_over() {
            if cancel.is_cancelled() {
                fleet.cancel();
            }
            match self.round(&mut fleet).await {
                Ok(()) => {}
                Err(error) if fleet.at_sea() => warn!(%error, "L1 does not say what became of transactions"),
                Err(error) => fleet.fail(&error.into()),
            }
            if fleet.is_over() {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(self.policy.poll) => {}
                () = cancel.cancelled(), if !cancel.is_cancelled() => {}
            }
        }
        fleet.fates()
    }

    /// One look at L1, and what follows from it for each.
    async fn round(&self, fleet: &mut Fleet) -> Result<(), L1Error> {
        let sent: Vec<_> = fleet.flights.iter().map(|flight| (flight.prepared.nonce, flight.core.attempts())).collect();
        let (seen, each) = self.client.observe(self.address(), &sent, self.started.elapsed()).await?;
        let mut index = 0;
        for (seen, receipt) in each {
            let held_up = fleet.holds_up(index);
            let Some(flight) = fleet.flights.get_mut(index) else { break };
            if held_up && flight.is_hopeless(seen.now, &self.policy) {
                flight.give_up();
            }
            match self.advance(flight, &seen, receipt).await {
                Some(fate) => {
                    let mined =
                        seen.mined.and_then(|(hash, _)| flight.core.attempts().iter().find(|attempt| attempt.hash == hash).copied());
                    fleet.land(index, fate, mined);
                }
                None => index += 1,
            }
        }
        self.restore(fleet, &seen).await;
        self.launch(fleet, &seen).await;
        Ok(())
    }

    /// Hands to L1 again what was mined and is so no more, if others wait for it.
    async fn restore(&self, fleet: &Fleet, seen: &Observation) {
        if !fleet.at_sea() {
            return;
        }
        for (prepared, attempt) in fleet.landed.iter().filter(|(prepared, _)| prepared.nonce >= seen.mined_nonce) {
            match prepared.sign(&self.key, &attempt.fees, attempt.purpose).await {
                Ok(signed) => match self.broadcast(&signed).await {
                    Ok(()) => debug!(hash = %signed.hash, "handed to L1 again after a reorganisation"),
                    // It has it, mostly.
                    Err(error) => debug!(hash = %signed.hash, %error, "L1 does not take a transaction again"),
                },
                Err(error) => warn!(%error, "a transaction cannot be signed again"),
            }
        }
    }

    /// Sends what waits, as long as there is room for it.
    async fn launch(&self, fleet: &mut Fleet, seen: &Observation) {
        fleet.next_nonce = fleet.next_nonce.max(seen.mined_nonce);
        while fleet.has_room() {
            let Some((place, request)) = fleet.waiting.pop_front() else { return };
            let reserved = fleet.reserved(seen.mined_nonce);
            match self.prepare(&request, fleet.next_nonce, reserved, &seen.market).await {
                Ok(prepared) => {
                    fleet.next_nonce = fleet.next_nonce.saturating_add(1);
                    let mut flight = Flight::new(place, self.policy, prepared);
                    let fate = self.advance(&mut flight, seen, None).await;
                    fleet.flights.push(flight);
                    if let Some(fate) = fate {
                        fleet.land(fleet.flights.len() - 1, fate, None);
                    }
                }
                // Those on their way will cost less than they offer, or bring something.
                Err(SendError::Funds { .. }) if !fleet.flights.is_empty() => {
                    fleet.waiting.push_front((place, request));
                    return;
                }
                Err(error) => fleet.tell(place, Err(error)),
            }
        }
    }
}
