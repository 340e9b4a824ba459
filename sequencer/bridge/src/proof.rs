//! The proof that L2 sent a withdrawal: an output root's four words, and the path in the message passer's storage.

use crate::{L2Node, OutputAtBlock, WithdrawError, Withdrawal};
use alloy::{
    eips::BlockId,
    primitives::{B256, Bytes, keccak256},
};
use alloy_trie::{Nibbles, proof::verify_proof};
use gainsay_bindings::portal::Portal::OutputRootProof;
use gainsay_types::{State, output_root, predeploys::MESSAGE_PASSER};

/// What the Portal is given beside the withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalProof {
    /// What the output root commits to.
    pub output: OutputRootProof,
    /// Nodes of the storage trie, from the root to the leaf.
    pub nodes: Vec<Bytes>,
}

/// Asks the node for the proof at the block that an assertion claims, and checks it.
///
/// # Errors
/// When the node does not give it, or it does not hold.
pub async fn prove_at(node: &L2Node, withdrawal: &Withdrawal, end: &State) -> Result<WithdrawalProof, WithdrawError> {
    let block = end.l2_block_number;
    let output = node.output(block).await?;
    let answer = node.proof(MESSAGE_PASSER, vec![withdrawal.slot()], BlockId::number(block)).await?;
    let nodes = answer.storage_proof.into_iter().next().map(|slot| slot.proof).unwrap_or_default();
    assemble(withdrawal, end, &output, nodes).map_err(|reason| WithdrawError::BadProof { node: node.url().to_owned(), block, reason })
}

/// Puts the proof together, if it shows what it should.
fn assemble(withdrawal: &Withdrawal, end: &State, output: &OutputAtBlock, nodes: Vec<Bytes>) -> Result<WithdrawalProof, String> {
    let (state, storage, block) = (output.state_root, output.message_passer_storage_root, output.block_hash);
    if output_root(state, storage, block) != end.output_root {
        return Err(format!("its output root is {}, the assertion's {}", output_root(state, storage, block), end.output_root));
    }
    check(withdrawal, storage, &nodes)?;
    let output = OutputRootProof { version: B256::ZERO, stateRoot: state, messagePasserStorageRoot: storage, latestBlockhash: block };
    Ok(WithdrawalProof { output, nodes })
}

/// Whether the nodes lead from the root to `sentMessages[hash] = true`.
fn check(withdrawal: &Withdrawal, root: B256, nodes: &[Bytes]) -> Result<(), String> {
    // RLP of the number 1 is itself.
    verify_proof(root, Nibbles::unpack(keccak256(withdrawal.slot())), Some(vec![1]), nodes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn output(storage: B256) -> OutputAtBlock {
        let words = [B256::repeat_byte(1), B256::repeat_byte(2)].map(|word| serde_json::json!(word));
        let json = serde_json::json!({
            "block": { "number": "0x9", "hash": words[1] }, "outputRoot": B256::ZERO, "stateRoot": words[0],
            "messagePasserStorageRoot": storage, "depositIndex": "0x0",
        });
        serde_json::from_value(json).expect("an output")
    }

    fn end(storage: B256) -> State {
        State::genesis(output_root(B256::repeat_byte(1), storage, B256::repeat_byte(2)))
    }

    #[test]
    fn proofs_of_an_ethereum_node_hold_for_their_own_withdrawal_only() {
        let vectors = vectors::load();
        let (root, all) = (vectors.storage_root, &vectors.withdrawals);
        for (place, (withdrawal, _, nodes)) in all.iter().enumerate() {
            let made = assemble(withdrawal, &end(root), &output(root), nodes.clone()).expect("a proof");
            assert_eq!((made.output.messagePasserStorageRoot, made.nodes.len()), (root, nodes.len()));
            let other = &all[(place + 1) % all.len()].0;
            assert!(check(other, root, nodes).is_err());
        }
    }

    #[test]
    fn a_proof_with_a_node_missing_or_changed_is_refused() {
        let vectors = vectors::load();
        let (withdrawal, _, nodes) = &vectors.withdrawals[0];
        for place in 0..nodes.len() {
            let mut short = nodes.clone();
            short.remove(place);
            assert!(check(withdrawal, vectors.storage_root, &short).is_err(), "without node {place}");
            let mut changed = nodes.clone();
            let mut bytes = changed[place].to_vec();
            *bytes.last_mut().expect("a node") ^= 1;
            changed[place] = bytes.into();
            assert!(check(withdrawal, vectors.storage_root, &changed).is_err(), "with another node {place}");
        }
    }

    #[test]
    fn an_output_that_is_not_the_assertions_is_refused() {
        let vectors = vectors::load();
        let (withdrawal, _, nodes) = &vectors.withdrawals[0];
        let refused = assemble(withdrawal, &end(B256::repeat_byte(7)), &output(vectors.storage_root), nodes.clone());
        assert!(refused.is_err_and(|reason| reason.contains("output root")));
    }
}
