// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Inbox} from "../../src/Inbox.sol";
import {IInbox, InboxParams} from "../../src/interfaces/IInbox.sol";
import {vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract InboxConstructorTest is InboxFixture {
    function refuse(InboxParams memory p) private {
        vm.expectRevert(IInbox.BadParams.selector);
        new Inbox(p);
    }

    function test_construct_floorNotAboveFinality_reverts() public {
        InboxParams memory p = params();
        p.bufferFloor = p.finalityDelay;
        refuse(p);
        p.bufferFloor += 1;
        new Inbox(p);
    }

    function test_construct_thresholdBelowFinality_reverts() public {
        InboxParams memory p = params();
        p.bufferThreshold = p.finalityDelay - 1;
        refuse(p);
    }

    function test_construct_thresholdOrFloorBeyondTheDelay_reverts() public {
        InboxParams memory p = params();
        p.bufferThreshold = p.inclusionDelay;
        refuse(p);
        p = params();
        p.bufferFloor = p.inclusionDelay + 1;
        refuse(p);
    }

    function test_construct_bufferBelowTheDelayOrRestoredAtOnce_reverts() public {
        InboxParams memory p = params();
        p.bufferMax = p.inclusionDelay - 1;
        refuse(p);
        p = params();
        p.replenishPeriod = 1;
        refuse(p);
    }

    function test_construct_timelockBelowTheDelay_reverts() public {
        InboxParams memory p = params();
        p.timelock = p.inclusionDelay - 1;
        refuse(p);
    }

    function test_construct_absurdTimes_revert() public {
        InboxParams memory p = params();
        p.timelock = uint64(type(uint32).max) + 1;
        refuse(p);
        p = params();
        p.bufferMax = uint64(type(uint32).max) + 1;
        refuse(p);
    }

    function test_construct_zeroPortalOrSequencer_reverts() public {
        InboxParams memory p = params();
        p.portal = address(0);
        vm.expectRevert(IInbox.ZeroAddress.selector);
        new Inbox(p);
        p = params();
        p.sequencer = address(0);
        vm.expectRevert(IInbox.ZeroAddress.selector);
        new Inbox(p);
    }

    function test_params_afterConstruction_areThoseGiven() public view {
        vm.assertEq(abi.encode(inbox.params()), abi.encode(params()));
    }
}
