//! Work for several threads.

use std::{
    iter,
    num::NonZero,
    panic::resume_unwind,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

/// Changes that are not worth other threads: ten milliseconds' work. While all cores are busy, waiting for one that was interrupted takes some of them.
pub(crate) const MOST_ALONE: usize = 3_000;

/// Threads at most: a branch has sixteen children.
const MOST_THREADS: usize = 8;

/// How many threads there may be; asking the system takes as long as some changes.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS))
}

/// Has this thread and others take items one by one. A thread that comes late, since the cores are busy, finds less to do; if none can be started, this one
/// does it all.
pub(crate) fn divide<T: Send, R: Send>(items: Vec<T>, work: impl Fn(&mut dyn Iterator<Item = T>) -> R + Sync) -> Vec<R> {
    let helpers = cores().min(items.len()).saturating_sub(1);
    let queue = Mutex::new(items.into_iter());
    // What it guards is whole at any time.
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let take = || work(&mut iter::from_fn(next));
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().name("roots".to_owned()).spawn_scoped(scope, take).ok();
        let helpers: Vec<_> = (0..helpers).map_while(start).collect();
        let own = take();
        let others = helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        others.chain([own]).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn each_item_is_taken_once() {
        for count in [0u64, 1, 2, 7, 10_000] {
            let mut taken: Vec<_> = divide((0..count).collect(), |items| items.collect::<Vec<_>>()).into_iter().flatten().collect();
            taken.sort_unstable();
            assert!(taken.into_iter().eq(0..count));
        }
    }
}
