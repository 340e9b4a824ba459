// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "../interfaces/IRollup.sol";

/// @title Claims
/// @notice The hashes of a claim; `docs/protocol.md`, sections 2 and 4.
library Claims {
    /// @notice Batches that an assertion can reach beyond its parent's end.
    uint64 internal constant MAX_BATCHES = 1 << 12;

    function stateHash(State memory state) internal pure returns (bytes32) {
        return keccak256(abi.encode(state));
    }

    function assertionId(bytes32 parent, bytes32 endHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(parent, endHash));
    }

    function inputsHash(uint64 upTo, bytes32 batchAcc) internal pure returns (bytes32) {
        return keccak256(abi.encode(upTo, batchAcc));
    }

    /// @notice min(batchCount, endBatchIndex + 2^12); no sum that could overflow.
    function target(uint64 batchCount, uint64 endBatchIndex) internal pure returns (uint64) {
        if (batchCount <= endBatchIndex || batchCount - endBatchIndex <= MAX_BATCHES) return batchCount;
        return endBatchIndex + MAX_BATCHES;
    }
}
