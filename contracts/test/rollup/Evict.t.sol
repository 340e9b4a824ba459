// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

contract EvictTest is RollupFixture {
    uint256 private stakeId;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        (stakeId, id) = stakeAs(alice, root, end("a", 0));
    }

    function test_defeat_burnsHalfAndOwesHalf() public {
        uint256 dead = address(0xdEaD).balance;
        vm.expectEmit(address(rollup));
        emit IRollup.StakeDefeated(stakeId, id, BOND / 2);
        vm.expectEmit(address(rollup));
        emit IRollup.StakeEvicted(stakeId, id);
        rollup.defeat(stakeId, id, bob);
        vm.assertEq(address(0xdEaD).balance, dead + BOND / 2);
        vm.assertEq(rollup.owed(bob), BOND / 2);
        vm.assertEq(rollup.assertion(id).live, 0);
        vm.assertEq(rollup.assertion(root).liveChildren, 0);
        vm.assertEq(rollup.joinedAt(stakeId, id), 0);
    }

    function test_defeat_twice_reverts() public {
        rollup.defeat(stakeId, id, bob);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        rollup.defeat(stakeId, id, bob);
    }

    function test_defeat_whereTheStakeNeverStood_reverts(bytes32 other) public {
        vm.assume(other != id);
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.defeat(stakeId, other, bob);
    }

    function test_evict_ofALoser_clearsEachRecordOnce(address caller) public {
        skip(M);
        bytes32 child = advanceAs(alice, stakeId, id, end("b", 1));
        rollup.defeat(stakeId, id, bob);
        vm.assertEq(rollup.assertion(child).live, 1);
        vm.prank(caller);
        rollup.evict(stakeId, child);
        vm.assertEq(rollup.assertion(child).live, 0);
        vm.assertEq(rollup.assertion(id).liveChildren, 0);
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.evict(stakeId, child);
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.evict(stakeId, id);
    }

    function test_evict_ofALiveStake_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDefeated.selector, StakeStatus.Live));
        rollup.evict(stakeId, id);
    }

    function test_evict_ofAWithdrawnStake_reverts() public {
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDefeated.selector, StakeStatus.Withdrawn));
        rollup.evict(stakeId, id);
    }
}
