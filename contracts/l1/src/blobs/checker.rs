//! Checks what sources gave, in the background: whatever waits is checked together.

use super::{
    FetchedBlob, VerifiedBlob,
    together::{Claim, check},
};
use alloy::primitives::{B256, Bytes};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, task::spawn_blocking};

/// Blobs that are checked at once, unless one answer has more: beyond that little is left to save.
const AT_ONCE: usize = 48;
/// How long a check waits for blobs that are being fetched. It would take longer to check them apart.
const PATIENCE: Duration = Duration::from_millis(20);

/// A queue of claims, and at most one blocking thread that works on it. While it does, others can queue up: the more there is to do, the less each costs.
#[derive(Clone, Default)]
pub(super) struct Checker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Answers of sources that are not here yet.
    coming: usize,
    /// Somebody works on it.
    busy: bool,
}

/// An answer that is on its way, for as long as this exists.
pub(super) struct Coming(Arc<Shared>);

/// What one source gave for one batch.
struct Job {
    claims: Vec<Claim>,
    answer: oneshot::Sender<Vec<VerifiedBlob>>,
}

impl Checker {
    /// Blobs are being fetched: those that are here already may wait a little for them.
    pub(super) fn announce(&self) -> Coming {
        self.shared.lock().coming += 1;
        Coming(self.shared.clone())
    }

    /// Those of `blobs` that match one of `hashes`, each once. Those whose commitment the source named are checked together with others; each of the rest is
    /// committed to, which takes 35 ms of a blocking thread.
    pub(super) async fn select(&self, hashes: &[B256], blobs: Vec<FetchedBlob>, coming: Coming) -> Vec<VerifiedBlob> {
        if blobs.is_empty() {
            return Vec::new();
        }
        let wanted = hashes.to_vec();
        // A blocking task ends without a result only when the runtime shuts down.
        let (claims, rest) = spawn_blocking(move || sort(blobs, &wanted)).await.unwrap_or_default();
        let (together, alone) = tokio::join!(self.together(claims, coming), alone(rest));
        let mut seen = HashSet::new();
        together.into_iter().chain(alone).filter(|blob| hashes.contains(&blob.hash()) && seen.insert(blob.hash())).collect()
    }

    async fn together(&self, claims: Vec<Claim>, coming: Coming) -> Vec<VerifiedBlob> {
        if claims.is_empty() {
            return Vec::new();
        }
        let (answer, checked) = oneshot::channel();
        let start = {
            let mut queue = self.shared.lock();
            queue.waiting.push_back(Job { claims, answer });
            !std::mem::replace(&mut queue.busy, true)
        };
        // They are here.
        drop(coming);
        if start {
            let shared = self.shared.clone();
            spawn_blocking(move || shared.run());
        }
        checked.await.unwrap_or_default()
    }
}

impl Shared {
    fn run(&self) {
        let _turn = Turn(self);
        while let Some(jobs) = self.take() {
            let (mut claims, mut answers) = (Vec::new(), Vec::new());
            for job in jobs {
                answers.push((job.claims.len(), job.answer));
                claims.extend(job.claims);
            }
            let mut verdicts = check(&claims).into_iter();
            for (count, answer) in answers {
                // Whoever asked may have given up.
                let _ = answer.send(verdicts.by_ref().take(count).flatten().collect());
            }
        }
    }

    /// What to check next; when there is nothing, nobody works on the queue any more.
    fn take(&self) -> Option<Vec<Job>> {
        let mut queue = self.wait_for_company();
        let (mut jobs, mut count) = (Vec::new(), 0);
        while let Some(job) = queue.waiting.pop_front_if(|job| count == 0 || count + job.claims.len() <= AT_ONCE) {
            // Nobody wants the answer any more.
            if job.answer.is_closed() {
                continue;
            }
            count += job.claims.len();
            jobs.push(job);
        }
        queue.busy = !jobs.is_empty();
        (!jobs.is_empty()).then_some(jobs)
    }

    fn wait_for_company(&self) -> MutexGuard<'_, Queue> {
        let until = Instant::now() + PATIENCE;
        let mut queue = self.lock();
        while queue.coming > 0 && queue.waiting.iter().map(|job| job.claims.len()).sum::<usize>() < AT_ONCE {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that is done under the lock can fail half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.lock().coming -= 1;
        self.0.changed.notify_all();
    }
}

/// Whoever works on the queue. Should it die, the next that comes starts anew, and those that wait hear that nothing was found.
struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut queue = self.0.lock();
            queue.waiting.clear();
            queue.busy = false;
        }
    }
}

/// Each blob once: what can be checked together, and what has to be checked alone.
fn sort(blobs: Vec<FetchedBlob>, wanted: &[B256]) -> (Vec<Claim>, Vec<Bytes>) {
    let (mut claims, mut rest) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for blob in blobs {
        if seen.insert(blob.bytes.clone()) {
            match Claim::new(blob, wanted) {
                Ok(claim) => claims.push(claim),
                Err(bytes) => rest.push(bytes),
            }
        }
    }
    (claims, rest)
}

async fn alone(blobs: Vec<Bytes>) -> Vec<VerifiedBlob> {
    if blobs.is_empty() {
        return Vec::new();
    }
    spawn_blocking(move || blobs.into_iter().filter_map(VerifiedBlob::compute).collect()).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::verify::commit;

    fn blob(seed: u8) -> FetchedBlob {
        let mut bytes = vec![0; 131_072];
        bytes[31] = seed;
        let commitment = commit(&bytes).map(Into::into);
        FetchedBlob { bytes: bytes.into(), commitment }
    }

    fn hash_of(blob: &FetchedBlob) -> B256 {
        VerifiedBlob::compute(blob.bytes.clone()).unwrap().hash()
    }

    fn hashes(found: &[VerifiedBlob]) -> Vec<B256> {
        let mut hashes: Vec<B256> = found.iter().map(VerifiedBlob::hash).collect();
        hashes.sort_unstable();
        hashes
    }

    async fn select(hashes: &[B256], blobs: Vec<FetchedBlob>) -> Vec<VerifiedBlob> {
        let checker = Checker::default();
        checker.select(hashes, blobs, checker.announce()).await
    }

    #[tokio::test]
    async fn a_fetch_that_never_ends_holds_up_nobody() {
        let (checker, one) = (Checker::default(), blob(1));
        let _endless = checker.announce();
        for _ in 0..2 {
            assert_eq!(checker.select(&[hash_of(&one)], vec![one.clone()], checker.announce()).await.len(), 1);
        }
    }

    #[tokio::test]
    async fn blobs_with_and_without_commitments_are_found_once_each_and_none_that_was_not_wanted() {
        let [one, two, three, other] = [1, 2, 3, 4].map(blob);
        let without = FetchedBlob { commitment: None, ..three.clone() };
        let mut wanted = [&one, &two, &three].map(hash_of);
        let fetched = vec![one.clone(), two, one.clone(), other, without, FetchedBlob { commitment: None, ..one }];
        let found = select(&wanted, fetched).await;
        wanted.sort_unstable();
        assert_eq!(hashes(&found), wanted);
    }

    #[tokio::test]
    async fn a_false_commitment_keeps_no_good_blob_out_and_lets_no_bad_one_in() {
        let [one, two, three] = [1, 2, 3].map(blob);
        let wanted = [hash_of(&one), hash_of(&two)];
        // The first is what was asked for, under the other's name; the second is not, whatever it claims.
        let fetched = vec![FetchedBlob { commitment: two.commitment, ..one.clone() }, FetchedBlob { commitment: two.commitment, ..three }];
        assert_eq!(hashes(&select(&wanted, fetched).await), [wanted[0]]);
    }

    #[tokio::test]
    async fn a_blob_with_one_bit_changed_is_not_selected() {
        let good = blob(0);
        let hash = hash_of(&good);
        let mut bad = good.bytes.to_vec();
        bad[77] ^= 1;
        let bad = FetchedBlob { bytes: bad.into(), commitment: None };
        assert_eq!(select(&[hash], vec![bad]).await, []);
        assert_eq!(select(&[hash], vec![good.clone()]).await[0].bytes(), &good.bytes);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn everybody_who_asks_at_once_gets_the_own_blobs() {
        let checker = Checker::default();
        let blobs: Vec<_> = (1..=12).map(blob).collect();
        let (mut bad, lie) = (blobs.clone(), blobs[7].bytes.clone());
        bad[4].bytes = lie;
        let asked = bad.chunks(2).zip(blobs.chunks(2)).map(|(given, wanted)| {
            let (checker, coming, given) = (checker.clone(), checker.announce(), given.to_vec());
            let mut wanted: Vec<B256> = wanted.iter().map(hash_of).collect();
            tokio::spawn(async move {
                let found = hashes(&checker.select(&wanted, given, coming).await);
                wanted.sort_unstable();
                (found, wanted)
            })
        });
        for (index, task) in asked.collect::<Vec<_>>().into_iter().enumerate() {
            let (found, wanted) = task.await.unwrap();
            if index == 2 {
                assert_eq!(found, [hash_of(&blobs[5])]);
            } else {
                assert_eq!(found, wanted);
            }
        }
        // The last answer comes a little before the thread's end.
        while checker.shared.lock().busy {
            tokio::task::yield_now().await;
        }
        let queue = checker.shared.lock();
        assert_eq!((queue.coming, queue.waiting.len()), (0, 0));
    }
}
