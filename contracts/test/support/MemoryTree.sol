// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The fault VM's memory as its specification says it, node by node: 2^25 leaves of 128 bytes, all zero at first.
struct MemoryTree {
    mapping(uint256 leaf => bytes) leaves;
    mapping(uint256 height => mapping(uint256 index => bytes32)) nodes;
}

using MemoryTrees for MemoryTree global;

library MemoryTrees {
    uint256 internal constant HEIGHT = 25;

    function root(MemoryTree storage tree) internal view returns (bytes32) {
        return nodeAt(tree, HEIGHT, 0);
    }

    function leafAt(MemoryTree storage tree, uint64 address_) internal view returns (bytes memory) {
        bytes memory leaf = tree.leaves[address_ / 128];
        return leaf.length == 0 ? new bytes(128) : leaf;
    }

    function nodeAt(MemoryTree storage tree, uint256 height, uint256 index) internal view returns (bytes32 node) {
        node = tree.nodes[height][index];
        if (node != 0) return node;
        node = keccak256(new bytes(128));
        for (uint256 i = 0; i < height; ++i) {
            node = keccak256(abi.encodePacked(node, node));
        }
    }

    /// @notice Writes bytes that lie in one leaf.
    function write(MemoryTree storage tree, uint64 address_, bytes memory data) internal {
        bytes memory leaf = leafAt(tree, address_);
        for (uint256 i = 0; i < data.length; ++i) {
            leaf[address_ % 128 + i] = data[i];
        }
        uint256 index = address_ / 128;
        tree.leaves[index] = leaf;
        tree.nodes[0][index] = keccak256(leaf);
        for (uint256 height = 0; height < HEIGHT; ++height) {
            index /= 2;
            tree.nodes[height + 1][index] =
                keccak256(abi.encodePacked(nodeAt(tree, height, 2 * index), nodeAt(tree, height, 2 * index + 1)));
        }
    }

    /// @notice Leaf and siblings, 928 bytes.
    function proof(MemoryTree storage tree, uint64 address_) internal view returns (bytes memory bytes_) {
        bytes_ = leafAt(tree, address_);
        uint256 index = address_ / 128;
        for (uint256 height = 0; height < HEIGHT; ++height) {
            bytes_ = bytes.concat(bytes_, nodeAt(tree, height, index ^ 1));
            index /= 2;
        }
    }
}
