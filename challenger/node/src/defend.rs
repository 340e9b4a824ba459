//! Playing: the key's earlier transactions are settled, what it could pay for is looked at once, and the player is started.

use crate::{config::PlayConfig, run::ChallengerError, status::PlaySender};
use alloy::primitives::{U256, utils::format_ether};
use gainsay_game::{decide::Policy, settings::Settings};
use gainsay_l1::{L1Client, Recovery, SecretKey, SendPolicy, TransactionManager};
use gainsay_play::{
    conduct::Honest,
    player::{PlayOptions, Player},
};
use gainsay_shell::open::Running;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const GWEI: u128 = 1_000_000_000;
/// Wait after a failure of L1.
const RETRY: Duration = Duration::from_secs(2);
/// Gas that one dispute takes at most where nothing has to be loaded for its last step: staking, opening, six moves, the step, what ends and pays it.
/// The snapshot of the contracts' tests says 613,000 for the side that makes the step, and less for the rest; the figure leaves room.
const DISPUTE_GAS: u64 = 1_200_000;

/// Stakes and plays with the key until `stop`.
///
/// # Errors
/// When the key cannot sign, L1 is not the chain that it was, or the store fails.
pub async fn defend(config: PlayConfig, node: Arc<Running>, reports: PlaySender, stop: CancellationToken) -> Result<(), ChallengerError> {
    let cap = u128::from(config.max_fee_gwei).saturating_mul(GWEI);
    let send = SendPolicy { max_fee_cap: cap, blob_fee_cap: cap, poll: Duration::from_millis(500), ..SendPolicy::default() };
    look_at_balance(&node, &config.key, cap).await;
    let Some(manager) = take_over(&node.client, config.key, send, &stop).await? else { return Ok(()) };
    // One bond at most is at stake, whoever proposes: a second one is for those who claim all the time.
    let policy = Policy { propose: config.propose, second: false, list: config.propose };
    let mut options = PlayOptions::new(policy, config.confirmations);
    if let Some(workers) = config.workers {
        options.workers = workers.get();
    }
    let (player, report) = Player::new(&node, manager, options, Honest)?;
    reports.send_replace(Some(report));
    Ok(player.run(stop).await?)
}

/// Warns of a key that could not pay for a dispute. It is a warning alone: what is at stake already must be played for, with whatever is there.
async fn look_at_balance(node: &Running, key: &SecretKey, fee_cap: u128) {
    let address = key.address();
    let (balance, price) = match tokio::try_join!(node.client.balance(address), node.client.request::<_, U256>("eth_gasPrice", ())) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%address, %error, "L1 does not say what the key has: make sure of one bond, and gas for a dispute");
            return;
        }
    };
    let bond = Settings::from(node.network.rollup).bond;
    let gas = price.min(U256::from(fee_cap)).saturating_mul(U256::from(DISPUTE_GAS));
    let need = bond.saturating_add(gas);
    let (has, bond, gas) = (format_ether(balance), format_ether(bond), format_ether(gas));
    if balance < need {
        tracing::warn!(
            %address, has, bond, gas, need = format_ether(need),
            "the key cannot pay for a dispute: send it ether (figures in ether, gas at L1's price of now), unless its bond is staked already"
        );
    } else {
        tracing::info!(%address, has, bond, gas, "the key can pay for a dispute (figures in ether)");
    }
}

/// Settles what an earlier run left pending with this key. None if told to stop meanwhile.
async fn take_over(
    client: &L1Client,
    key: SecretKey,
    policy: SendPolicy,
    stop: &CancellationToken,
) -> Result<Option<TransactionManager>, ChallengerError> {
    loop {
        let started = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            started = TransactionManager::start(client.clone(), key.clone(), policy) => started,
        };
        match started {
            Err(error) if error.recovery() == Recovery::Retry => {
                tracing::warn!(%error, "pending transactions cannot be settled, trying again");
            }
            other => return Ok(Some(other?)),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}
