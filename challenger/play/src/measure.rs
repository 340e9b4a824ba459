//! Metrics and log lines of what a player does.

use crate::report::{PlayReport, Spent, Standing};
use alloy::{primitives::U256, rpc::types::TransactionReceipt};
use gainsay_game::act::{Act, Claim};

impl Spent {
    pub(crate) fn add(&mut self, receipt: &TransactionReceipt) {
        self.transactions = self.transactions.saturating_add(1);
        self.gas = self.gas.saturating_add(receipt.gas_used);
        let wei = U256::from(receipt.effective_gas_price).saturating_mul(U256::from(receipt.gas_used));
        self.wei = self.wei.saturating_add(wei);
    }
}

/// An act took effect.
pub(crate) fn done(act: &Act, receipt: &TransactionReceipt) {
    let (what, gas) = (act.name(), receipt.gas_used);
    metrics::counter!("gainsay_acts", "act" => what).increment(1);
    metrics::counter!("gainsay_act_gas").increment(gas);
    let l1_block = receipt.block_number.unwrap_or_default();
    match act.match_state() {
        Some(m) => tracing::info!(what, round = m.round, l1_block, gas, transaction = %receipt.transaction_hash, "moved on L1"),
        None => tracing::info!(what, l1_block, gas, transaction = %receipt.transaction_hash, "done on L1"),
    }
    match act {
        Act::Stake { claims, .. } | Act::Advance { claims, .. } => claims.iter().for_each(claimed),
        Act::Confirm { id } => {
            tracing::info!(assertion = %id, "assertion confirmed");
            metrics::counter!("gainsay_assertions_confirmed_here").increment(1);
        }
        _ => {}
    }
}

fn claimed(claim: &Claim) {
    let (block, batch) = (claim.end.l2_block_number, claim.end.batch_index);
    tracing::info!(block, batch, "state claimed");
    metrics::counter!("gainsay_claims").increment(1);
    metrics::gauge!("gainsay_claimed_block").set(block as f64);
}

/// How all matches stand.
pub(crate) fn standing(report: &PlayReport) {
    for standing in Standing::ALL {
        let count = report.matches.iter().filter(|m| m.standing == standing).count();
        metrics::gauge!("gainsay_matches", "state" => standing.name()).set(count as f64);
    }
    let own = report.matches.iter().filter(|m| m.standing == Standing::OwnTurn);
    let left = own.map(|m| m.deadline).min().map_or(f64::INFINITY, |deadline| deadline as f64 - report.l1_time as f64);
    metrics::gauge!("gainsay_most_urgent_seconds_left").set(left);
}
