// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineState} from "../interfaces/IMatches.sol";
import {State} from "../interfaces/IRollup.sol";
import {Claims} from "../libraries/Claims.sol";

/// @title Machine
/// @notice Where a run of the fault VM starts, what it says at its end, and how its states are hashed; `fault-vm/machine/README.md`.
library Machine {
    using Claims for State;

    uint256 internal constant STATE_BYTES = 401;
    uint64 private constant ENTRY = 0x10000;
    uint8 private constant HALTED = 1;
    /// @dev keccak of 256 zero bytes.
    bytes32 private constant NO_REGISTERS = 0xd397b3b043d87fcd6fad1291ff0bfd16401c274896d8c63a923727f077b8e0b5;

    /// @notice Hash of the state in which every run over `input` starts.
    function initial(bytes32 programRoot, bytes32 input) internal pure returns (bytes32) {
        return hash(MachineState(programRoot, input, 0, 0, NO_REGISTERS, ENTRY, 0, 0));
    }

    function hash(MachineState memory s) internal pure returns (bytes32) {
        bytes memory words = abi.encodePacked(s.memoryRoot, s.input, s.output, s.preimageKey, s.registersHash);
        return keccak256(abi.encodePacked(words, s.pc, s.step, s.status));
    }

    /// @notice Hash of a state given in full, 401 bytes.
    function hash(bytes calldata state401) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(state401[:128], keccak256(state401[128:384]), state401[384:]));
    }

    /// @notice Hash of the chain's state that the run says: its output if it halted with code 0, in every other case `from` with the cursor at the
    ///         next batch. So every run has exactly one right end.
    function endOf(MachineState calldata last, State memory from) internal pure returns (bytes32) {
        if (last.status == HALTED) return last.output;
        return State(from.outputRoot, from.l2BlockNumber, from.batchIndex + 1, 0, from.depositIndex).stateHash();
    }
}
