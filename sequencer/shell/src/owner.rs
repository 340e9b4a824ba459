//! One thread owns a core; everybody else sends it closures.
//!
//! The chain is written by whoever derives, builds or imports, but only ever from one thread. A closure is the smallest message
//! that can carry each of these without an enum that knows all its users.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Closures that wait at most; senders wait when there are more.
const QUEUE: usize = 64;

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// The owner has stopped: the process is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the process is stopping")]
pub struct Stopped;

/// Sends work to the thread that owns a `T`.
pub struct Owner<T> {
    jobs: mpsc::Sender<Job<T>>,
}

impl<T> Clone for Owner<T> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone() }
    }
}

/// The receiving end, given to [`own`].
pub struct Jobs<T>(mpsc::Receiver<Job<T>>);

/// A handle and the receiving end.
#[must_use]
pub fn channel<T>() -> (Owner<T>, Jobs<T>) {
    let (jobs, receiver) = mpsc::channel(QUEUE);
    (Owner { jobs }, Jobs(receiver))
}

impl<T: 'static> Owner<T> {
    /// Runs `work` on the owning thread and waits for its result. Keep it short: nothing else happens there meanwhile.
    ///
    /// # Errors
    /// When the owner has stopped.
    pub async fn with<R: Send + 'static>(&self, work: impl FnOnce(&mut T) -> R + Send + 'static) -> Result<R, Stopped> {
        let (reply, result) = tokio::sync::oneshot::channel();
        let job: Job<T> = Box::new(move |owned| {
            // Nobody waiting any more is no reason to undo the work.
            let _ = reply.send(work(owned));
        });
        self.jobs.send(job).await.map_err(|_| Stopped)?;
        result.await.map_err(|_| Stopped)
    }
}

/// Owns `core` on a blocking thread until `stop`: does `advance` while it reports progress, with waiting jobs in between, and
/// sleeps until the next job otherwise. Returns the core's last error, or nothing once stopped.
///
/// # Errors
/// The first error of `advance`.
///
/// # Panics
/// Passes on a panic of `advance` or of a job.
pub async fn own<T, E>(
    mut core: T,
    mut jobs: Jobs<T>,
    stop: CancellationToken,
    mut advance: impl FnMut(&mut T) -> Result<bool, E> + Send + 'static,
) -> Result<(), E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    let thread = tokio::task::spawn_blocking(move || {
        let mut busy = true;
        while !stop.is_cancelled() {
            let job = if busy {
                jobs.0.try_recv().ok()
            } else {
                runtime.block_on(async {
                    tokio::select! {
                        () = stop.cancelled() => None,
                        job = jobs.0.recv() => job,
                    }
                })
            };
            if let Some(job) = job {
                job(&mut core);
            }
            busy = advance(&mut core)?;
        }
        Ok(())
    });
    match thread.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // A blocking thread that runs is never cancelled.
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn jobs_run_while_there_is_work_to_advance_and_after() {
        let (owner, jobs) = channel::<u64>();
        let stop = CancellationToken::new();
        let task = tokio::spawn(own(0, jobs, stop.clone(), |count| {
            let below = *count < 1_000;
            *count += u64::from(below);
            Ok::<_, Stopped>(below)
        }));
        while owner.with(|count| *count).await != Ok(1_000) {}
        assert_eq!(owner.with(|count| std::mem::replace(count, 999)).await, Ok(1_000));
        while owner.with(|count| *count).await != Ok(1_000) {}
        stop.cancel();
        assert_eq!(task.await.ok(), Some(Ok(())));
        assert_eq!(owner.with(|count| *count).await, Err(Stopped));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_error_of_the_core_ends_the_owner() {
        let (_owner, jobs) = channel::<u64>();
        assert_eq!(own(0, jobs, CancellationToken::new(), |_| Err::<bool, _>("lost")).await, Err("lost"));
    }
}
