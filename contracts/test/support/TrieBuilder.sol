// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title TrieBuilder
/// @notice Builds Merkle-Patricia tries with keys of 32 bytes, as plainly as the Yellow Paper's appendix D says it, and proofs from them. Every value is one byte
///         below 0x80, its own encoding.
library TrieBuilder {
    /// @notice The root of the trie of these keys, and the nodes from it to `target`'s leaf.
    function build(bytes32[] memory keys, bytes1 value, bytes32 target) internal pure returns (bytes32 root, bytes[] memory proof) {
        bytes[] memory path = new bytes[](65);
        (bytes memory node, uint256 count) = _node(keys, value, target, 0, path, 0);
        proof = new bytes[](count);
        // Children were written down before their parents.
        for (uint256 i = 0; i < count; ++i) {
            proof[i] = path[count - 1 - i];
        }
        return (keccak256(node), proof);
    }

    /// @notice A proof as a trie of about 16^depth keys has it: `depth` full branches above the leaf.
    function deep(bytes32 key, bytes1 value, uint256 depth) internal pure returns (bytes32 root, bytes[] memory proof) {
        proof = new bytes[](depth + 1);
        bytes memory node = leafNode(key, depth, value);
        proof[depth] = node;
        for (uint256 level = depth; level > 0; --level) {
            bytes memory items;
            for (uint256 i = 0; i < 16; ++i) {
                bytes32 sibling = keccak256(abi.encode(key, level, i));
                items = bytes.concat(items, i == nibble(key, level - 1) ? ref(node) : abi.encodePacked(hex"a0", sibling));
            }
            node = listOf(bytes.concat(items, hex"80"));
            proof[level - 1] = node;
        }
        return (keccak256(node), proof);
    }

    /// @dev The node that holds these keys, which are the same above `depth`. Nodes on the way to `target` are appended to `path`.
    function _node(bytes32[] memory keys, bytes1 value, bytes32 target, uint256 depth, bytes[] memory path, uint256 count)
        private
        pure
        returns (bytes memory node, uint256)
    {
        bool onPath = contains(keys, target);
        if (keys.length == 1) {
            node = leafNode(keys[0], depth, value);
        } else {
            uint256 shared = _shared(keys, depth);
            if (shared > 0) {
                bytes memory child;
                (child, count) = _node(keys, value, target, depth + shared, path, count);
                node = listOf(bytes.concat(str(hexPrefix(keys[0], depth, shared, false)), ref(child)));
            } else {
                (node, count) = _branch(keys, value, target, depth, path, count);
            }
        }
        if (onPath) path[count++] = node;
        return (node, count);
    }

    function _branch(bytes32[] memory keys, bytes1 value, bytes32 target, uint256 depth, bytes[] memory path, uint256 count)
        private
        pure
        returns (bytes memory node, uint256)
    {
        bytes memory items;
        for (uint256 i = 0; i < 16; ++i) {
            bytes32[] memory part = _filter(keys, depth, i);
            bytes memory item = hex"80";
            if (part.length > 0) {
                bytes memory child;
                (child, count) = _node(part, value, target, depth + 1, path, count);
                item = ref(child);
            }
            items = bytes.concat(items, item);
        }
        return (listOf(bytes.concat(items, hex"80")), count);
    }

    function leafNode(bytes32 key, uint256 depth, bytes1 value) internal pure returns (bytes memory) {
        return listOf(bytes.concat(str(hexPrefix(key, depth, 64 - depth, true)), value));
    }

    /// @notice Hex-prefix encoding of `count` nibbles of the key from `depth` on.
    function hexPrefix(bytes32 key, uint256 depth, uint256 count, bool leaf) internal pure returns (bytes memory path) {
        path = new bytes(count / 2 + 1);
        uint256 flag = (leaf ? 2 : 0) + count % 2;
        path[0] = bytes1(uint8(flag << 4));
        for (uint256 i = 0; i < count; ++i) {
            uint256 position = i + 2 - count % 2;
            uint256 shift = position % 2 == 0 ? 4 : 0;
            path[position / 2] |= bytes1(uint8(nibble(key, depth + i) << shift));
        }
    }

    function nibble(bytes32 key, uint256 i) internal pure returns (uint256) {
        return uint256(key) >> (252 - 4 * i) & 15;
    }

    /// @notice How a node refers to this child.
    function ref(bytes memory child) internal pure returns (bytes memory) {
        return child.length < 32 ? child : abi.encodePacked(hex"a0", keccak256(child));
    }

    function listOf(bytes memory items) internal pure returns (bytes memory) {
        return bytes.concat(_head(0xc0, items.length), items);
    }

    function str(bytes memory data) internal pure returns (bytes memory) {
        if (data.length == 1 && uint8(data[0]) < 0x80) return data;
        return bytes.concat(_head(0x80, data.length), data);
    }

    function contains(bytes32[] memory keys, bytes32 key) internal pure returns (bool) {
        for (uint256 i = 0; i < keys.length; ++i) {
            if (keys[i] == key) return true;
        }
        return false;
    }

    function _head(uint256 base, uint256 length) private pure returns (bytes memory) {
        if (length < 56) return abi.encodePacked(uint8(base + length));
        if (length < 256) return abi.encodePacked(uint8(base + 56), uint8(length));
        return abi.encodePacked(uint8(base + 57), uint16(length));
    }

    function _shared(bytes32[] memory keys, uint256 depth) private pure returns (uint256 count) {
        for (;; ++count) {
            for (uint256 i = 1; i < keys.length; ++i) {
                if (nibble(keys[i], depth + count) != nibble(keys[0], depth + count)) return count;
            }
        }
    }

    function _filter(bytes32[] memory keys, uint256 depth, uint256 wanted) private pure returns (bytes32[] memory part) {
        part = new bytes32[](keys.length);
        uint256 count;
        for (uint256 i = 0; i < keys.length; ++i) {
            if (nibble(keys[i], depth) == wanted) part[count++] = keys[i];
        }
        assembly ("memory-safe") {
            mstore(part, count)
        }
    }
}
