//! Those that the protocol must withstand: a sequencer that posts garbage, a staker that claims what is false.

use crate::{Setup, accounts, setup::L1_PATIENCE};
use alloy::{
    consensus::{SidecarBuilder, SimpleCoder},
    primitives::{B256, Bytes},
    providers::Provider,
    rpc::types::{Filter, TransactionReceipt},
    sol_types::SolEvent,
};
use eyre::{OptionExt, ensure};
use gainsay_bindings::{
    Inbox::{self, Append, MessageLink},
    Rollup::{self, AssertionCreated, Claim, State},
};

/// Posts bytes as a calldata batch, with the sequencer's key, consuming no message.
///
/// # Errors
/// When L1 refuses, for instance because a batch of the sequencer's own came first.
pub async fn garbage_calldata(setup: &Setup, payload: Bytes) -> eyre::Result<TransactionReceipt> {
    let inbox = Inbox::new(setup.addresses.inbox, setup.l1.provider());
    let append = on_top(setup).await?;
    let sent = inbox.appendCalldata(append, payload).from(accounts::signer(accounts::BATCHER)?.address()).send().await?;
    included(sent.with_timeout(Some(L1_PATIENCE)).get_receipt().await?)
}

/// Posts bytes as a blob batch, with the sequencer's key, consuming no message.
///
/// # Errors
/// As above.
pub async fn garbage_blob(setup: &Setup, bytes: &[u8]) -> eyre::Result<TransactionReceipt> {
    let inbox = Inbox::new(setup.addresses.inbox, setup.l1.provider());
    let sidecar = SidecarBuilder::<SimpleCoder>::from_slice(bytes).build_7594()?;
    let append = on_top(setup).await?;
    let fee = setup.l1.provider().get_blob_base_fee().await?;
    let call = inbox.appendBlobs(append).from(accounts::signer(accounts::BATCHER)?.address());
    let sent = call.sidecar_7594(sidecar).max_fee_per_blob_gas(fee * 2 + 1).send().await?;
    included(sent.with_timeout(Some(L1_PATIENCE)).get_receipt().await?)
}

fn included(receipt: TransactionReceipt) -> eyre::Result<TransactionReceipt> {
    ensure!(receipt.status(), "the transaction {} reverted", receipt.transaction_hash);
    Ok(receipt)
}

/// What a batch on top of the inbox as it is must name.
async fn on_top(setup: &Setup) -> eyre::Result<Append> {
    let inbox = Inbox::new(setup.addresses.inbox, setup.l1.provider());
    let consumed = inbox.consumedCount().call().await?;
    let nothing = MessageLink { kind: 0, userOrdinal: 0, l1Number: 0, l1Time: 0, bodyHash: B256::ZERO };
    Ok(Append {
        expectedBatchAcc: inbox.batchAcc(inbox.batchCount().call().await?).call().await?,
        depositCount: consumed,
        expectedDepositAcc: inbox.depositAcc(consumed).call().await?,
        last: nothing.clone(),
        firstUserIndex: 0,
        firstUser: nothing,
    })
}

/// Every assertion that L1 has now, oldest first.
///
/// # Errors
/// When L1 does not answer.
pub async fn assertions(setup: &Setup) -> eyre::Result<Vec<AssertionCreated>> {
    let filter = Filter::new().address(setup.addresses.rollup).event_signature(AssertionCreated::SIGNATURE_HASH).from_block(0);
    let logs = setup.l1.provider().get_logs(&filter).await?;
    logs.iter().map(|log| Ok(AssertionCreated::decode_log(&log.inner)?.data)).collect()
}

/// Stakes on a forged rival of the newest assertion: the same end state, with another output root. Returns the rival's id and
/// the L2 block about which it lies.
///
/// # Errors
/// As [`forged_assertion`].
pub async fn false_assertion(setup: &Setup, staker: u32) -> eyre::Result<(B256, u64)> {
    let forged = forged_assertion(setup, staker, |end| end.outputRoot ^= B256::with_last_byte(1)).await?;
    Ok((forged.id, forged.end.l2BlockNumber))
}

/// Stakes on a rival of the newest unconfirmed assertion: its end state, as `bend` changes it. The stake walks down the line of that assertion to where it leaves it.
///
/// # Errors
/// When L1 refuses, for instance because the newest assertion is too old for new rivals.
pub async fn forged_assertion(setup: &Setup, staker: u32, bend: impl FnOnce(&mut State)) -> eyre::Result<AssertionCreated> {
    let line = assertions(setup).await?;
    let target = line.last().ok_or_eyre("there is no assertion")?.clone();
    forged_rival(setup, staker, &target, bend).await
}

/// The same with a rival of an assertion of the caller's choice.
///
/// # Errors
/// As above.
pub async fn forged_rival(
    setup: &Setup,
    staker: u32,
    of: &AssertionCreated,
    bend: impl FnOnce(&mut State),
) -> eyre::Result<AssertionCreated> {
    let rollup = Rollup::new(setup.addresses.rollup, setup.l1.provider());
    let confirmed = rollup.latestConfirmed().call().await?;
    let line = assertions(setup).await?;
    ensure!(of.id != confirmed, "the newest assertion is confirmed already");
    let mut next = of.clone();
    bend(&mut next.end);
    let (parent, lie) = (next.parent, next.end.clone());
    let mut claims = Vec::new();
    loop {
        let parent = line.iter().find(|one| one.id == next.parent).ok_or_eyre("an assertion has no parent")?;
        claims.push(Claim { inputsHash: parent.inputsHash, end: next.end.clone() });
        if parent.id == confirmed {
            break;
        }
        next = parent.clone();
    }
    claims.reverse();
    let bond = rollup.bond().call().await?;
    let call = rollup.stake(confirmed, claims).from(accounts::signer(staker)?.address()).value(bond);
    included(call.send().await?.with_timeout(Some(L1_PATIENCE)).get_receipt().await?)?;
    let forged = assertions(setup).await?.into_iter().find(|one| one.parent == parent && one.end == lie);
    forged.ok_or_eyre("the rival is not on L1")
}
