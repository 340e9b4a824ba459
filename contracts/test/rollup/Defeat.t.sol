// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

/// @notice What only the contract of the matches may do, and what it reads.
contract DefeatTest is RollupFixture {
    uint256 private a;
    uint256 private b;
    bytes32 private idA;
    bytes32 private idB;

    function setUp() public override {
        super.setUp();
        (a, idA) = stakeAs(alice, root, end("a", 0));
        skip(10);
        (b, idB) = stakeAs(bob, root, end("b", 0));
    }

    function defeat(uint256 stakeId, bytes32 id) private {
        vm.prank(matchesAddress());
        rollup.defeat(stakeId, id);
    }

    function award(uint256 winner, uint256 loser, uint256 moves, uint256 outOf) private {
        vm.prank(matchesAddress());
        rollup.award(winner, loser, moves, outOf);
    }

    function test_defeat_byAnyoneElse_reverts(address caller) public {
        vm.assume(caller != matchesAddress());
        vm.prank(caller);
        vm.expectRevert(IRollup.NotMatches.selector);
        rollup.defeat(b, idB);
        vm.prank(caller);
        vm.expectRevert(IRollup.NotMatches.selector);
        rollup.award(a, b, 1, 1);
    }

    function test_defeat_burnsHalfAndKeepsHalf() public {
        uint256 burned = address(0xdEaD).balance;
        defeat(b, idB);
        vm.assertEq(address(0xdEaD).balance, burned + BOND / 2);
        vm.assertEq(rollup.prizeOf(b), BOND - BOND / 2);
        vm.assertEq(rollup.assertion(root).liveChildren, 1);
        vm.prank(matchesAddress());
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        rollup.defeat(b, idB);
    }

    function test_award_shares_addUpToThePrize(uint32[4] calldata moves) public {
        defeat(b, idB);
        skip(W);
        rollup.confirm(idA);
        vm.prank(alice);
        rollup.withdraw(a);
        uint256 left;
        for (uint256 i = 0; i < 4; ++i) {
            left += moves[i];
        }
        vm.assume(left > 0);
        for (uint256 i = 0; i < 4 && left > 0; ++i) {
            award(a, b, moves[i], left);
            left -= moves[i];
        }
        vm.assertEq(rollup.owed(alice), BOND + BOND - BOND / 2);
        vm.assertEq(rollup.prizeOf(b), 0);
    }

    function test_award_moreThanThePrize_reverts(uint32 moves) public {
        defeat(b, idB);
        skip(W);
        rollup.confirm(idA);
        vm.prank(alice);
        rollup.withdraw(a);
        vm.prank(matchesAddress());
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        rollup.award(a, b, uint256(moves) + 2, uint256(moves) + 1);
    }

    function test_award_toALiveStake_reverts() public {
        defeat(b, idB);
        vm.prank(matchesAddress());
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLeft.selector, StakeStatus.Live));
        rollup.award(a, b, 1, 1);
    }

    function test_award_toAStakeThatNeverWas_reverts(uint256 stakeId) public {
        vm.assume(stakeId != a && stakeId != b);
        defeat(b, idB);
        vm.prank(matchesAddress());
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLeft.selector, StakeStatus.None));
        rollup.award(stakeId, b, 1, 1);
    }

    function test_award_toALoser_isBurned() public {
        defeat(b, idB);
        defeat(a, idA);
        uint256 burned = address(0xdEaD).balance;
        award(a, b, 1, 4);
        vm.assertEq(address(0xdEaD).balance, burned + (BOND - BOND / 2) / 4);
        vm.assertEq(rollup.owed(alice), 0);
    }

    function test_checkLive_ofAnyThatIsNot_reverts(bool which) public {
        rollup.checkLive(a, b);
        defeat(which ? a : b, which ? idA : idB);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        rollup.checkLive(a, b);
    }

    function test_clockOf_runsFromTheFirstSiblingToTheJoining(uint256 late, bool onFirst) public {
        late = bound(late, 0, W - 11);
        skip(late);
        (uint256 c, bytes32 id) = stakeAs(carol, root, end(onFirst ? "a" : "b", 0));
        (uint256 joined, uint256 clock) = rollup.clockOf(c, id);
        // The other child came first, or ten seconds later.
        uint256 since = onFirst ? late : late + 10;
        vm.assertEq(joined, block.timestamp);
        vm.assertEq(clock, since >= C ? 0 : C - since);
        (, clock) = rollup.clockOf(a, idA);
        vm.assertEq(clock, C);
        (, clock) = rollup.clockOf(b, idB);
        vm.assertEq(clock, C - 10);
    }

    /// @dev However late it came: nobody has waited for it.
    function test_clockOf_withoutASibling_isFull(uint32 late) public {
        (uint256 first, bytes32 id) = (a, idA);
        defeat(b, idB);
        skip(W);
        rollup.confirm(id);
        bytes32 child = advanceAs(alice, first, id, end("c", 1));
        (, uint256 clock) = rollup.clockOf(first, child);
        vm.assertEq(clock, C);
        skip(late);
        (uint256 c,) = stakeAs(carol, id, end("c", 1));
        (, clock) = rollup.clockOf(c, child);
        vm.assertEq(clock, C);
    }

    function test_clockOf_whereTheStakeDoesNotStand_reverts() public {
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.clockOf(a, idB);
        defeat(a, idA);
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.clockOf(a, idA);
    }
}
