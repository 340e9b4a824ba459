// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../../src/interfaces/IInbox.sol";
import {Buffer, BufferRule, DelayBuffer} from "../../src/libraries/DelayBuffer.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract DelayBufferTest is InboxFixture {
    function test_consume_withinTheThreshold_costsNothing(uint256 waited) public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + bound(waited, 0, 30 minutes));
        appendBatch(m);
        vm.assertEq(inbox.delayBuffer(), 7 days);
        vm.assertEq(inbox.currentDelay(), 1 days);
    }

    function test_consume_late_chargesWhatIsBeyondTheThreshold(uint256 waited) public {
        uint64 m = depositMessage();
        waited = bound(waited, 30 minutes + 1, 6 days);
        vm.warp(block.timestamp + waited);
        uint64 left = uint64(7 days - (waited - 30 minutes));
        vm.expectEmit(address(inbox));
        emit IInbox.DelayBufferCharged(uint64(waited), left);
        appendBatch(m);
        vm.assertEq(inbox.delayBuffer(), left);
    }

    function test_consume_veryLate_leavesTheFloor() public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + 30 days);
        force(m);
        vm.assertEq(inbox.delayBuffer(), 1 hours);
        vm.assertEq(inbox.currentDelay(), 1 hours);
    }

    function test_force_afterTheBufferIsUsedUp_comesSooner() public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + 30 days);
        force(m);
        m = depositMessage();
        vm.warp(block.timestamp + 1 hours - 1);
        vm.expectPartialRevert(IInbox.ForcedTooEarly.selector);
        inbox.forceInclude(m, links[m], m, links[m]);
        // The buffer has regained a twentieth of the hour.
        vm.warp(block.timestamp + 1 + 4 minutes);
        force(m);
        vm.assertEq(inbox.consumedCount(), m);
    }

    /// @dev Many deposits that wait through one outage cost no more than the outage.
    function test_consume_manyAfterOneOutage_chargesItOnce() public {
        depositMessage();
        vm.warp(block.timestamp + 10 minutes);
        depositMessage();
        vm.warp(block.timestamp + 12 hours);
        appendBatch(1);
        uint64 left = inbox.delayBuffer();
        appendBatch(2);
        vm.assertEq(inbox.delayBuffer(), left);
    }

    function test_consume_attributesOnly_costsNothing() public {
        appendBatch(0);
        vm.warp(block.timestamp + 5 days);
        appendBatch(1);
        vm.assertEq(inbox.delayBuffer(), 7 days);
    }

    function test_buffer_withTime_isRestoredUpToItsMaximum() public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + 2 days);
        appendBatch(m);
        uint64 left = inbox.delayBuffer();
        vm.warp(block.timestamp + 2000);
        vm.assertEq(inbox.delayBuffer(), left + 100);
        vm.warp(block.timestamp + 365 days);
        vm.assertEq(inbox.delayBuffer(), 7 days);
    }

    /// @dev However consuming is cut up, the buffer stays between floor and maximum, and all that was charged is at most the time that passed.
    function test_buffer_anySequence_staysInItsBounds(uint32[16] calldata waits, uint32[16] calldata gaps) public pure {
        BufferRule memory rule = BufferRule(7 days, 1 hours, 30 minutes, 20);
        Buffer memory buffer = Buffer(rule.max, START, 0);
        uint64 time = START;
        for (uint256 i = 0; i < 16; ++i) {
            time += uint64(bound(gaps[i], 0, 1 days));
            buffer = DelayBuffer.charged(buffer, rule, time - uint64(bound(waits[i], 0, time - START)), time);
            vm.assertLe(buffer.stored, rule.max);
            vm.assertGe(buffer.stored, rule.floor);
            vm.assertLe(rule.max - buffer.stored, time - START);
        }
    }
}
