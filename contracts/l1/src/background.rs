//! One thread of low priority, for work that is heavy and not urgent: compressing batches, committing to blobs and proving them.

use std::{
    sync::{Arc, OnceLock, mpsc},
    thread,
};
use tokio::sync::oneshot;

/// Niceness of the thread. Where every processor is busy it gets about a tenth of one: enough to prove 0.8 blobs a second, which is more than L1
/// takes of one sender, and too little to be felt by whoever builds blocks.
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// Does one job after another on a thread of its own, whose priority is low. The thread starts with the first job and ends with the last clone.
#[derive(Clone, Debug, Default)]
pub struct Background(Arc<OnceLock<mpsc::Sender<Job>>>);

/// There is no thread: a job on it panicked, or the system gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the background thread is gone: a job on it panicked, or the system gave no thread; look into the log, and restart the process")]
pub struct BackgroundGone;

impl Background {
    /// Waits for its turn and for the job's answer. Dropping the future does not stop the job.
    ///
    /// # Errors
    /// If the thread is gone.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, BackgroundGone> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody may wait for it any more.
            let _ = answer.send(job());
        });
        self.0.get_or_init(start).send(job).map_err(|_| BackgroundGone)?;
        answered.await.map_err(|_| BackgroundGone)
    }
}

/// Where the system does not let the thread lower its priority, it runs at the usual one, and says so.
fn start() -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let started = thread::Builder::new().name("background".to_owned()).spawn(move || {
        lower_priority();
        waiting.into_iter().for_each(|job| job());
    });
    if let Err(error) = started {
        // The receiver is dropped, so every job is refused.
        tracing::error!(%error, "the system gives no thread for the background");
    }
    jobs
}

/// Of the calling thread alone: on Linux niceness is a thread's, whatever POSIX says of processes. Elsewhere it would be everyone's.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "the background thread runs at the usual priority");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[tokio::test]
    async fn its_thread_alone_has_a_low_priority() {
        let before = niceness();
        let background = Background::default();
        assert_eq!(background.run(niceness).await, Ok((before + NICENESS).min(19)));
        assert_eq!(niceness(), before);
        assert_eq!(thread::spawn(niceness).join().unwrap(), before);
    }

    #[tokio::test]
    async fn jobs_are_done_one_at_a_time_in_order() {
        let background = Background::default();
        let started = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let job = |number: usize| {
            let started = started.clone();
            background.run(move || {
                let free = started.try_lock();
                thread::sleep(std::time::Duration::from_millis(5));
                free.expect("no other job runs").push(number);
            })
        };
        let (first, second, third) = tokio::join!(job(1), job(2), job(3));
        assert_eq!((first, second, third), (Ok(()), Ok(()), Ok(())));
        assert_eq!(*started.lock().unwrap(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_job_that_panics_is_an_error_and_not_a_wait_without_end() {
        let background = Background::default();
        let panicking = || -> usize { panic!("a job that fails, as this test wants it") };
        assert_eq!(background.run(panicking).await, Err(BackgroundGone));
        assert_eq!(background.run(|| 1).await, Err(BackgroundGone));
    }
}
