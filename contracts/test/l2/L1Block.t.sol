// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L1Block} from "../../src/l2/L1Block.sol";
import {vm} from "../support/Cheats.sol";

contract L1BlockTest {
    L1Block private l1 = new L1Block();

    /// @dev Execution reads the slots themselves: their layout is part of the protocol.
    function test_set_byTheDepositor_fillsTheSlots(uint64 number, uint64 time, uint256 baseFee, uint256 blobFee, bytes32 randao) public {
        vm.store(address(l1), bytes32(uint256(4)), bytes32(uint256(7) | uint256(9) << 32));
        vm.prank(0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001);
        l1.setL1Attributes(number, time, baseFee, blobFee, randao);
        vm.assertEq(uint256(vm.load(address(l1), 0)), uint256(number) | uint256(time) << 64);
        vm.assertEq(uint256(vm.load(address(l1), bytes32(uint256(1)))), baseFee);
        vm.assertEq(uint256(vm.load(address(l1), bytes32(uint256(2)))), blobFee);
        vm.assertEq(vm.load(address(l1), bytes32(uint256(3))), randao);
        vm.assertEq(l1.number(), number);
        vm.assertEq(l1.timestamp(), time);
        vm.assertEq(l1.basefee(), baseFee);
        vm.assertEq(l1.blobBaseFee(), blobFee);
        vm.assertEq(l1.prevRandao(), randao);
        vm.assertEq(l1.baseFeeScalar(), 7);
        vm.assertEq(l1.blobBaseFeeScalar(), 9);
    }

    function test_set_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != l1.DEPOSITOR_ACCOUNT());
        vm.prank(caller);
        vm.expectRevert(L1Block.NotDepositor.selector);
        l1.setL1Attributes(1, 2, 3, 4, 0);
    }
}
