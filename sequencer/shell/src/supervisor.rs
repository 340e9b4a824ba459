//! One supervisor a process: it starts tasks, notices the first one that ends, and stops the rest in order.

use std::{fmt, future::Future, time::Duration};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::{JoinError, JoinHandle},
};
use tokio_util::sync::CancellationToken;

/// How long a task may take to stop before it is abandoned.
const GRACE: Duration = Duration::from_secs(10);

/// Why a process stopped, when it was not asked to. `E` is the error type of its tasks.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure<E: fmt::Debug + fmt::Display + std::error::Error + 'static> {
    /// A task gave up.
    #[error("{source}")]
    Failed {
        /// Name of the task.
        task: &'static str,
        /// Its error.
        source: E,
    },
    /// A task returned although nobody asked it to.
    #[error("the {task} task ended by itself; this is a defect, the log has its last words")]
    Ended {
        /// Name of the task.
        task: &'static str,
    },
    /// A task panicked.
    #[error("the {task} task panicked; this is a defect: {source}")]
    Panicked {
        /// Name of the task.
        task: &'static str,
        /// The panic.
        source: JoinError,
    },
    /// The operating system refuses signal handlers.
    #[error("cannot listen for Ctrl-C and SIGTERM")]
    Signals {
        /// The system's error.
        source: std::io::Error,
    },
}

/// Tasks in the order in which they were started. They stop in the reverse order, one after another: whoever was started later may
/// use what was started before, until the end. So the task that owns the store is started first and stops last.
pub struct Supervisor<E> {
    tasks: Vec<Task<E>>,
}

struct Task<E> {
    name: &'static str,
    token: CancellationToken,
    handle: JoinHandle<Result<(), E>>,
}

impl<E> Default for Supervisor<E> {
    fn default() -> Self {
        Self { tasks: Vec::new() }
    }
}

/// A process that fails while it starts drops the supervisor: the tasks that were started are told to stop.
impl<E> Drop for Supervisor<E> {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.token.cancel();
        }
    }
}

impl<E: std::error::Error + Send + 'static> Supervisor<E> {
    /// Starts a task. It must return soon after its token is cancelled, and not before.
    pub fn spawn<F>(&mut self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let token = CancellationToken::new();
        let handle = tokio::spawn(task(token.clone()));
        self.tasks.push(Task { name, token, handle });
    }

    /// Waits for Ctrl-C, SIGTERM or the first task to end, then stops all tasks.
    ///
    /// # Errors
    /// The failure of the first task that ended by itself.
    pub async fn run(self) -> Result<(), TaskFailure<E>> {
        let mut terminate = signal(SignalKind::terminate()).map_err(|source| TaskFailure::Signals { source })?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|source| TaskFailure::Signals { source })?;
        self.run_until(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("asked to stop");
        })
        .await
    }

    /// As [`Self::run`], with `stop` in place of the signals.
    ///
    /// # Errors
    /// The failure of the first task that ended by itself.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), TaskFailure<E>> {
        let ended = tokio::select! {
            () = stop => None,
            ended = first_end(&mut self.tasks) => Some(ended),
        };
        let outcome = ended.map_or(Ok(()), |(index, result)| {
            let task = self.tasks.remove(index);
            Err(failure(task.name, result))
        });
        self.stop().await;
        outcome
    }

    async fn stop(mut self) {
        while let Some(mut task) = self.tasks.pop() {
            task.token.cancel();
            match tokio::time::timeout(GRACE, &mut task.handle).await {
                Ok(Ok(Ok(()))) => tracing::debug!(task = task.name, "task stopped"),
                Ok(Ok(Err(error))) => tracing::warn!(task = task.name, %error, "task failed while stopping"),
                Ok(Err(error)) => tracing::error!(task = task.name, %error, "task panicked while stopping"),
                Err(_) => {
                    tracing::warn!(task = task.name, "task does not stop; abandoned");
                    task.handle.abort();
                }
            }
        }
    }
}

fn failure<E: std::error::Error>(task: &'static str, result: Result<Result<(), E>, JoinError>) -> TaskFailure<E> {
    match result {
        Ok(Ok(())) => TaskFailure::Ended { task },
        Ok(Err(source)) => TaskFailure::Failed { task, source },
        Err(source) => TaskFailure::Panicked { task, source },
    }
}

/// Resolves once any of the tasks has ended; never if there are none.
async fn first_end<E>(tasks: &mut [Task<E>]) -> (usize, Result<Result<(), E>, JoinError>) {
    std::future::poll_fn(|context| {
        for (index, task) in tasks.iter_mut().enumerate() {
            if let std::task::Poll::Ready(result) = std::pin::Pin::new(&mut task.handle).poll(context) {
                return std::task::Poll::Ready((index, result));
            }
        }
        std::task::Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Debug, thiserror::Error)]
    #[error("the disk is full")]
    struct DiskFull;

    fn waiting(supervisor: &mut Supervisor<DiskFull>, name: &'static str, order: &Arc<Mutex<Vec<&'static str>>>) {
        let order = order.clone();
        supervisor.spawn(name, |token| async move {
            token.cancelled().await;
            order.lock().map(|mut order| order.push(name)).map_err(|_| DiskFull)
        });
    }

    #[tokio::test]
    async fn tasks_stop_in_the_reverse_order_of_their_start() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut supervisor = Supervisor::default();
        for name in ["store", "chain", "rpc"] {
            waiting(&mut supervisor, name, &order);
        }
        assert!(supervisor.run_until(async {}).await.is_ok());
        assert_eq!(order.lock().map(|order| order.clone()).ok(), Some(vec!["rpc", "chain", "store"]));
    }

    #[tokio::test]
    async fn the_first_failure_stops_the_rest_and_keeps_its_type() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut supervisor = Supervisor::default();
        waiting(&mut supervisor, "store", &order);
        supervisor.spawn("chain", |_| async { Err(DiskFull) });
        let result = supervisor.run_until(std::future::pending()).await;
        assert!(matches!(result, Err(TaskFailure::Failed { task: "chain", source: DiskFull })));
        assert_eq!(order.lock().map(|order| order.len()).ok(), Some(1));
    }

    #[tokio::test]
    async fn a_task_that_returns_unasked_or_panics_is_a_failure() {
        let mut supervisor = Supervisor::<DiskFull>::default();
        supervisor.spawn("builder", |_| async { Ok(()) });
        assert!(matches!(supervisor.run_until(std::future::pending()).await, Err(TaskFailure::Ended { task: "builder" })));
        let mut supervisor = Supervisor::<DiskFull>::default();
        supervisor.spawn("builder", |_| async { std::panic::resume_unwind(Box::new("overflow")) });
        assert!(matches!(supervisor.run_until(std::future::pending()).await, Err(TaskFailure::Panicked { task: "builder", .. })));
    }
}
