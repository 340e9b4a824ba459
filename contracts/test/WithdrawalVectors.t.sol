// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleTrie} from "../src/libraries/MerkleTrie.sol";
import {WithdrawalTransaction, Withdrawals} from "../src/libraries/Withdrawals.sol";
import {vm} from "./support/Cheats.sol";

/// @notice Withdrawals in tests/vectors/withdrawals.json, with proofs by another implementation of the trie, against the libraries the Portal proves with.
contract WithdrawalVectorsTest {
    uint256 private constant COUNT = 12;

    string private json;

    function setUp() public {
        json = vm.readFile("../tests/vectors/withdrawals.json");
    }

    function entry(uint256 i, string memory key) private pure returns (string memory) {
        return string.concat(".withdrawals[", vm.toString(i), "].", key);
    }

    function withdrawal(uint256 i) private view returns (WithdrawalTransaction memory) {
        return WithdrawalTransaction(
            vm.parseJsonUint(json, entry(i, "nonce")),
            vm.parseJsonAddress(json, entry(i, "sender")),
            vm.parseJsonAddress(json, entry(i, "target")),
            vm.parseJsonUint(json, entry(i, "value")),
            vm.parseJsonUint(json, entry(i, "gasLimit")),
            vm.parseJsonBytes(json, entry(i, "data"))
        );
    }

    function proof(uint256 i) private view returns (bytes[] memory nodes) {
        uint256 count;
        while (vm.keyExistsJson(json, entry(i, string.concat("proof[", vm.toString(count), "]")))) {
            ++count;
        }
        nodes = new bytes[](count);
        for (uint256 j = 0; j < count; ++j) {
            nodes[j] = vm.parseJsonBytes(json, entry(i, string.concat("proof[", vm.toString(j), "]")));
        }
    }

    function get(bytes32 root, bytes32 key, bytes[] calldata nodes) external pure returns (bytes memory) {
        return MerkleTrie.get(root, key, nodes);
    }

    function test_hash_ofEveryWithdrawal_isTheOneInItsEvent() public view {
        for (uint256 i = 0; i < COUNT; ++i) {
            vm.assertEq(Withdrawals.hash(withdrawal(i)), vm.parseJsonBytes32(json, entry(i, "hash")));
        }
    }

    function test_get_everyProof_leadsToTrue() public view {
        bytes32 root = vm.parseJsonBytes32(json, ".storageRoot");
        for (uint256 i = 0; i < COUNT; ++i) {
            bytes32 key = Withdrawals.storageKey(vm.parseJsonBytes32(json, entry(i, "hash")));
            vm.assertEq(this.get(root, key, proof(i)), hex"01");
        }
    }

    function test_get_theProofOfAnother_isRefused() public {
        bytes32 root = vm.parseJsonBytes32(json, ".storageRoot");
        for (uint256 i = 0; i < COUNT; ++i) {
            bytes32 key = Withdrawals.storageKey(vm.parseJsonBytes32(json, entry((i + 1) % COUNT, "hash")));
            bytes[] memory nodes = proof(i);
            vm.expectRevert(MerkleTrie.InvalidMerkleProof.selector);
            this.get(root, key, nodes);
        }
    }
}
