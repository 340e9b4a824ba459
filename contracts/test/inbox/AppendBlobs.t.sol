// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, IInbox} from "../../src/interfaces/IInbox.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract AppendBlobsTest is InboxFixture {
    function carry(uint256 count) internal returns (bytes memory joined) {
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = bytes32(uint256(1) << 248 | uint256(keccak256(abi.encode("blob", i))) >> 8);
            joined = bytes.concat(joined, hashes[i]);
        }
        vm.blobhashes(hashes);
    }

    function test_append_oneToSixBlobs_commitsToAllOfThem(uint256 count) public {
        bytes memory joined = carry(bound(count, 1, 6));
        Append memory append = appendTo(0);
        bytes memory header = modelHeader(0, keccak256(joined), 0);
        modelBatch(0, keccak256(joined), 0);
        modelAttributes();
        vm.expectEmit(address(inbox));
        emit IInbox.BatchAppended(1, batchAccs[1], header, joined);
        vm.prank(sequencer);
        inbox.appendBlobs(append);
        assertModel();
    }

    function test_append_noBlob_reverts() public {
        Append memory append = appendTo(0);
        vm.prank(sequencer);
        vm.expectRevert(IInbox.NoBlobs.selector);
        inbox.appendBlobs(append);
    }

    function test_append_sevenBlobs_reverts() public {
        carry(7);
        Append memory append = appendTo(0);
        vm.prank(sequencer);
        vm.expectRevert(IInbox.TooManyBlobs.selector);
        inbox.appendBlobs(append);
    }

    function test_append_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != sequencer);
        carry(1);
        Append memory append = appendTo(0);
        vm.prank(caller);
        vm.expectRevert(IInbox.NotSequencer.selector);
        inbox.appendBlobs(append);
    }

    function test_append_onAnotherBatchAcc_reverts() public {
        carry(1);
        Append memory append = appendTo(0);
        append.expectedBatchAcc = keccak256("reorged");
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedBatchAcc.selector, bytes32(0)));
        inbox.appendBlobs(append);
    }

    function test_append_onAnotherDepositAcc_reverts() public {
        carry(1);
        uint64 m = depositMessage();
        Append memory append = appendTo(m);
        append.expectedDepositAcc = keccak256("reorged");
        vm.prank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnexpectedDepositAcc.selector, messageAccs[m]));
        inbox.appendBlobs(append);
    }
}
