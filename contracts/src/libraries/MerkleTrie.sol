// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";

/// @title MerkleTrie
/// @notice Proofs of inclusion in Ethereum's Merkle-Patricia trie, for keys of 32 bytes. A proof is the nodes from the root to the leaf; a node that
///         its parent holds itself, because it is shorter than 32 bytes, is an element all the same.
library MerkleTrie {
    /// @notice The nodes do not lead from the root to a leaf with this key.
    error InvalidMerkleProof();

    uint256 private constant KEY_NIBBLES = 64;
    /// @dev In place of a depth: the leaf is reached.
    uint256 private constant DONE = type(uint256).max;

    /// @notice The value at `key`, as the leaf holds it. Reverts unless `proof` is exactly the path to it.
    function get(bytes32 root, bytes32 key, bytes[] calldata proof) internal pure returns (bytes calldata value) {
        // Every node but the leaf takes at least one nibble of the key: there are at most 65.
        uint256 count = proof.length;
        if (count == 0) revert InvalidMerkleProof();
        value = proof[0];
        if (keccak256(value) != root) revert InvalidMerkleProof();
        uint256 depth;
        for (uint256 i = 0; i < count; ++i) {
            (depth, value) = _descend(proof[i], key, depth);
            if ((depth == DONE) != (i + 1 == count)) revert InvalidMerkleProof();
            if (depth != DONE) _checkChild(value, proof[i + 1]);
        }
    }

    /// @dev One step down. `next` is the value of a leaf, else the reference to the child as it is encoded.
    function _descend(bytes calldata node, bytes32 key, uint256 depth) private pure returns (uint256 newDepth, bytes calldata next) {
        (bool isList, uint256 start, uint256 end) = Rlp.item(node, 0);
        if (!isList || end != node.length) revert InvalidMerkleProof();
        bytes calldata items = node[start:];
        (,, uint256 second) = Rlp.item(items, 0);
        (,, end) = Rlp.item(items, second);
        return end == items.length ? _descendPath(items, second, key, depth) : _descendBranch(items, key, depth);
    }

    /// @dev An extension or a leaf has two items.
    function _descendPath(bytes calldata items, uint256 second, bytes32 key, uint256 depth)
        private
        pure
        returns (uint256 newDepth, bytes calldata next)
    {
        (bool isList, uint256 start,) = Rlp.item(items, 0);
        if (isList) revert InvalidMerkleProof();
        bool leaf;
        (leaf, newDepth) = _followPath(items[start:second], key, depth);
        if (leaf != (newDepth == KEY_NIBBLES)) revert InvalidMerkleProof();
        if (!leaf) return (newDepth, items[second:]);
        (isList, start,) = Rlp.item(items, second);
        if (isList) revert InvalidMerkleProof();
        return (DONE, items[start:]);
    }

    /// @dev A branch has 17 items. Keys all have the same length, so that none ends at one: the last item is empty.
    function _descendBranch(bytes calldata items, bytes32 key, uint256 depth) private pure returns (uint256 newDepth, bytes calldata next) {
        if (depth == KEY_NIBBLES) revert InvalidMerkleProof();
        uint256 nibble = uint256(key) << 4 * depth >> 252;
        uint256 start = _skipReferences(items, 0, nibble);
        uint256 end = _skipReferences(items, start, 1);
        uint256 last = _skipReferences(items, end, 15 - nibble);
        if (last + 1 != items.length || items[last] != 0x80) revert InvalidMerkleProof();
        return (depth + 1, items[start:end]);
    }

    /// @dev Where the item after `count` references from `pos` on begins: each is nothing, a hash, or a short node. Where one lies beyond the end, so does
    ///      the result.
    function _skipReferences(bytes calldata items, uint256 pos, uint256 count) private pure returns (uint256) {
        while (count > 0) {
            // Over hashes and nothings, up to the first short node; plainly: 33 bytes for each 0xa0, one for each 0x80.
            assembly ("memory-safe") {
                for {} count { count := sub(count, 1) } {
                    let prefix := byte(0, calldataload(add(items.offset, pos)))
                    if iszero(eq(prefix, 0xa0)) {
                        if iszero(eq(prefix, 0x80)) { break }
                        pos := add(pos, 1)
                        continue
                    }
                    pos := add(pos, 33)
                }
            }
            if (count > 0) {
                (bool isList,, uint256 end) = Rlp.item(items, pos);
                if (!isList || end - pos > 31) revert InvalidMerkleProof();
                pos = end;
                --count;
            }
        }
        return pos;
    }

    /// @dev Follows a hex-prefix path: flags 0 and 1 an extension's, 2 and 3 a leaf's; odd ones begin with a nibble in the first byte.
    function _followPath(bytes calldata path, bytes32 key, uint256 depth) private pure returns (bool leaf, uint256 newDepth) {
        if (path.length == 0 || path.length > 33) revert InvalidMerkleProof();
        uint256 head = uint8(path[0]);
        uint256 flag = head >> 4;
        uint256 odd = flag & 1;
        uint256 nibbles = 2 * (path.length - 1) + odd;
        leaf = flag >= 2;
        newDepth = depth + nibbles;
        if (flag > 3 || (odd == 0 && head & 15 != 0)) revert InvalidMerkleProof();
        if (newDepth > KEY_NIBBLES || (nibbles == 0 && !leaf)) revert InvalidMerkleProof();
        // Both as numbers of so many nibbles. A shift by 256 gives 0.
        uint256 rest = uint256(bytes32(path[1:])) >> 4 * (KEY_NIBBLES - (nibbles - odd));
        uint256 found = odd == 1 ? (head & 15) << 4 * (nibbles - 1) | rest : rest;
        if (found != uint256(key) << 4 * depth >> 4 * (KEY_NIBBLES - nibbles)) revert InvalidMerkleProof();
    }

    /// @dev A child of 32 bytes or more is referred to by its hash, a shorter one is the reference.
    function _checkChild(bytes calldata ref, bytes calldata child) private pure {
        if (child.length >= 32) {
            if (ref.length != 33 || ref[0] != 0xa0 || keccak256(child) != bytes32(ref[1:])) revert InvalidMerkleProof();
        } else if (keccak256(child) != keccak256(ref)) {
            revert InvalidMerkleProof();
        }
    }
}
