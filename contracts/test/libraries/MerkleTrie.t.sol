// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleTrie} from "../../src/libraries/MerkleTrie.sol";
import {Rlp} from "../../src/libraries/Rlp.sol";
import {bound, vm} from "../support/Cheats.sol";
import {TrieBuilder} from "../support/TrieBuilder.sol";

contract MerkleTrieTest {
    function get(bytes32 root, bytes32 key, bytes[] calldata proof) external pure returns (bytes memory) {
        return MerkleTrie.get(root, key, proof);
    }

    function proves(bytes32 root, bytes32 key, bytes[] memory proof) private view returns (bool) {
        try this.get(root, key, proof) returns (bytes memory value) {
            return value.length == 1 && value[0] == 0x01;
        } catch {
            return false;
        }
    }

    function refuses(bytes32 root, bytes32 key, bytes[] memory proof) private view {
        vm.assertFalse(proves(root, key, proof));
    }

    function keysFrom(uint256 seed, uint256 count) private pure returns (bytes32[] memory keys) {
        keys = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = keccak256(abi.encode(seed, i));
        }
    }

    /// @dev Keys that share their first `nibbles` nibbles, so that leaves below become shorter than 32 bytes.
    function closeKeys(uint256 seed, uint256 count, uint256 nibbles) private pure returns (bytes32[] memory keys) {
        keys = keysFrom(seed, count);
        for (uint256 i = 1; i < count; ++i) {
            uint256 low = type(uint256).max >> 4 * nibbles;
            keys[i] = bytes32(uint256(keys[0]) & ~low | uint256(keys[i]) & low);
        }
    }

    function test_get_everyKeyOfATrie_isProved(uint256 seed, uint256 count) public view {
        bytes32[] memory keys = keysFrom(seed, bound(count, 1, 30));
        for (uint256 i = 0; i < keys.length; i += 7) {
            (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[i]);
            vm.assertTrue(proves(root, keys[i], proof));
        }
    }

    /// @dev Extensions, and nodes that their parents hold themselves.
    function test_get_keysWithALongCommonPrefix_areProved(uint256 seed, uint256 count, uint256 nibbles) public view {
        bytes32[] memory keys = closeKeys(seed, bound(count, 2, 6), bound(nibbles, 1, 60));
        for (uint256 i = 0; i < keys.length; ++i) {
            (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[i]);
            vm.assertTrue(proves(root, keys[i], proof));
        }
    }

    function test_get_nodesHeldByTheirParents_areElementsOfTheProof() public view {
        bytes32[] memory keys = closeKeys(7, 2, 60);
        (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[1]);
        vm.assertEq(proof.length, 3);
        vm.assertLt(proof[2].length, 32);
        vm.assertTrue(proves(root, keys[1], proof));
        proof[2][0] = bytes1(uint8(proof[2][0]) ^ 1);
        refuses(root, keys[1], proof);
    }

    function test_get_absentKey_isRefused(uint256 seed, uint256 count, bytes32 absent) public view {
        bytes32[] memory keys = keysFrom(seed, bound(count, 1, 40));
        vm.assume(!TrieBuilder.contains(keys, absent));
        (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[0]);
        refuses(root, absent, proof);
        // Also a key that differs in its last nibble only.
        refuses(root, bytes32(uint256(keys[0]) ^ 1), proof);
    }

    /// @dev Every bit of every byte of every element, and of root and key.
    function test_get_anyByteCorrupted_isRefused(uint256 seed, uint256 nibbles, uint8 flip) public view {
        vm.assume(flip != 0);
        bytes32[] memory keys = closeKeys(seed, 3, bound(nibbles, 0, 60));
        (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[1]);
        for (uint256 i = 0; i < proof.length; ++i) {
            for (uint256 j = 0; j < proof[i].length; ++j) {
                proof[i][j] ^= bytes1(flip);
                refuses(root, keys[1], proof);
                proof[i][j] ^= bytes1(flip);
            }
        }
        for (uint256 j = 0; j < 32; ++j) {
            bytes32 mask = bytes32(uint256(flip) << 8 * j);
            refuses(root ^ mask, keys[1], proof);
            refuses(root, keys[1] ^ mask, proof);
        }
        vm.assertTrue(proves(root, keys[1], proof));
    }

    /// @dev Consistent forgeries: the element is corrupted and the root is recomputed over it, so that no hash gives it away.
    function test_get_corruptedLeafUnderAMatchingRoot_provesNothingElse(bytes32 key, uint256 position, uint8 flip) public view {
        vm.assume(flip != 0);
        bytes[] memory proof = new bytes[](1);
        proof[0] = TrieBuilder.leafNode(key, 0, 0x01);
        position = bound(position, 0, proof[0].length - 1);
        proof[0][position] ^= bytes1(flip);
        refuses(keccak256(proof[0]), key, proof);
    }

    function test_get_elementsMissingAddedOrSwapped_areRefused(uint256 seed, uint256 count) public view {
        bytes32[] memory keys = keysFrom(seed, bound(count, 20, 60));
        (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[0]);
        uint256 n = proof.length;
        bytes[] memory shorter = new bytes[](n - 1);
        bytes[] memory longer = new bytes[](n + 1);
        for (uint256 i = 0; i < n; ++i) {
            if (i < n - 1) shorter[i] = proof[i];
            longer[i] = proof[i];
        }
        longer[n] = proof[n - 1];
        refuses(root, keys[0], shorter);
        refuses(root, keys[0], longer);
        longer[n] = "";
        refuses(root, keys[0], longer);
        refuses(root, keys[0], new bytes[](0));
        (proof[0], proof[1]) = (proof[1], proof[0]);
        refuses(root, keys[0], proof);
    }

    function test_get_moreThan65Elements_isRefused() public {
        bytes32 key = keccak256("key");
        (bytes32 root, bytes[] memory proof) = TrieBuilder.deep(key, 0x01, 64);
        vm.assertTrue(proves(root, key, proof));
        bytes[] memory longer = new bytes[](66);
        for (uint256 i = 0; i < 65; ++i) {
            longer[i] = proof[i];
        }
        vm.expectRevert(MerkleTrie.InvalidMerkleProof.selector);
        this.get(root, key, longer);
    }

    /// @dev Bytes after a node's list, inside its hash.
    function test_get_trailingBytes_areRefused(bytes32 key, bytes calldata rest) public view {
        vm.assume(rest.length != 0);
        bytes[] memory proof = new bytes[](1);
        proof[0] = bytes.concat(TrieBuilder.leafNode(key, 0, 0x01), rest);
        refuses(keccak256(proof[0]), key, proof);
    }

    function test_get_badFlagsAndPaddings_areRefused(bytes32 key) public view {
        bytes[] memory proof = new bytes[](1);
        for (uint256 head = 0; head < 256; ++head) {
            bytes memory path = TrieBuilder.hexPrefix(key, 0, 64, true);
            path[0] = bytes1(uint8(head));
            proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.str(path), hex"01"));
            vm.assertTrue(proves(keccak256(proof[0]), key, proof) == (head == 0x20));
        }
    }

    function test_get_branchWithAValue_isRefused(bytes32 key) public view {
        (, bytes[] memory proof) = TrieBuilder.deep(key, 0x01, 1);
        bytes memory items;
        for (uint256 i = 0; i < 16; ++i) {
            items = bytes.concat(items, i == TrieBuilder.nibble(key, 0) ? TrieBuilder.ref(proof[1]) : bytes(hex"80"));
        }
        proof[0] = TrieBuilder.listOf(bytes.concat(items, hex"80"));
        vm.assertTrue(proves(keccak256(proof[0]), key, proof));
        proof[0] = TrieBuilder.listOf(bytes.concat(items, hex"01"));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(bytes.concat(items, hex"8080"));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(items);
        refuses(keccak256(proof[0]), key, proof);
    }

    /// @dev Leaves end where the key ends, extensions do not.
    function test_get_leafThatEndsEarlyOrExtensionThatDoesNot_isRefused(bytes32 key, uint256 nibbles) public view {
        nibbles = bound(nibbles, 0, 63);
        bytes[] memory proof = new bytes[](1);
        proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.str(TrieBuilder.hexPrefix(key, 0, nibbles, true)), hex"01"));
        refuses(keccak256(proof[0]), key, proof);
        proof = new bytes[](2);
        proof[1] = TrieBuilder.leafNode(key, 64, 0x01);
        proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.str(TrieBuilder.hexPrefix(key, 0, 64, false)), TrieBuilder.ref(proof[1])));
        refuses(keccak256(proof[0]), key, proof);
    }

    /// @dev A list that says it is shorter, or longer, than its node.
    function test_get_lengthOfTheListChanged_isRefused(bytes32 key, uint8 length) public view {
        bytes[] memory proof = new bytes[](1);
        proof[0] = TrieBuilder.leafNode(key, 0, 0x01);
        vm.assertEq(proof[0].length, 36);
        length = uint8(bound(length, 0, 55));
        proof[0][0] = bytes1(0xc0 + length);
        vm.assertTrue(proves(keccak256(proof[0]), key, proof) == (length == 35));
    }

    /// @dev Beside the child on the path a branch may hold nothing, hashes and short nodes.
    function test_get_branchWithAnotherKindOfItem_isRefused(bytes32 key, uint8 length) public view {
        length = uint8(bound(length, 0, 40));
        bytes memory string_ = TrieBuilder.str(new bytes(length));
        bytes memory list = TrieBuilder.listOf(new bytes(length));
        vm.assertTrue(besides(key, string_) == (length == 0 || length == 32));
        vm.assertTrue(besides(key, list) == (length < 31));
    }

    function besides(bytes32 key, bytes memory sibling) private view returns (bool) {
        bytes[] memory proof = new bytes[](2);
        proof[1] = TrieBuilder.leafNode(key, 1, 0x01);
        bytes memory items;
        for (uint256 i = 0; i < 16; ++i) {
            items = bytes.concat(items, i == TrieBuilder.nibble(key, 0) ? TrieBuilder.ref(proof[1]) : sibling);
        }
        proof[0] = TrieBuilder.listOf(bytes.concat(items, hex"80"));
        return proves(keccak256(proof[0]), key, proof);
    }

    function test_get_extensionOfNothing_isRefused(bytes32 key) public view {
        bytes[] memory proof = new bytes[](2);
        proof[1] = TrieBuilder.leafNode(key, 0, 0x01);
        proof[0] = TrieBuilder.listOf(bytes.concat(hex"00", TrieBuilder.ref(proof[1])));
        refuses(keccak256(proof[0]), key, proof);
    }

    /// @dev A node of 32 bytes is the shortest that its parent refers to by its hash.
    function test_get_nodesAroundTheLengthOfAHash_areProved() public view {
        bool[3] memory seen;
        for (uint256 nibbles = 1; nibbles <= 62; ++nibbles) {
            bytes32[] memory keys = closeKeys(nibbles, 2, nibbles);
            (bytes32 root, bytes[] memory proof) = TrieBuilder.build(keys, 0x01, keys[1]);
            vm.assertTrue(proves(root, keys[1], proof));
            for (uint256 i = 0; i < proof.length; ++i) {
                if (proof[i].length >= 31 && proof[i].length <= 33) seen[proof[i].length - 31] = true;
            }
        }
        vm.assertTrue(seen[0] && seen[1] && seen[2]);
    }

    function test_get_noElements_isRefused(bytes32 root, bytes32 key) public {
        vm.expectRevert(MerkleTrie.InvalidMerkleProof.selector);
        this.get(root, key, new bytes[](0));
    }

    /// @dev Path and value of a leaf are strings. A list with the same payload is something else, also under a root made for it.
    function test_get_listInPlaceOfAString_isRefused(bytes32 key) public view {
        bytes memory path = TrieBuilder.hexPrefix(key, 0, 64, true);
        bytes[] memory proof = new bytes[](1);
        proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.listOf(path), hex"01"));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.str(path), TrieBuilder.listOf(hex"01")));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(bytes.concat(TrieBuilder.str(path), hex"01"));
        vm.assertTrue(proves(keccak256(proof[0]), key, proof));
    }

    function test_get_emptyPath_isRefused(bytes32 key) public {
        bytes[] memory proof = new bytes[](1);
        proof[0] = TrieBuilder.listOf(hex"8001");
        vm.expectRevert(MerkleTrie.InvalidMerkleProof.selector);
        this.get(keccak256(proof[0]), key, proof);
    }

    /// @dev A reference by hash is a string of exactly 32 bytes.
    function test_get_hashInAnotherWrapping_isRefused(bytes32 key, bytes1 rest) public view {
        bytes[] memory proof = new bytes[](2);
        proof[1] = TrieBuilder.leafNode(key, 2, 0x01);
        bytes32 hash = keccak256(proof[1]);
        bytes memory path = TrieBuilder.str(TrieBuilder.hexPrefix(key, 0, 2, false));
        proof[0] = TrieBuilder.listOf(bytes.concat(path, hex"e0", hash));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(bytes.concat(path, hex"a1", hash, rest));
        refuses(keccak256(proof[0]), key, proof);
        proof[0] = TrieBuilder.listOf(bytes.concat(path, hex"a0", hash));
        vm.assertTrue(proves(keccak256(proof[0]), key, proof));
    }

    function test_get_anyBytes_endsWithoutAPanic(bytes32 root, bytes32 key, bytes[] calldata proof) public view {
        vm.assume(proof.length > 0);
        try this.get(proof.length > 1 ? root : keccak256(proof[0]), key, proof) {
            vm.assertTrue(false);
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            vm.assertTrue(selector == MerkleTrie.InvalidMerkleProof.selector || selector == Rlp.InvalidRlp.selector);
        }
    }
}
