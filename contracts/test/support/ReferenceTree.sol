// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Segment} from "../../src/interfaces/IMatches.sol";

/// @notice The tree over a dissection's 32 leaves, level by level: node n has the children 2n and 2n + 1, leaf i is node 32 + i.
library ReferenceTree {
    function build(bytes32[32] memory leaves) internal pure returns (bytes32[64] memory nodes) {
        for (uint256 i = 0; i < 32; ++i) {
            nodes[32 + i] = leaves[i];
        }
        for (uint256 n = 31; n > 0; --n) {
            nodes[n] = keccak256(abi.encode(nodes[2 * n], nodes[2 * n + 1]));
        }
    }

    function root(bytes32[32] memory leaves) internal pure returns (bytes32) {
        return build(leaves)[1];
    }

    /// @dev The siblings of both paths, from the leaves upwards, the left one's first; where they have met, of the one that is left.
    function open(bytes32[32] memory leaves, uint8 index, bytes32 start) internal pure returns (Segment memory s) {
        bytes32[64] memory nodes = build(leaves);
        bytes32[] memory proof = new bytes32[](10);
        uint256 used;
        uint256 right = 32 + index;
        uint256 left = index == 0 ? right : right - 1;
        for (; right > 1; (left, right) = (left / 2, right / 2)) {
            if (left / 2 == right / 2 && left != right) continue;
            proof[used++] = nodes[left ^ 1];
            if (left != right) proof[used++] = nodes[right ^ 1];
        }
        assembly ("memory-safe") {
            mstore(proof, used)
        }
        return Segment(index, index == 0 ? start : leaves[index - 1], leaves[index], proof);
    }
}
