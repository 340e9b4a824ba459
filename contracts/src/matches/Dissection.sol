// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {LibBit} from "solady/utils/LibBit.sol";
import {IMatches, Segment} from "../interfaces/IMatches.sol";

/// @title Dissection
/// @notice A stretch of a run in 32 equal segments, committed to by the root of a binary tree over their ends.
library Dissection {
    uint256 internal constant WIDTH = 32;
    uint256 internal constant LAST = WIDTH - 1;
    uint256 private constant LEVELS = 5;

    /// @notice Root of 31 interior points and the end.
    function root(bytes32[31] calldata points, bytes32 end) internal pure returns (bytes32 result) {
        // Plain reference: `ReferenceTree` in the tests. Leaves lie beyond the free memory pointer and are hashed in place, level by level.
        assembly ("memory-safe") {
            let nodes := mload(0x40)
            calldatacopy(nodes, points, 992)
            mstore(add(nodes, 992), end)
            for { let size := 1024 } gt(size, 32) { size := shr(1, size) } {
                for { let at := 0 } lt(at, size) { at := add(at, 64) } {
                    mstore(add(nodes, shr(1, at)), keccak256(add(nodes, at), 64))
                }
            }
            result := mload(nodes)
        }
    }

    /// @notice Reverts unless the segment is one of the dissection with this root, of a stretch that starts at `start`.
    function checkOpening(Segment calldata segment, bytes32 root_, bytes32 start) internal pure {
        uint256 index = segment.index;
        bytes32[] calldata proof = segment.proof;
        if (index > LAST) revert IMatches.NoSuchSegment(segment.index);
        if (index == 0) {
            if (segment.start != start || proof.length != LEVELS) revert IMatches.WrongOpening();
            if (_climb(segment.end, 0, proof, 0) != root_) revert IMatches.WrongOpening();
            return;
        }
        // The paths of the leaves index − 1 and index meet above the lowest bit set in index.
        uint256 apart = LibBit.ffs(index);
        if (proof.length != apart + LEVELS - 1) revert IMatches.WrongOpening();
        bytes32 left = segment.start;
        bytes32 right = segment.end;
        for (uint256 i = 0; i < apart; ++i) {
            // A right child all the way, and a left child all the way.
            left = EfficientHashLib.hash(proof[2 * i], left);
            right = EfficientHashLib.hash(right, proof[2 * i + 1]);
        }
        if (_climb(EfficientHashLib.hash(left, right), index >> (apart + 1), proof, 2 * apart) != root_) revert IMatches.WrongOpening();
    }

    /// @dev From the node at `index` of its level to the root, with the rest of the proof.
    function _climb(bytes32 node, uint256 index, bytes32[] calldata proof, uint256 used) private pure returns (bytes32) {
        for (; used < proof.length; ++used) {
            node = index & 1 == 0 ? EfficientHashLib.hash(node, proof[used]) : EfficientHashLib.hash(proof[used], node);
            index >>= 1;
        }
        return node;
    }
}
