// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, IInbox} from "../../src/interfaces/IInbox.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract AppendCalldataTest is InboxFixture {
    function test_append_bySequencer_accumulatesHeaderAndEnqueuesAttributes(bytes calldata payload) public {
        vm.assume(payload.length <= 100_000);
        Append memory append = appendTo(0);
        bytes memory header = modelHeader(1, keccak256(payload), 0);
        modelBatch(1, keccak256(payload), 0);
        modelAttributes();
        vm.assertEq(header.length, 161);
        bytes memory body = abi.encodePacked(block.basefee, block.blobbasefee, block.prevrandao);
        vm.expectEmit(address(inbox));
        emit IInbox.BatchAppended(1, batchAccs[1], header, payload);
        vm.expectEmit(address(inbox));
        emit IInbox.MessageEnqueued(1, messageAccs[1], 1, 0, uint64(block.timestamp), body);
        vm.prank(sequencer);
        inbox.appendCalldata(append, payload);
        assertModel();
    }

    function test_append_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != sequencer);
        Append memory append = appendTo(0);
        vm.prank(caller);
        vm.expectRevert(IInbox.NotSequencer.selector);
        inbox.appendCalldata(append, "");
    }

    function test_append_payloadAtTheLimit_isTaken_oneByteMoreReverts() public {
        Append memory append = appendTo(0);
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.PayloadTooLarge.selector, 100_001));
        inbox.appendCalldata(append, new bytes(100_001));
        vm.prank(sequencer);
        inbox.appendCalldata(append, new bytes(100_000));
        vm.assertEq(inbox.batchCount(), 1);
    }

    function test_append_twice_reverts() public {
        Append memory append = appendTo(0);
        vm.prank(sequencer);
        inbox.appendCalldata(append, "once");
        bytes32 actual = inbox.batchAcc(1);
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedBatchAcc.selector, actual));
        inbox.appendCalldata(append, "once");
    }

    function test_append_onAnotherBatchAcc_reverts(bytes32 other) public {
        appendBatch(0);
        vm.assume(other != batchAccs[1]);
        Append memory append = appendTo(0);
        append.expectedBatchAcc = other;
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedBatchAcc.selector, batchAccs[1]));
        inbox.appendCalldata(append, "");
    }

    function test_append_onAnotherDepositAcc_reverts(bytes32 other) public {
        uint64 m = depositMessage();
        vm.assume(other != messageAccs[m]);
        Append memory append = appendTo(m);
        append.expectedDepositAcc = other;
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedDepositAcc.selector, messageAccs[m]));
        inbox.appendCalldata(append, "");
    }

    /// forge-config: default.fuzz.runs = 64
    function test_append_consumingSomeMessages_countsThemExactly(uint8 deposits, uint8 batches, uint256 m) public {
        for (uint256 i = 0; i < bound(deposits, 0, 8); ++i) {
            depositMessage();
        }
        for (uint256 i = 0; i < bound(batches, 0, 4); ++i) {
            appendBatch(inbox.consumedCount());
            depositMessage();
        }
        uint64 upTo = uint64(bound(m, 0, links.length - 1));
        appendBatch(upTo);
        vm.assertEq(inbox.consumedCount(), upTo);
        assertModel();
    }

    function test_append_consumingLess_reverts() public {
        depositMessage();
        depositMessage();
        appendBatch(2);
        Append memory append = appendTo(1);
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.MessagesBehind.selector, 1, 2));
        inbox.appendCalldata(append, "");
    }

    function test_append_consumingItsOwnAttributes_reverts() public {
        Append memory append = appendTo(0);
        append.depositCount = 1;
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.MessagesBeyond.selector, 1, 0));
        inbox.appendCalldata(append, "");
    }

    function test_append_512NewMessages_areTaken_oneMoreReverts() public {
        for (uint256 i = 0; i < 513; ++i) {
            depositMessage("");
        }
        Append memory append = appendTo(513);
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.TooManyMessages.selector, 513));
        inbox.appendCalldata(append, "");
        appendBatch(512);
        assertModel();
    }

    function test_append_wrongLastMessage_reverts(uint64 wrong) public {
        uint64 m = depositMessage();
        Append memory append = appendTo(m);
        vm.assume(wrong != append.last.userOrdinal);
        append.last.userOrdinal = wrong;
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongMessage.selector, m));
        inbox.appendCalldata(append, "");
    }

    /// @dev Naming a later deposit as the first would hide how long the first one waited.
    function test_append_laterDepositNamedAsFirst_reverts() public {
        depositMessage();
        vm.warp(block.timestamp + 20 hours);
        depositMessage();
        Append memory append = appendTo(2);
        append.firstUserIndex = 2;
        append.firstUser = links[2];
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotFirstUser.selector, 2));
        inbox.appendCalldata(append, "");
    }

    /// @dev An attributes message after the last consumed deposit has the same ordinal as it, never that of the next.
    function test_append_attributesNamedAsFirst_reverts() public {
        depositMessage();
        appendBatch(0);
        Append memory append = appendTo(2);
        append.firstUserIndex = 2;
        append.firstUser = links[2];
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotFirstUser.selector, 2));
        inbox.appendCalldata(append, "");
    }

    function test_append_onlyAttributes_needsNoUserDeposit() public {
        appendBatch(0);
        depositMessage();
        appendBatch(1);
        vm.assertEq(inbox.userConsumedCount(), 0);
        assertModel();
    }
}
