//! Which moves are computed now, and which are ready: the most urgent first, one at a time per match. No clock, no threads of its own.

use alloy::primitives::B256;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Wait after the first failure; doubles with each in a row.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is to be computed: the answer to one state of one match, over one state of the own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The match.
    pub id: B256,
    /// Hash of its state, or of what it would be opened with.
    pub state: B256,
    /// Counts reorganisations of L1: what was computed before one may not hold after it.
    pub epoch: u64,
}

/// A position whose answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The position.
    pub position: Position,
    /// No run has to be traced for it: it takes milliseconds, so it need not wait for those that take minutes.
    pub quick: bool,
}

/// Where the answer to a position is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No worker is free.
    Waiting,
    /// A worker computes it.
    Computing,
    /// It can be sent.
    Ready,
    /// It could not be computed, and is tried again.
    Failed {
        /// Why.
        error: String,
    },
}

/// Answers on their way. At most one per match; what is not wanted any more is dropped.
pub struct Queue<R> {
    workers: usize,
    entries: BTreeMap<B256, Entry<R>>,
    /// Every job that has not ended, wanted or not, since each holds a thread; and whether it is a quick one.
    running: BTreeMap<u64, bool>,
    next_job: u64,
}

struct Entry<R> {
    position: Position,
    failures: u32,
    status: Status<R>,
}

enum Status<R> {
    Waiting,
    Computing { job: u64, stop: CancellationToken },
    Ready(R),
    Failed { error: String, retry_at: Instant },
}

/// A job to start.
#[derive(Debug)]
pub struct Started {
    /// Its number, to be given back when it ends.
    pub job: u64,
    /// What to compute.
    pub position: Position,
    /// Fires once nobody wants the answer any more.
    pub stop: CancellationToken,
}

impl<R> Queue<R> {
    /// At most `workers` jobs at once, and at least one; and one quick one besides.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { workers: workers.max(1), entries: BTreeMap::new(), running: BTreeMap::new(), next_job: 0 }
    }

    /// Takes all that is wanted now, most urgent first, and forgets everything else. Gives the jobs to start.
    pub fn want(&mut self, wanted: &[Wanted], now: Instant) -> Vec<Started> {
        let current: BTreeMap<B256, Position> = wanted.iter().map(|wanted| (wanted.position.id, wanted.position)).collect();
        self.entries.retain(|id, entry| {
            let kept = current.get(id) == Some(&entry.position);
            if let (false, Status::Computing { stop, .. }) = (kept, &entry.status) {
                stop.cancel();
            }
            kept
        });
        wanted.iter().filter_map(|wanted| self.start(*wanted, now)).collect()
    }

    fn start(&mut self, Wanted { position, quick }: Wanted, now: Instant) -> Option<Started> {
        let free = self.has_room(quick);
        let entry = self.entries.entry(position.id).or_insert(Entry { position, failures: 0, status: Status::Waiting });
        let due = match &entry.status {
            Status::Waiting => true,
            Status::Failed { retry_at, .. } => *retry_at <= now,
            Status::Computing { .. } | Status::Ready(_) => false,
        };
        if !due || !free {
            return None;
        }
        let (job, stop) = (self.next_job, CancellationToken::new());
        self.next_job += 1;
        self.running.insert(job, quick);
        entry.status = Status::Computing { job, stop: stop.clone() };
        Some(Started { job, position, stop })
    }

    fn has_room(&self, quick: bool) -> bool {
        self.running.len() < self.workers || (quick && !self.running.values().any(|quick| *quick))
    }

    /// Takes the result of a job. False if nobody wants it any more: then it is dropped.
    pub fn finish(&mut self, job: u64, result: Result<R, String>, now: Instant) -> bool {
        self.running.remove(&job);
        let computed = |entry: &&mut Entry<R>| matches!(&entry.status, Status::Computing { job: own, .. } if *own == job);
        let Some(entry) = self.entries.values_mut().find(computed) else { return false };
        entry.status = match result {
            Ok(answer) => Status::Ready(answer),
            Err(error) => {
                let wait = FIRST_WAIT.saturating_mul(1 << entry.failures.min(10)).min(LONGEST_WAIT);
                entry.failures = entry.failures.saturating_add(1);
                Status::Failed { error, retry_at: now + wait }
            }
        };
        true
    }

    /// The answer to a position, if it is ready.
    #[must_use]
    pub fn ready(&self, position: &Position) -> Option<&R> {
        match self.entries.get(&position.id) {
            Some(Entry { position: current, status: Status::Ready(answer), .. }) if current == position => Some(answer),
            _ => None,
        }
    }

    /// How far the answer for a match is; none if nothing is wanted of it.
    #[must_use]
    pub fn stage(&self, id: &B256) -> Option<Stage> {
        Some(match &self.entries.get(id)?.status {
            Status::Waiting => Stage::Waiting,
            Status::Computing { .. } => Stage::Computing,
            Status::Ready(_) => Stage::Ready,
            Status::Failed { error, .. } => Stage::Failed { error: error.clone() },
        })
    }

    /// Tells every job to end.
    pub fn stop(&mut self) {
        self.want(&[], Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(id: u8, state: u8) -> Position {
        Position { id: B256::repeat_byte(id), state: B256::repeat_byte(state), epoch: 0 }
    }

    fn slow(positions: &[Position]) -> Vec<Wanted> {
        positions.iter().map(|position| Wanted { position: *position, quick: false }).collect()
    }

    fn ids(started: &[Started]) -> Vec<u8> {
        started.iter().map(|job| job.position.id[0]).collect()
    }

    #[test]
    fn the_most_urgent_are_computed_first_and_no_more_at_once_than_there_are_workers() {
        let (mut queue, now) = (Queue::<u8>::new(2), Instant::now());
        let wanted = [position(7, 0), position(3, 0), position(5, 0), position(1, 0)];
        let started = queue.want(&slow(&wanted), now);
        assert_eq!(ids(&started), [7, 3]);
        assert!(queue.want(&slow(&wanted), now).is_empty(), "none twice");
        assert!(queue.finish(started[1].job, Ok(33), now));
        assert_eq!(queue.ready(&wanted[1]), Some(&33));
        // One that has become more urgent meanwhile goes first.
        let wanted = [wanted[0], wanted[1], wanted[3], wanted[2]];
        assert_eq!(ids(&queue.want(&slow(&wanted), now)), [1]);
        assert_eq!(queue.stage(&wanted[3].id), Some(Stage::Waiting));
        assert_eq!(queue.stage(&wanted[2].id), Some(Stage::Computing));
    }

    #[test]
    fn a_result_for_a_state_that_is_not_the_matchs_any_more_is_dropped() {
        let (mut queue, now) = (Queue::<u8>::new(1), Instant::now());
        let old = queue.want(&slow(&[position(1, 0)]), now);
        assert!(queue.want(&slow(&[position(1, 1)]), now).is_empty(), "the old job still holds the only worker");
        assert!(old[0].stop.is_cancelled());
        assert!(!queue.finish(old[0].job, Ok(9), now));
        assert_eq!((queue.ready(&position(1, 0)), queue.ready(&position(1, 1))), (None, None));
        let new = queue.want(&slow(&[position(1, 1)]), now);
        assert!(queue.finish(new[0].job, Ok(8), now));
        assert_eq!(queue.ready(&position(1, 1)), Some(&8));
        // A reorganisation of L1 outdates what was ready as well.
        let after = Position { epoch: 1, ..position(1, 1) };
        assert_eq!(ids(&queue.want(&slow(&[after]), now)), [1]);
        assert_eq!((queue.ready(&position(1, 1)), queue.ready(&after)), (None, None));
    }

    #[test]
    fn a_failure_is_tried_again_later_and_holds_up_nobody_else() {
        let (mut queue, now) = (Queue::<u8>::new(1), Instant::now());
        let wanted = [position(1, 0), position(2, 0)];
        let mut wait = Duration::from_secs(1);
        let mut at = now;
        for _ in 0..8 {
            let started = queue.want(&slow(&wanted[..1]), at);
            assert!(queue.finish(started[0].job, Err("a blob is pruned".to_owned()), at));
            assert_eq!(queue.stage(&wanted[0].id), Some(Stage::Failed { error: "a blob is pruned".to_owned() }));
            assert!(queue.want(&slow(&wanted[..1]), at + wait - Duration::from_millis(1)).is_empty());
            at += wait;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        let failing = queue.want(&slow(&wanted[..1]), at);
        assert!(queue.finish(failing[0].job, Err("still".to_owned()), at));
        assert_eq!(ids(&queue.want(&slow(&wanted), at)), [2]);
    }

    #[test]
    fn what_takes_milliseconds_does_not_wait_for_what_takes_minutes() {
        let (mut queue, now) = (Queue::<u8>::new(1), Instant::now());
        let mut wanted = slow(&[position(1, 0), position(2, 0), position(3, 0), position(4, 0)]);
        (wanted[2].quick, wanted[3].quick) = (true, true);
        let started = queue.want(&wanted, now);
        assert_eq!(ids(&started), [1, 3], "one slow, one quick");
        assert!(queue.finish(started[1].job, Ok(0), now));
        assert_eq!(ids(&queue.want(&wanted, now)), [4]);
        assert!(queue.finish(started[0].job, Ok(0), now));
        assert!(queue.want(&wanted, now).is_empty(), "a quick one holds a worker as well");
    }

    #[test]
    fn stopping_tells_every_job() {
        let (mut queue, now) = (Queue::<u8>::new(3), Instant::now());
        let started = queue.want(&slow(&[position(1, 0), position(2, 0)]), now);
        queue.stop();
        assert!(started.iter().all(|job| job.stop.is_cancelled()));
        assert_eq!(queue.stage(&B256::repeat_byte(1)), None);
    }
}
