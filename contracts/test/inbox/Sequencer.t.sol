// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../../src/interfaces/IInbox.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract SequencerTest is InboxFixture {
    address private next = address(0x4e87);

    function propose() private {
        vm.prank(operator);
        inbox.proposeSequencer(next);
    }

    function test_accept_afterTheTimelock_changesTheSequencer() public {
        propose();
        vm.warp(block.timestamp + 2 days);
        vm.expectEmit(address(inbox));
        emit IInbox.SequencerChanged(next);
        vm.prank(operator);
        inbox.acceptSequencer();
        vm.assertEq(inbox.sequencer(), next);
        (address pending,) = inbox.pendingSequencer();
        vm.assertEq(pending, address(0));
        sequencer = next;
        appendBatch(0);
        assertModel();
    }

    function test_accept_beforeTheTimelock_reverts(uint256 waited) public {
        propose();
        vm.warp(block.timestamp + bound(waited, 0, 2 days - 1));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IInbox.TimelockRunning.selector, START + 2 days));
        inbox.acceptSequencer();
    }

    function test_propose_again_restartsTheTimelock() public {
        propose();
        vm.warp(block.timestamp + 1 days);
        propose();
        (, uint64 acceptableAt) = inbox.pendingSequencer();
        vm.assertEq(acceptableAt, START + 3 days);
    }

    function test_accept_twice_reverts() public {
        propose();
        vm.warp(block.timestamp + 2 days);
        vm.prank(operator);
        inbox.acceptSequencer();
        vm.prank(operator);
        vm.expectRevert(IInbox.NoProposal.selector);
        inbox.acceptSequencer();
    }

    function test_proposeOrAccept_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != operator);
        vm.prank(caller);
        vm.expectRevert(IInbox.NotOperator.selector);
        inbox.proposeSequencer(next);
        propose();
        vm.warp(block.timestamp + 2 days);
        vm.prank(caller);
        vm.expectRevert(IInbox.NotOperator.selector);
        inbox.acceptSequencer();
    }

    function test_propose_zero_reverts() public {
        vm.prank(operator);
        vm.expectRevert(IInbox.ZeroAddress.selector);
        inbox.proposeSequencer(address(0));
    }
}
