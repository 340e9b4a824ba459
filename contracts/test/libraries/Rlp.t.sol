// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Rlp} from "../../src/libraries/Rlp.sol";
import {bound, vm} from "../support/Cheats.sol";
import {TrieBuilder} from "../support/TrieBuilder.sol";

contract RlpTest {
    function item(bytes calldata data, uint256 pos) external pure returns (bool isList, bytes memory payload, uint256 end) {
        uint256 start;
        (isList, start, end) = Rlp.item(data, pos);
        payload = data[start:end];
    }

    function refuses(bytes memory data, uint256 pos) private {
        vm.expectRevert(Rlp.InvalidRlp.selector);
        this.item(data, pos);
    }

    function test_item_ofAnyString_isThatString(bytes calldata before, bytes memory data, uint256 length, bytes calldata rest) public view {
        if (length % 2 == 0) data = new bytes(length % 1_000);
        bytes memory encoded = TrieBuilder.str(data);
        (bool isList, bytes memory payload, uint256 end) = this.item(bytes.concat(before, encoded, rest), before.length);
        vm.assertFalse(isList);
        vm.assertEq(payload, data);
        vm.assertEq(end, before.length + encoded.length);
    }

    function test_item_ofAnyList_isItsItems(bytes calldata items, uint256 length, bytes calldata rest) public view {
        bytes memory inner = length % 2 == 0 ? new bytes(length % 1_000) : items;
        bytes memory encoded = TrieBuilder.listOf(inner);
        (bool isList, bytes memory payload, uint256 end) = this.item(bytes.concat(encoded, rest), 0);
        vm.assertTrue(isList);
        vm.assertEq(payload, inner);
        vm.assertEq(end, encoded.length);
    }

    function test_item_cutShort_reverts(bytes memory data, uint256 length, uint256 cut, bool isList) public {
        if (length % 2 == 0) data = new bytes(length % 1_000);
        bytes memory encoded = isList ? TrieBuilder.listOf(data) : TrieBuilder.str(data);
        cut = bound(cut, 0, encoded.length - 1);
        bytes memory part = new bytes(cut);
        for (uint256 i = 0; i < cut; ++i) {
            part[i] = encoded[i];
        }
        refuses(part, 0);
    }

    function test_item_beyondTheEnd_reverts(bytes calldata data, uint256 beyond) public {
        refuses(data, bound(beyond, data.length, type(uint256).max));
    }

    /// @dev 0x80 itself is the string of nothing; the byte 0x80 has a prefix.
    function test_item_aroundThePrefixOfNothing_isWhatItSays() public view {
        (bool isList, bytes memory payload, uint256 end) = this.item(hex"80", 0);
        vm.assertTrue(!isList && payload.length == 0 && end == 1);
        (isList, payload, end) = this.item(hex"7f", 0);
        vm.assertTrue(!isList && end == 1);
        vm.assertEq(payload, hex"7f");
        (isList, payload, end) = this.item(hex"8180", 0);
        vm.assertTrue(!isList && end == 2);
        vm.assertEq(payload, hex"80");
        (isList, payload, end) = this.item(hex"c0", 0);
        vm.assertTrue(isList && payload.length == 0 && end == 1);
    }

    /// @dev A byte below 0x80 is its own encoding.
    function test_item_singleByteWithAPrefix_reverts(uint8 value) public {
        bytes memory encoded = abi.encodePacked(hex"81", value);
        if (value < 0x80) refuses(encoded, 0);
        else this.item(encoded, 0);
    }

    /// @dev Lengths up to 55 have the short form; a long form's length has no leading zeros.
    function test_item_lengthInALongerForm_reverts(uint8 length, bool isList) public {
        uint8 one = isList ? 0xf8 : 0xb8;
        bytes memory payload = new bytes(length);
        bytes memory encoded = abi.encodePacked(one, length, payload);
        if (length < 56) refuses(encoded, 0);
        else this.item(encoded, 0);
        refuses(abi.encodePacked(one + 1, uint16(length), payload), 0);
    }

    /// @dev No payload here has 2^16 bytes. Nor is only a part of the length read.
    function test_item_lengthInThreeBytesOrMore_reverts(uint8 count, uint8 first, bool isList) public {
        count = uint8(bound(count, 3, 8));
        bytes memory length = new bytes(count);
        length[0] = bytes1(uint8(bound(first, 1, 255)));
        refuses(bytes.concat(bytes1((isList ? 0xf7 : 0xb7) + count), length, new bytes(70_000)), 0);
    }
}
