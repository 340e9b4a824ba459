//! Senders, recovered on several threads before a block is executed.

use alloy_primitives::B256;
use gainsay_types::{InvalidTransaction, RecoveredTransaction, Transaction};
use std::thread;

/// Fewer signatures than this are not worth a thread (one takes about 30 µs).
const PER_THREAD: usize = 16;

/// The transactions with their senders, or the first whose signature is bad.
pub(crate) type Recovered = Result<Vec<RecoveredTransaction>, BadSignature>;

/// A transaction that nobody signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSignature {
    pub(crate) index: usize,
    pub(crate) hash: B256,
    pub(crate) reason: InvalidTransaction,
}

/// Recovers every sender, in order, on as many threads as there are cores.
///
/// # Errors
/// For the first transaction whose signature is invalid: its position and the reason.
pub fn recover_senders(transactions: Vec<Transaction>) -> Result<Vec<RecoveredTransaction>, (usize, InvalidTransaction)> {
    recover_all(transactions).map_err(|bad| (bad.index, bad.reason))
}

pub(crate) fn recover_all(transactions: Vec<Transaction>) -> Recovered {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(transactions.len() / PER_THREAD).max(1);
    if threads == 1 {
        return recover(0, transactions);
    }
    let share = transactions.len().div_ceil(threads);
    let mut rest = transactions;
    let mut shares = Vec::with_capacity(threads);
    while !rest.is_empty() {
        let tail = rest.split_off(share.min(rest.len()));
        shares.push(std::mem::replace(&mut rest, tail));
    }
    let results: Vec<_> = thread::scope(|scope| {
        let start = |(index, share_of_one)| scope.spawn(move || recover(index * share, share_of_one));
        let handles: Vec<_> = shares.into_iter().enumerate().map(start).collect();
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut recovered = Vec::new();
    for result in results {
        recovered.append(&mut result?);
    }
    Ok(recovered)
}

/// On this thread. The first transaction has the position `first`. Transactions keep their hash from now on: whoever asks for it later has it for free.
pub(crate) fn recover(first: usize, transactions: Vec<Transaction>) -> Recovered {
    let recover = |(index, transaction): (usize, Transaction)| {
        let hash = transaction.hash();
        transaction.recover().map_err(|reason| BadSignature { index, hash, reason })
    };
    (first..).zip(transactions).map(recover).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_types::testing::{Dice, any_transaction};

    /// Random signatures: about half of them recover to somebody, and none with a high s.
    fn some(count: usize) -> Vec<Transaction> {
        let mut dice = Dice::new(7);
        (0..count).map(|_| any_transaction(&mut dice)).collect()
    }

    #[test]
    fn many_threads_recover_what_one_does_in_the_same_order() {
        let good: Vec<_> = some(2_000).into_iter().filter(|transaction| transaction.clone().recover().is_ok()).collect();
        assert!(good.len() > 200);
        for count in [0, 1, 15, 16, 17, 31, 32, 33, 100, 199, good.len()] {
            let expected: Vec<_> = good[..count].iter().map(|transaction| transaction.clone().recover().unwrap()).collect();
            assert_eq!(recover_senders(good[..count].to_vec()).unwrap(), expected);
        }
    }

    #[test]
    fn the_first_bad_signature_is_named() {
        let all = some(400);
        let first = all.iter().position(|transaction| transaction.clone().recover().is_err()).unwrap();
        assert_eq!(recover_senders(all).unwrap_err().0, first);
    }
}
