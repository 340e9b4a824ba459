// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PreimageOracle} from "../../src/PreimageOracle.sol";
import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {vm} from "./Cheats.sol";

/// @notice The oracle, and keys and parts as the fault VM's specification says them.
abstract contract OracleFixture {
    PreimageOracle internal oracle;

    function setUp() public virtual {
        oracle = new PreimageOracle();
    }

    function keyOf(uint8 kind, bytes32 hash) internal pure returns (bytes32 key) {
        key = bytes32(bytes1(kind));
        for (uint256 i = 1; i < 32; ++i) {
            key |= bytes32(hash[i]) >> 8 * i;
        }
    }

    function partOf(bytes memory preimage, uint256 index) internal pure returns (bytes32 part) {
        if (index == 0) return bytes32(preimage.length);
        if (index > preimage.length) return 0;
        for (uint256 i = 0; i < 32; ++i) {
            uint256 place = 32 * (index - 1) + i;
            if (place < preimage.length) part |= bytes32(preimage[place]) >> 8 * i;
        }
    }

    function list() internal pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function list(uint256 index) internal pure returns (uint256[] memory indices) {
        indices = new uint256[](1);
        indices[0] = index;
    }

    /// @dev 0 to `last`.
    function allUpTo(uint256 last) internal pure returns (uint256[] memory indices) {
        indices = new uint256[](last + 1);
        for (uint256 i = 0; i <= last; ++i) {
            indices[i] = i;
        }
    }

    function assertPart(bytes32 key, uint256 index, bytes32 value) internal view {
        vm.assertTrue(oracle.isLoaded(key, index));
        vm.assertEq(oracle.part(key, index), value);
    }

    function assertNotLoaded(bytes32 key, uint256 index) internal {
        vm.assertFalse(oracle.isLoaded(key, index));
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.PartNotLoaded.selector, key, index));
        oracle.part(key, index);
    }

    /// @dev Every part of a preimage that has been loaded whole, and what follows it.
    function assertWhole(bytes32 key, bytes memory preimage) internal view {
        uint256 last = (preimage.length + 31) / 32;
        for (uint256 i = 0; i <= last + 2; ++i) {
            assertPart(key, i, partOf(preimage, i));
        }
    }
}
