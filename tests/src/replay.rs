//! The chain's blocks in the fault VM: the `fault-vm` program runs the guest on what a node hands out, and must end where the chain does.

use crate::{Node, files, node::field, process::Process};
use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolValue,
};
use eyre::{Context, OptionExt, ensure};
use serde_json::{Value, json};
use std::{ops::AddAssign, process::Command, time::Duration};
use tokio::task::spawn_blocking;

/// How long one block may take.
const LIMIT: Duration = Duration::from_secs(120);

/// What a node says of a blob that it keeps no longer.
const SETTLED: &str = "not archived any more";

/// What running blocks in the fault VM came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Blocks run.
    pub blocks: usize,
    /// Machine steps, of all of them.
    pub steps: u64,
    /// Blocks left out: the node keeps their blobs no longer, since what covers them is settled.
    pub settled: usize,
}

impl AddAssign for Replayed {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.steps += other.steps;
        self.settled += other.settled;
    }
}

impl Node {
    /// Runs blocks in the fault VM, each on the witness that this node hands out.
    ///
    /// # Errors
    /// When one does not halt with the State that the chain has after it, or asks for more than the witness has.
    pub async fn replay(&self, blocks: impl IntoIterator<Item = u64>) -> eyre::Result<Replayed> {
        let mut sum = Replayed::default();
        for number in blocks {
            let Some(expected) = self.state_after(number).await? else {
                sum.settled += 1;
                continue;
            };
            match self.in_the_fault_vm(number, expected).await.wrap_err_with(|| format!("block {number}"))? {
                Some(steps) => (sum.blocks, sum.steps) = (sum.blocks + 1, sum.steps + steps),
                None => sum.settled += 1,
            }
        }
        Ok(sum)
    }

    /// Hash of the State that the block's step leads to, whose output root is made of what the block's header says; none if the node keeps the blob
    /// of its batch no longer.
    async fn state_after(&self, number: u64) -> eyre::Result<Option<B256>> {
        let quantity = format!("0x{number:x}");
        let witness = match self.call_raw("gainsay_witness", json!([quantity])).await {
            Err(error) if error.chain().any(|cause| cause.to_string().contains(SETTLED)) => return Ok(None),
            answer => answer?,
        };
        let header = self.call_raw("eth_getBlockByNumber", json!([quantity, false])).await?;
        let part = |name: &str| -> eyre::Result<B256> { Ok(field(&header, name)?.parse()?) };
        let output_root = keccak256([B256::ZERO, part("stateRoot")?, part("withdrawalsRoot")?, part("hash")?].concat());

        let after = &witness["step"]["after"];
        ensure!(field(after, "outputRoot")?.parse::<B256>()? == output_root, "the witness of block {number} leads to {after}");
        let cursor = |name: &str| after[name].as_u64().map(U256::from).ok_or_else(|| eyre::eyre!("{name} is missing in {after}"));
        ensure!(cursor("l2BlockNumber")? == U256::from(number), "the witness of block {number} leads to {after}");
        let words = (output_root, cursor("l2BlockNumber")?, cursor("batchIndex")?, cursor("batchOffset")?, cursor("depositIndex")?);
        Ok(Some(keccak256(words.abi_encode())))
    }

    /// Runs the program on a block; how many steps it took. None if the blob went meanwhile.
    async fn in_the_fault_vm(&self, number: u64, expected: B256) -> eyre::Result<Option<u64>> {
        let mut command = Command::new(files::program("fault-vm")?);
        command.args(["--json", "--quiet", "run", "--rpc", self.url().as_str(), "--block", &number.to_string()]);
        let finished = spawn_blocking(move || Process::run(&mut command, LIMIT)).await??;
        if !finished.status.success() && finished.stderr.contains(SETTLED) {
            return Ok(None);
        }
        ensure!(finished.status.success(), "fault-vm: {}", finished.stderr);
        let report: Value = serde_json::from_str(&finished.stdout).wrap_err_with(|| finished.stdout.clone())?;
        ensure!(field(&report, "status")? == "halted" && report["agrees"] == true, "{report}");
        ensure!(field(&report, "output")?.parse::<B256>()? == expected, "the chain's state after it is {expected}: {report}");
        Ok(Some(report["steps"].as_u64().ok_or_eyre("the report has no steps")?))
    }
}
