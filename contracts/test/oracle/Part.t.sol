// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {bound} from "../support/Cheats.sol";
import {OracleFixture} from "../support/OracleFixture.sol";

/// @notice What is answered without anybody having loaded it, and what is not.
contract PartTest is OracleFixture {
    function test_part_ofAnUnknownType_isZero(uint8 kind, bytes32 hash, uint256 index) public view {
        if (kind >= 1 && kind <= 3) kind += 3;
        assertPart(keyOf(kind, hash), index, 0);
        assertPart(keyOf(kind, hash), 0, 0);
    }

    function test_part_ofAKnownType_hasToBeLoaded(bool isKeccak, bytes32 hash, uint256 index) public {
        assertNotLoaded(keyOf(isKeccak ? 1 : 3, hash), index);
        assertNotLoaded(keyOf(isKeccak ? 1 : 3, hash), 0);
    }

    function test_part_ofABlob_hasToBeLoadedFrom1To4096(bytes32 hash, uint256 index) public {
        assertNotLoaded(keyOf(2, hash), bound(index, 1, 4096));
        assertNotLoaded(keyOf(2, hash), 1);
        assertNotLoaded(keyOf(2, hash), 4096);
    }

    function test_part_ofABlobsLengthOrBeyondItsEnd_isKnown(bytes32 hash, uint256 index) public view {
        assertPart(keyOf(2, hash), 0, bytes32(uint256(131_072)));
        assertPart(keyOf(2, hash), bound(index, 4097, type(uint256).max), 0);
        assertPart(keyOf(2, hash), 4097, 0);
    }
}
