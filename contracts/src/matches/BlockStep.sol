// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../interfaces/IInbox.sol";
import {State} from "../interfaces/IRollup.sol";
import {Opening} from "../interfaces/IStepVerifier.sol";
import {Claims} from "../libraries/Claims.sol";
import {Status} from "../vm/State.sol";

/// @title BlockStep
/// @notice A block step as a run of the machine: what it reads, and which end it says.
library BlockStep {
    using Claims for State;

    /// @notice Commits to all that a run from this state reads.
    /// @dev INVARIANT: the machine reads the batches that the fork fixed, nothing that came later.
    function machineInput(State memory from, uint64 target, address inbox, bytes32 configHash) internal view returns (bytes32) {
        bytes32 acc = from.batchIndex < target ? IInbox(inbox).batchAcc(from.batchIndex + 1) : bytes32(0);
        return keccak256(abi.encode(acc, from.stateHash(), configHash));
    }

    /// @notice Hash of the state that the run says: its output if it halted with code 0, in every other case `from` with the cursor at the next batch.
    ///         So every run has exactly one right end.
    function endOf(State memory from, Opening calldata last) internal pure returns (bytes32) {
        if (last.status == Status.HALTED) return last.output;
        return State(from.outputRoot, from.l2BlockNumber, from.batchIndex + 1, 0, from.depositIndex).stateHash();
    }
}
