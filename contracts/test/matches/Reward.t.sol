// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches} from "../../src/interfaces/IMatches.sol";
import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

/// forge-config: default.fuzz.runs = 64
contract RewardTest is MatchFixture {
    uint256 private constant HALF = BOND - BOND / 2;
    uint256 private liar;

    /// @dev Two honest stakes play the same liar, who lets the time run out against one of them.
    function twoAgainstOne(uint8 rounds, uint8 friendRounds) private returns (Board memory v, Board memory w, uint256 friend) {
        Belief memory b = lie(5, 5);
        joinTruth();
        (friend,) = stakeOn(carol, truth());
        (liar,) = stakeOn(bob, b);
        v = openAndDissect(honest, truth(), liar, b);
        w = openAndDissect(liar, b, friend, truth());
        play(v, b, rounds);
        while (w.m.round < friendRounds) {
            answer(w, w.m.mover == friend ? truth() : b);
        }
        // Odd: the liar is on turn against alice.
        if (v.m.mover == honest) answer(v, truth());
        skip(C);
        matches.timeout(v.m);
        v.m.rivalMoves += 1;
    }

    function withdrawAs(address who, uint256 stakeId) private {
        if (rollup.latestConfirmed() != trueNode) {
            skip(W);
            rollup.confirm(fork);
            rollup.confirm(trueNode);
        }
        vm.prank(who);
        rollup.withdraw(stakeId);
    }

    function test_reward_isInProportionToTheMoves(uint8 rounds, uint8 friendRounds, bool order) public {
        (Board memory v, Board memory w, uint256 friend) = twoAgainstOne(uint8(bound(rounds, 1, 10)), uint8(bound(friendRounds, 1, 11)));
        uint256 friendMoves = w.m.mover == friend ? w.m.moverMoves : w.m.rivalMoves;
        uint256 all = v.m.rivalMoves + friendMoves;
        vm.assertEq(matches.movesAgainst(liar), all);
        withdrawAs(alice, honest);
        withdrawAs(carol, friend);
        vm.assertEq(rollup.owed(alice), BOND);
        if (order) matches.reward(v.m, honest);
        if (friendMoves > 0) matches.reward(w.m, friend);
        if (!order) matches.reward(v.m, honest);
        uint256 share = HALF * v.m.rivalMoves / all;
        vm.assertLe(rollup.owed(alice) - BOND, share + 1);
        vm.assertGe(rollup.owed(alice) - BOND, share);
        vm.assertEq(rollup.owed(alice) + rollup.owed(carol), 2 * BOND + HALF);
        vm.assertEq(rollup.prizeOf(liar), 0);
        vm.assertEq(matches.movesAgainst(liar), 0);
    }

    function test_reward_byAnyone_isOwedToTheOwner(address caller) public {
        vm.assume(caller != alice);
        (Board memory v,,) = twoAgainstOne(1, 1);
        withdrawAs(alice, honest);
        uint256 moves = v.m.rivalMoves;
        vm.expectEmit(address(matches));
        emit IMatches.MovesRewarded(v.id, honest, liar, moves);
        vm.expectEmit(address(rollup));
        emit IRollup.PrizeAwarded(honest, liar, HALF, false);
        vm.prank(caller);
        matches.reward(v.m, honest);
        vm.assertEq(rollup.owed(alice), BOND + HALF);
        v.m.rivalMoves = 0;
        assertBoard(v);
    }

    function test_reward_twice_reverts() public {
        (Board memory v,,) = twoAgainstOne(1, 1);
        withdrawAs(alice, honest);
        matches.reward(v.m, honest);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, matches.stateOf(v.id)));
        matches.reward(v.m, honest);
        v.m.rivalMoves = 0;
        vm.expectRevert(IMatches.NoMoves.selector);
        matches.reward(v.m, honest);
    }

    /// @dev Here the winner is the side on turn: its count is the one that goes, the loser's stays.
    function test_reward_afterAStep_countsOnce() public {
        (Board memory v, uint256 other) = reach(11, lie(5, 5));
        proveStep(v, truth());
        withdrawAs(alice, honest);
        vm.assertEq(v.m.moverMoves, 6);
        vm.assertEq(v.m.rivalMoves, 6);
        matches.reward(v.m, honest);
        vm.assertEq(rollup.owed(alice), BOND + HALF);
        vm.assertEq(rollup.prizeOf(other), 0);
        v.m.moverMoves = 0;
        assertBoard(v);
        vm.expectRevert(IMatches.NoMoves.selector);
        matches.reward(v.m, honest);
    }

    function test_reward_beforeTheStakeHasLeft_reverts() public {
        (Board memory v,,) = twoAgainstOne(3, 3);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLeft.selector, StakeStatus.Live));
        matches.reward(v.m, honest);
    }

    function test_reward_againstAStakeThatHasNotLost_reverts(bool which) public {
        (Board memory v,) = reach(3, lie(5, 5));
        vm.expectRevert(abi.encodeWithSelector(IMatches.NotDefeated.selector, which ? v.m.rival : v.m.mover));
        matches.reward(v.m, which ? v.m.mover : v.m.rival);
    }

    function test_reward_ofTheLosersMoves_waitsForTheWinnersDefeat() public {
        (Board memory v,,) = twoAgainstOne(3, 3);
        vm.expectRevert(abi.encodeWithSelector(IMatches.NotDefeated.selector, honest));
        matches.reward(v.m, liar);
    }

    /// @dev Who has lost as well gets nothing: the share is burned, and the others' stay the same.
    function test_reward_ofALoser_isBurned(uint8 friendRounds) public {
        (Board memory v, Board memory w, uint256 friend) = twoAgainstOne(4, uint8(bound(friendRounds, 2, 11)));
        uint256 friendMoves = w.m.mover == friend ? w.m.moverMoves : w.m.rivalMoves;
        rollup.defeat(friend, trueNode, address(0xfee));
        uint256 burned = address(0xdEaD).balance;
        uint256 share = HALF * friendMoves / (friendMoves + v.m.rivalMoves);
        vm.expectEmit(address(rollup));
        emit IRollup.PrizeAwarded(friend, liar, share, true);
        matches.reward(w.m, friend);
        vm.assertEq(address(0xdEaD).balance, burned + share);
        withdrawAs(alice, honest);
        matches.reward(v.m, honest);
        vm.assertEq(rollup.owed(alice), BOND + HALF - share);
        vm.assertEq(rollup.owed(carol), 0);
        vm.assertEq(address(rollup).balance, BOND + HALF - share + rollup.owed(address(0xfee)));
    }

    function test_reward_ofAThirdStake_reverts(uint256 stakeId) public {
        (Board memory v,,) = twoAgainstOne(1, 1);
        vm.assume(stakeId != honest && stakeId != liar);
        vm.expectRevert(abi.encodeWithSelector(IMatches.NotInMatch.selector, stakeId));
        matches.reward(v.m, stakeId);
    }

    function test_reward_onAnotherState_reverts(uint8 moves) public {
        (Board memory v,,) = twoAgainstOne(1, 1);
        withdrawAs(alice, honest);
        vm.assume(moves != v.m.rivalMoves);
        v.m.rivalMoves = moves;
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, matches.stateOf(v.id)));
        matches.reward(v.m, honest);
    }

    /// @dev Playing against oneself, with any number of moves, loses at least half a bond.
    function test_reward_ofSelfPlay_losesHalfABond(uint8 rounds) public {
        joinTruth();
        Belief memory b = lie(5, 5);
        (uint256 own,) = stakeOn(carol, truth());
        (liar,) = stakeOn(carol, b);
        Board memory v = openAndDissect(own, truth(), liar, b);
        rounds = uint8(bound(rounds, 0, 5) * 2 + 1);
        while (v.m.round < rounds) {
            answer(v, v.m.mover == own ? truth() : b);
        }
        skip(C);
        matches.timeout(v.m);
        v.m.rivalMoves += 1;
        withdrawAs(carol, own);
        matches.reward(v.m, own);
        vm.assertEq(rollup.owed(carol), BOND + HALF);
    }

    /// @dev Twenty liars at once against one bond: all lose, in the time of one, and the honest balance grows by half a bond for each.
    function test_reward_forTwentyLiars_isTwentyPrizes(bool honestOpens) public {
        joinTruth();
        Board[] memory boards = new Board[](20);
        for (uint256 i = 0; i < 20; ++i) {
            Belief memory b = Belief(i * 1_000, i, bytes32(i + 1));
            (uint256 other,) = stakeOn(address(uint160(0x20000 + i)), b);
            boards[i] = honestOpens ? openAndDissect(honest, truth(), other, b) : openAndDissect(other, b, honest, truth());
        }
        for (uint256 i = 0; i < 20 && !honestOpens; ++i) {
            answer(boards[i], truth());
        }
        skip(C);
        for (uint256 i = 0; i < 20; ++i) {
            matches.timeout(boards[i].m);
            boards[i].m.rivalMoves += 1;
        }
        withdrawAs(alice, honest);
        for (uint256 i = 0; i < 20; ++i) {
            matches.reward(boards[i].m, honest);
        }
        vm.assertEq(rollup.owed(alice), BOND + 20 * HALF);
        vm.assertEq(address(rollup).balance, rollup.owed(alice));
    }
}
