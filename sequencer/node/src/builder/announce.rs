//! The words in which the open block is told to others.

use gainsay_build::Executed;
use gainsay_rpc::{PreconfirmedLog, PreconfirmedTransaction};

/// A transaction of the open block. `first_log` is the number of its first log in the block.
pub(crate) fn describe(executed: &Executed<'_>, first_log: u64) -> PreconfirmedTransaction {
    let Executed { index, hash, from, to, outcome } = *executed;
    let logs = outcome.logs.iter().zip(first_log..).map(|(log, log_index)| PreconfirmedLog {
        address: log.address,
        topics: log.topics().to_vec(),
        data: log.data.data.clone(),
        log_index,
    });
    PreconfirmedTransaction {
        hash,
        transaction_index: index as u64,
        from,
        to,
        status: u8::from(outcome.success),
        gas_used: outcome.gas_used,
        effective_gas_price: outcome.effective_gas_price,
        l1_fee: outcome.l1_fee,
        contract_address: outcome.contract_address,
        logs: logs.collect(),
    }
}
