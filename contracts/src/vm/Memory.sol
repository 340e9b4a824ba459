// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

import {IStepVerifier} from "../interfaces/IStepVerifier.sol";

/// @title Memory
/// @notice Mirrors fault-vm/machine/src/memory.rs: 2^25 leaves of 128 bytes, proven in a Merkle root. The proof of an access is the leaf and its
///         25 siblings from the lowest; a step's proof has one for each access, one after another.
library Memory {
    uint256 internal constant LEAF = 128;
    uint256 internal constant HEIGHT = 25;
    uint256 internal constant PROOF = LEAF + HEIGHT * 32;

    /// @notice The access `index`, from 0, of a step's proof.
    function access(bytes calldata proof, uint256 index) internal pure returns (bytes calldata) {
        if (proof.length < PROOF * (index + 1)) revert IStepVerifier.WrongProofLength(proof.length);
        return proof[PROOF * index:PROOF * (index + 1)];
    }

    /// @notice The leaf of `address_`, proven by an access.
    /// @dev INVARIANT: every leaf that a step reads is proven in the memory root, at the place of its address.
    function open(bytes calldata access_, bytes32 root, uint64 address_) internal pure returns (bytes calldata leaf) {
        leaf = access_[:LEAF];
        if (climb(EfficientHashLib.hashCalldata(leaf), access_[LEAF:], address_) != root) revert IStepVerifier.WrongMemoryProof(address_);
    }

    /// @notice The root after the bytes from `address_` on, all of its leaf, are replaced in the leaf that an access proves.
    function write(bytes calldata access_, bytes32 root, uint64 address_, bytes memory value) internal pure returns (bytes32) {
        bytes calldata leaf = open(access_, root, address_);
        uint256 start = address_ % LEAF;
        bytes32 leafHash = keccak256(bytes.concat(leaf[:start], value, leaf[start + value.length:]));
        return climb(leafHash, access_[LEAF:], address_);
    }

    /// @notice The 32 bytes at `address_`, a multiple of 32, of its leaf.
    function word(bytes calldata leaf, uint64 address_) internal pure returns (bytes32) {
        uint256 start = address_ % LEAF;
        return bytes32(leaf[start:start + 32]);
    }

    /// @notice The little-endian number of `width` bytes, at most 8, at `address_`, a multiple of the width, of its leaf.
    function number(bytes calldata leaf, uint64 address_, uint256 width) internal pure returns (uint64) {
        uint256 start = address_ % LEAF;
        // A slice that is converted is padded with zeroes on the right: turned around, those are the highest bytes.
        return reverse(uint64(bytes8(leaf[start:start + width])));
    }

    /// @notice The lowest `width` bytes, at most 8, of a number, little-endian.
    function bytesOf(uint64 value, uint256 width) internal pure returns (bytes memory) {
        bytes8 turned = bytes8(reverse(value));
        if (width == 1) return abi.encodePacked(bytes1(turned));
        if (width == 2) return abi.encodePacked(bytes2(turned));
        if (width == 4) return abi.encodePacked(bytes4(turned));
        return abi.encodePacked(turned);
    }

    /// @dev The root over a leaf of this address and hash; there are 25 siblings. Scratch memory holds a pair: the node goes to its second
    ///      word if the bit of the index is 1, the sibling to the other.
    function climb(bytes32 node, bytes calldata siblings, uint64 address_) private pure returns (bytes32 root) {
        uint256 index = address_ / LEAF;
        uint256 end = HEIGHT * 32;
        assembly ("memory-safe") {
            root := node
            for { let i := 0 } lt(i, end) { i := add(i, 32) } {
                let side := shl(5, and(index, 1))
                mstore(side, root)
                mstore(xor(side, 32), calldataload(add(siblings.offset, i)))
                root := keccak256(0, 64)
                index := shr(1, index)
            }
        }
    }

    function reverse(uint64 value) private pure returns (uint64) {
        value = (value & 0x00ff00ff00ff00ff) << 8 | (value >> 8 & 0x00ff00ff00ff00ff);
        value = (value & 0x0000ffff0000ffff) << 16 | (value >> 16 & 0x0000ffff0000ffff);
        return value << 32 | value >> 32;
    }
}
