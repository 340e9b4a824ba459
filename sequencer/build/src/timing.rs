//! When a block is due, and how much it may hold.

use gainsay_types::{ChainConfig, MAX_MESSAGES_PER_BATCH, Message, Millis};

/// When the allowance of a block with these deposits reaches `gas`; none if it never does.
pub(crate) fn time_of_allowance(config: &ChainConfig, parent: Millis, deposit_gas: u64, gas: u64) -> Option<Millis> {
    let fits = gas <= config.block_gas_limit.saturating_sub(deposit_gas);
    let elapsed = u128::from(gas).saturating_mul(1000).div_ceil(u128::from(config.gas_rate.max(1)));
    fits.then(|| parent.plus(u64::try_from(elapsed).unwrap_or(u64::MAX)))
}

/// The deposits that one block takes: in order, within the block gas limit and within what one batch may consume. Also the sum of their gas limits.
pub(crate) fn fitting_deposits<'a>(config: &ChainConfig, deposits: &'a [Message]) -> (&'a [Message], u64) {
    let mut gas = 0u64;
    let most = usize::try_from(MAX_MESSAGES_PER_BATCH).unwrap_or(usize::MAX);
    let mut fits = |message: &&Message| {
        let sum = gas.saturating_add(message.gas_limit());
        let fits = sum <= config.block_gas_limit;
        if fits {
            gas = sum;
        }
        fits
    };
    let count = deposits.iter().take(most).take_while(&mut fits).count();
    (deposits.get(..count).unwrap_or_default(), gas)
}
