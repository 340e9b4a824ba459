//! What connections may hold of this server's memory and time, whatever the other side does or leaves undone.
//!
//! ```text
//!  socket ──▶ Metered ──▶ HTTP, WebSocket ──▶ Counted ──▶ methods
//!               │    ▲                           │
//!               │    └───── pauses, closes ◀── Traffic ◀─┘ requests under way, replies to come
//!               └── bytes in, bytes out ────────▲
//! ```
//!
//! jsonrpsee starts a task for each message of a WebSocket, and each waits until its reply has left. So what bounds them is not to read on: while the
//! other side takes nothing, and while many of its requests are under way.

mod budget;
mod counted;
mod metered;

pub(crate) use budget::Budgets;
pub(crate) use counted::Counted;
pub(crate) use metered::Metered;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::{Duration, Instant},
};

/// Bytes of a request that has not come in whole, and of requests under way, for which a connection needs no part of the budget.
const FREE_REQUEST: usize = 64 << 10;
/// Bytes of a reply for which a connection needs no part of the budget.
const FREE_REPLY: usize = 16 << 10;
/// Requests of one connection under way at a time; it is not read from while there are so many.
const CALLS: usize = 256;
/// Their bytes. One request may have more.
const CALL_BYTES: usize = 1 << 20;
/// In so long a request over HTTP has to come in whole.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// A connection over which nothing has come or gone for so long, and nothing is under way, is closed. WebSockets are pinged more often than that.
const IDLE_TIME: Duration = Duration::from_secs(120);
/// Who takes nothing of what is sent for so long is gone.
const WRITE_TIME: Duration = Duration::from_secs(60);

/// A number of bytes or calls in memory.
pub(crate) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What one connection holds.
#[derive(Debug)]
pub(crate) struct Traffic {
    budgets: Arc<Budgets>,
    /// Bytes of a request that is not whole at most.
    most_arriving: usize,
    holdings: Mutex<Holdings>,
}

#[derive(Debug)]
struct Holdings {
    /// Bytes that came in since the last request was whole.
    arriving: usize,
    /// Of these, how many the budget was asked for.
    arriving_charged: usize,
    /// When the HTTP request began that is not whole yet.
    request_since: Option<Instant>,
    /// When something came in or was taken last, or a request was done.
    active: Instant,
    calls: usize,
    call_bytes: usize,
    /// Bytes of replies that the budget was asked for and that are not written yet.
    owed: usize,
    /// Since when the other side takes nothing.
    stuck_since: Option<Instant>,
    /// Waits until it may read on.
    reader: Option<Waker>,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Call {
    traffic: Arc<Traffic>,
    bytes: usize,
    charged: usize,
}

impl Traffic {
    /// Of a new connection. `request_bytes` is what a request may have.
    pub(crate) fn new(budgets: Arc<Budgets>, request_bytes: usize) -> Arc<Self> {
        let holdings = Holdings {
            arriving: 0,
            arriving_charged: 0,
            request_since: None,
            active: Instant::now(),
            calls: 0,
            call_bytes: 0,
            owed: 0,
            stuck_since: None,
            reader: None,
        };
        let most_arriving = request_bytes.saturating_mul(2).saturating_add(FREE_REQUEST);
        Arc::new(Self { budgets, most_arriving, holdings: Mutex::new(holdings) })
    }

    /// An HTTP request begins: its head is there.
    pub(crate) fn request_begins(&self) {
        self.lock().request_since = Some(Instant::now());
    }

    /// It is answered, whether or not there was a call in it.
    pub(crate) fn request_ends(&self) {
        let mut holdings = self.lock();
        self.budgets.requests.give(std::mem::take(&mut holdings.arriving_charged));
        holdings.arriving = 0;
        holdings.request_since = None;
    }

    /// A request is whole, and is worked on while the guard lives.
    pub(crate) fn call_begins(self: &Arc<Self>) -> Call {
        let mut holdings = self.lock();
        let (bytes, charged) = (std::mem::take(&mut holdings.arriving), std::mem::take(&mut holdings.arriving_charged));
        holdings.request_since = None;
        holdings.calls = holdings.calls.saturating_add(1);
        holdings.call_bytes = holdings.call_bytes.saturating_add(bytes);
        Call { traffic: self.clone(), bytes, charged }
    }

    /// Asks for room for a reply, or a part of it; it is given back as bytes are written. False if this server holds too much already.
    pub(crate) fn owe(&self, bytes: usize) -> bool {
        if bytes <= FREE_REPLY {
            return true;
        }
        let granted = self.budgets.replies.take(bytes);
        if granted {
            let mut holdings = self.lock();
            holdings.owed = holdings.owed.saturating_add(bytes);
        }
        granted
    }

    /// Whether the connection is to be read from; if not, `waker` is woken once it is.
    fn may_read(&self, waker: &Waker) -> bool {
        let mut holdings = self.lock();
        let may = !holdings.is_paused();
        if !may {
            holdings.reader = Some(waker.clone());
        }
        may
    }

    /// Bytes have come in.
    fn read(&self, bytes: usize) -> io::Result<()> {
        let mut holdings = self.lock();
        holdings.active = Instant::now();
        holdings.arriving = holdings.arriving.saturating_add(bytes);
        if holdings.arriving > self.most_arriving {
            return Err(io::Error::other("the request is too large"));
        }
        let wanted = holdings.arriving.saturating_sub(FREE_REQUEST).saturating_sub(holdings.arriving_charged);
        if wanted > 0 && !self.budgets.requests.take(wanted) {
            return Err(io::Error::other("this server holds as much of large requests as it may"));
        }
        holdings.arriving_charged = holdings.arriving_charged.saturating_add(wanted);
        Ok(())
    }

    /// Bytes have been taken by the other side, or need not be any more.
    fn written(&self, bytes: usize) {
        let mut holdings = self.lock();
        holdings.active = Instant::now();
        let paid = holdings.owed.min(bytes);
        holdings.owed = holdings.owed.saturating_sub(paid);
        self.budgets.replies.give(paid);
    }

    /// Whether the other side takes what is sent.
    fn set_stuck(&self, stuck: bool) {
        let mut holdings = self.lock();
        match (stuck, holdings.stuck_since) {
            (true, None) => holdings.stuck_since = Some(Instant::now()),
            (false, Some(_)) => {
                holdings.stuck_since = None;
                holdings.wake();
            }
            _ => {}
        }
    }

    /// Why this connection is to be closed, if it is.
    fn overdue(&self, now: Instant) -> Option<io::Error> {
        let holdings = self.lock();
        let over = |since: Instant, most: Duration| now.saturating_duration_since(since) > most;
        let late = |words| Some(io::Error::new(io::ErrorKind::TimedOut, words));
        if holdings.stuck_since.is_some_and(|since| over(since, WRITE_TIME)) {
            return late("the other side takes nothing");
        }
        if holdings.request_since.is_some_and(|since| over(since, REQUEST_TIME)) {
            return late("the request does not come in whole");
        }
        (holdings.calls == 0 && over(holdings.active, IDLE_TIME)).then(|| late("nothing comes in or goes out")).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        // Nothing that is done under the lock can fail half-way.
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holdings {
    const fn is_paused(&self) -> bool {
        self.stuck_since.is_some() || self.calls >= CALLS || self.call_bytes > CALL_BYTES
    }

    fn wake(&mut self) {
        if !self.is_paused()
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        let holdings = self.holdings.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.budgets.requests.give(holdings.arriving_charged);
        self.budgets.replies.give(holdings.owed);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.traffic.budgets.requests.give(self.charged);
        let mut holdings = self.traffic.lock();
        holdings.active = Instant::now();
        holdings.calls = holdings.calls.saturating_sub(1);
        holdings.call_bytes = holdings.call_bytes.saturating_sub(self.bytes);
        holdings.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(requests: usize, replies: usize) -> (Arc<Budgets>, Arc<Traffic>) {
        let budgets = Arc::new(Budgets::new(requests, replies));
        (budgets.clone(), Traffic::new(budgets, 5 << 20))
    }

    #[test]
    fn all_connections_together_hold_no_more_of_large_requests_than_the_budget() {
        let (budgets, first) = traffic(1 << 20, 0);
        let second = Traffic::new(budgets.clone(), 5 << 20);
        first.read((1 << 20) + FREE_REQUEST).expect("there is room for it");
        second.read(FREE_REQUEST).expect("a small one needs none");
        second.read(1).expect_err("nothing is left");
        let call = first.call_begins();
        second.read(1).expect_err("it is still under way");
        drop(call);
        assert_eq!(budgets.left(), (1 << 20, 0));
        second.read(1).expect("there is room again");
        drop((first, second));
        assert_eq!(budgets.left(), (1 << 20, 0));
    }

    #[test]
    fn a_connection_that_sends_no_request_but_bytes_is_closed() {
        let (budgets, traffic) = traffic(usize::MAX >> 8, 0);
        let left = budgets.left();
        let sent = (0..).find(|_| traffic.read(FREE_REQUEST).is_err());
        assert_eq!(sent, Some(((10 << 20) + FREE_REQUEST) / FREE_REQUEST));
        drop(traffic);
        assert_eq!(budgets.left(), left);
    }

    #[test]
    fn it_is_not_read_from_while_many_requests_are_under_way_or_nothing_is_taken() {
        let (_, traffic) = traffic(0, 0);
        let mut calls: Vec<_> = (0..CALLS).map(|_| traffic.call_begins()).collect();
        assert!(!traffic.may_read(Waker::noop()));
        calls.pop();
        assert!(traffic.may_read(Waker::noop()));
        traffic.set_stuck(true);
        assert!(!traffic.may_read(Waker::noop()));
        assert!(traffic.lock().reader.is_some());
        traffic.set_stuck(false);
        assert!(traffic.lock().reader.is_none(), "it was woken");
        assert!(traffic.may_read(Waker::noop()));
    }

    #[test]
    fn replies_are_counted_until_they_are_written_or_their_connection_ends() {
        let (budgets, traffic) = traffic(0, 1 << 20);
        assert!(traffic.owe(FREE_REPLY), "small ones are not counted");
        assert_eq!(budgets.left(), (0, 1 << 20));
        assert!(traffic.owe(1 << 20) && !traffic.owe(FREE_REPLY + 1));
        traffic.written(1 << 19);
        assert!(traffic.owe(1 << 19) && !traffic.owe(1 << 19));
        drop(traffic);
        assert_eq!(budgets.left(), (0, 1 << 20));
    }

    #[test]
    fn a_connection_that_does_not_get_on_is_closed() {
        let (_, traffic) = traffic(0, 0);
        let later = |time: Duration| Instant::now() + time + Duration::from_secs(1);
        assert!(traffic.overdue(Instant::now()).is_none());
        assert!(traffic.overdue(later(IDLE_TIME)).is_some(), "idle");
        let before = traffic.lock().active;
        std::thread::sleep(Duration::from_millis(2));
        traffic.written(1);
        assert!(traffic.lock().active > before, "a long reply that is taken slowly is no idleness");
        let call = traffic.call_begins();
        assert!(traffic.overdue(later(IDLE_TIME)).is_none(), "it waits for us");
        traffic.set_stuck(true);
        assert!(traffic.overdue(later(WRITE_TIME)).is_some());
        traffic.set_stuck(false);
        traffic.request_begins();
        assert!(traffic.overdue(later(REQUEST_TIME)).is_some(), "slow to send");
        drop((traffic.call_begins(), call));
        assert!(traffic.overdue(later(REQUEST_TIME)).is_none());
        traffic.request_begins();
        traffic.request_ends();
        assert!(traffic.overdue(later(REQUEST_TIME)).is_none());
    }
}
