// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, IInbox, MessageLink} from "../../src/interfaces/IInbox.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract ForceIncludeTest is InboxFixture {
    function test_force_afterTheDelay_appendsBatchWithoutAttributes(address caller) public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + 1 days);
        bytes memory header = modelHeader(2, 0, m);
        modelBatch(2, 0, m);
        vm.expectEmit(address(inbox));
        emit IInbox.BatchAppended(1, batchAccs[1], header, "");
        vm.prank(caller);
        inbox.forceInclude(m, links[m], m, links[m]);
        vm.assertEq(inbox.consumedCount(), m);
        assertModel();
    }

    function test_force_beforeTheDelay_reverts(uint256 waited) public {
        uint64 m = depositMessage();
        vm.warp(block.timestamp + bound(waited, 0, 1 days - 1));
        vm.expectRevert(abi.encodeWithSelector(IInbox.ForcedTooEarly.selector, START + 1 days));
        inbox.forceInclude(m, links[m], m, links[m]);
    }

    /// @dev The last message, not only the first, must be old: the sequencer keeps its time for every deposit.
    function test_force_youngDepositBehindAnOldOne_reverts() public {
        uint64 first = depositMessage();
        vm.warp(block.timestamp + 1 days);
        uint64 young = depositMessage();
        vm.expectRevert(abi.encodeWithSelector(IInbox.ForcedTooEarly.selector, START + 2 days));
        inbox.forceInclude(young, links[young], first, links[first]);
        force(first);
        assertModel();
    }

    function test_force_upToAttributes_reverts() public {
        uint64 first = depositMessage();
        appendBatch(0);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotForcible.selector, 2));
        inbox.forceInclude(2, links[2], first, links[first]);
    }

    function test_force_nothingNew_reverts() public {
        uint64 m = depositMessage();
        appendBatch(m);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotFirstUser.selector, m));
        inbox.forceInclude(m, links[m], m, links[m]);
    }

    function test_force_onlyAttributesWaiting_reverts() public {
        appendBatch(0);
        vm.warp(block.timestamp + 2 days);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotFirstUser.selector, 1));
        inbox.forceInclude(1, links[1], 1, links[1]);
    }

    function test_force_inventedMessage_reverts(uint64 l1Time) public {
        uint64 m = depositMessage();
        MessageLink memory forged = links[m];
        forged.l1Time = uint64(bound(l1Time, 0, START - 1 days));
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongMessage.selector, m));
        inbox.forceInclude(m, forged, m, forged);
        vm.expectRevert(abi.encodeWithSelector(IInbox.WrongMessage.selector, m + 1));
        inbox.forceInclude(m + 1, forged, m + 1, forged);
    }

    function test_force_513Messages_reverts_512AreTaken() public {
        for (uint256 i = 0; i < 513; ++i) {
            depositMessage("");
        }
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IInbox.TooManyMessages.selector, 513));
        inbox.forceInclude(513, links[513], 1, links[1]);
        force(512);
        force(513);
        assertModel();
    }

    /// @dev A censor that leaves hundreds of its own attributes messages ahead of a deposit does not put it out of reach.
    function test_force_depositBehind600Attributes_isReachedInWholeSteps() public {
        for (uint256 i = 0; i < 600; ++i) {
            appendBatch(0);
        }
        uint64 target = depositMessage();
        vm.warp(block.timestamp + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.ForcedTooEarly.selector, START + 1 days));
        inbox.forceInclude(512, links[512], target, links[target]);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotForcible.selector, 511));
        inbox.forceInclude(511, links[511], target, links[target]);
        force(512);
        vm.assertEq(inbox.userConsumedCount(), 0);
        force(target);
        vm.assertEq(inbox.userConsumedCount(), 1);
        assertModel();
    }

    function test_force_voidsABatchBuiltBefore() public {
        uint64 m = depositMessage();
        Append memory append = appendTo(0);
        vm.warp(block.timestamp + 1 days);
        force(m);
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedBatchAcc.selector, batchAccs[1]));
        inbox.appendCalldata(append, "");
    }
}
