// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {bound, vm} from "../support/Cheats.sol";
import {OracleFixture} from "../support/OracleFixture.sol";

contract LoadKeccakTest is OracleFixture {
    function test_load_ofAllParts_makesThemKnown(bytes memory data) public {
        bytes32 key = oracle.loadKeccak(data, allUpTo((data.length + 31) / 32));
        vm.assertEq(key, keyOf(1, keccak256(data)));
        assertWhole(key, data);
    }

    function test_load_ofOnePart_leavesTheOthers(bytes memory data, uint256 index) public {
        vm.assume(data.length > 32);
        uint256 last = (data.length + 31) / 32;
        index = bound(index, 1, last);
        bytes32 key = oracle.loadKeccak(data, list(index));
        assertPart(key, 0, bytes32(data.length));
        for (uint256 i = 1; i <= last; ++i) {
            if (i == index) assertPart(key, i, partOf(data, i));
            else assertNotLoaded(key, i);
        }
    }

    /// @dev The length is known with any load: an offset beyond the end has an answer, whatever it is.
    function test_load_ofNoPart_makesLengthAndTheEndKnown(bytes memory data, uint256 index) public {
        bytes32 key = oracle.loadKeccak(data, list());
        uint256 last = (data.length + 31) / 32;
        assertPart(key, 0, bytes32(data.length));
        assertPart(key, bound(index, last + 1, type(uint256).max), 0);
        assertPart(key, last + 1, 0);
        assertPart(key, type(uint256).max, 0);
        if (last > 0) assertNotLoaded(key, last);
    }

    function test_load_ofNothing_hasLengthZero() public {
        bytes32 key = oracle.loadKeccak("", list(1));
        assertPart(key, 0, 0);
        assertPart(key, 1, 0);
    }

    function test_load_beyondTheEnd_storesNothing(bytes memory data, uint256 index) public {
        index = bound(index, (data.length + 31) / 32 + 1, type(uint256).max);
        bytes32 key = oracle.loadKeccak(data, list(index));
        assertPart(key, index, 0);
    }

    /// @dev Zero is a value like any other: not loaded is not the same.
    function test_load_ofZeroParts_tellsThemFromThoseNotLoaded(uint256 index) public {
        bytes memory data = new bytes(32 * 600);
        index = bound(index, 1, 600);
        bytes32 key = oracle.loadKeccak(data, list(index));
        assertPart(key, index, 0);
        if (index > 1) assertNotLoaded(key, index - 1);
        if (index < 600) assertNotLoaded(key, index + 1);
        if (index > 256) assertNotLoaded(key, index - 256);
    }

    function test_load_again_changesNothingAndTellsNothing(bytes memory data) public {
        uint256[] memory indices = allUpTo((data.length + 31) / 32);
        bytes32 key = oracle.loadKeccak(data, indices);
        vm.recordLogs();
        vm.assertEq(oracle.loadKeccak(data, indices), key);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        assertWhole(key, data);
    }

    function test_load_tellsEachPart() public {
        bytes memory data = "a preimage that is longer than thirty-two bytes";
        bytes32 key = keyOf(1, keccak256(data));
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(oracle));
            emit IPreimageOracle.PartLoaded(key, i, partOf(data, i));
        }
        oracle.loadKeccak(data, allUpTo(2));
    }

    function test_load_ofDifferentData_hasDifferentKeys(bytes memory a, bytes memory b) public {
        vm.assume(keccak256(a) != keccak256(b));
        vm.assertTrue(oracle.loadKeccak(a, list()) != oracle.loadKeccak(b, list()));
    }

    function test_load_ofTheLargest_isPossible() public {
        bytes memory data = new bytes(131_072);
        (data[0], data[131_071]) = (0x01, 0x02);
        bytes32 key = oracle.loadKeccak(data, list(4096));
        assertPart(key, 4096, bytes32(uint256(2)));
        assertPart(key, 0, bytes32(uint256(131_072)));
    }

    function test_load_ofMoreThanTheLargest_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.PreimageTooLarge.selector, 131_073));
        oracle.loadKeccak(new bytes(131_073), list());
    }
}
