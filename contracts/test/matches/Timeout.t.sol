// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches} from "../../src/interfaces/IMatches.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

/// forge-config: default.fuzz.runs = 64
contract TimeoutTest is MatchFixture {
    function other(Board memory v) private view returns (Belief memory) {
        return v.m.mover == honest ? truth() : lie(5, 5);
    }

    function test_timeout_fromTheDeadlineOn_defeatsTheMover(uint8 round, uint32 time, address caller) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        uint256 against = matches.movesAgainst(v.m.mover);
        vm.warp(matches.deadline(v.m) + time);
        vm.expectEmit(address(matches));
        emit IMatches.MatchWon(v.id, v.m.rival, v.m.mover, true);
        vm.prank(caller);
        matches.timeout(v.m);
        vm.assertTrue(statusOf(v.m.mover) == StakeStatus.Defeated && statusOf(v.m.rival) == StakeStatus.Live);
        vm.assertEq(rollup.joinedAt(v.m.mover, v.m.moverNode), 0);
        vm.assertEq(matches.movesAgainst(v.m.mover), against + 1);
        v.m.rivalMoves += 1;
        assertBoard(v);
    }

    function test_timeout_beforeTheDeadline_reverts(uint8 round, uint32 time) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        uint256 end = matches.deadline(v.m);
        vm.assertEq(end, v.m.since + C);
        vm.warp(bound(time, v.m.since, end - 1));
        vm.expectRevert(abi.encodeWithSelector(IMatches.TooEarly.selector, end));
        matches.timeout(v.m);
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IMatches.TooEarly.selector, end));
        matches.timeout(v.m);
        vm.warp(end);
        matches.timeout(v.m);
    }

    function test_timeout_onAnotherState_reverts() public {
        (Board memory v,) = reach(1, lie(5, 5));
        bytes32 actual = matches.stateOf(v.id);
        v.m.since -= 1;
        vm.warp(v.m.since + C);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, actual));
        matches.timeout(v.m);
    }

    function test_timeout_twice_reverts() public {
        (Board memory v,) = reach(1, lie(5, 5));
        skip(C);
        matches.timeout(v.m);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, matches.stateOf(v.id)));
        matches.timeout(v.m);
    }

    /// @dev Each side's clock runs in its own turns only; a used up one still leaves E for each move.
    function test_clock_overAWholeMatch_isSpentInTurns(uint256 seed) public {
        (Board memory v,) = reach(1, lie(5, 5));
        uint256[2] memory left = [uint256(C), C];
        for (; v.m.round < 11; seed = uint256(keccak256(abi.encode(seed)))) {
            uint256 side = v.m.round % 2;
            uint256 room = left[side] > E ? left[side] : E;
            vm.assertEq(matches.deadline(v.m), v.m.since + room);
            uint256 used = seed % 3 == 0 ? room - 1 : seed % room;
            skip(used);
            left[side] = used < left[side] ? left[side] - used : 0;
            answer(v, other(v));
            vm.assertEq(v.m.rivalClock, left[side]);
        }
        // Both clocks and E for each of the twelve moves is all that a match lasts.
        vm.assertLt(block.timestamp, START + 2 * M + 2 * C + 12 * E);
    }

    function test_clock_ofALateComer_isTheExtension(uint256 late) public {
        joinTruth();
        Belief memory b = lie(5, 5);
        stakeOn(carol, b);
        skip(bound(late, C, W - 1));
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        vm.assertEq(matches.deadline(v.m), block.timestamp + E);
        skip(E - 1);
        answer(v, b);
        answer(v, truth());
        vm.assertEq(v.m.moverClock, 0);
        skip(E - 1);
        answer(v, b);
        answer(v, truth());
        skip(E);
        matches.timeout(v.m);
        vm.assertTrue(statusOf(liar) == StakeStatus.Defeated);
    }

    /// @dev Time spent in one match is not taken from another.
    function test_clock_ofEachMatch_isItsOwn(uint32 time) public {
        (Board memory v, uint256 liar) = reach(1, lie(5, 5));
        Belief memory second = Belief(9, 9, "second");
        (uint256 other_,) = stakeOn(carol, second);
        vm.assertTrue(other_ != liar);
        skip(bound(time, 0, C - 1));
        answer(v, truth());
        Board memory w = openAndDissect(other_, second, honest, truth());
        vm.assertEq(w.m.moverClock, C);
        vm.assertEq(matches.deadline(w.m), block.timestamp + C);
    }

    /// @dev No clock runs before a match is open.
    function test_clock_beforeTheOpening_stands(uint32 time) public {
        joinTruth();
        (uint256 liar,) = stakeOn(bob, lie(5, 5));
        skip(time);
        Board memory v = openBare(honest, truth(), liar, lie(5, 5));
        vm.assertEq(v.m.moverClock, C);
        vm.assertEq(matches.deadline(v.m), block.timestamp + C);
    }

    /// @dev A liar joins at the last second and uses all its time; the honest side takes up to E for everything and is censored in one of its turns for
    ///      as long as its clock bears. The fork is decided within W + C + 14 E all the same.
    function test_delay_atItsWorst_isWithinTheBound(uint8 censored, bool honestOpens) public {
        joinTruth();
        uint256 t0 = block.timestamp;
        Belief memory b = lie(5, 5);
        (uint256 early,) = stakeOn(carol, b);
        Board memory w = openAndDissect(honest, truth(), early, b);
        skip(W - 1);
        (uint256 late,) = stakeOn(bob, b);
        skip(E - 1);
        matches.timeout(w.m);
        Board memory v = honestOpens ? openAndDissect(honest, truth(), late, b) : openAndDissect(late, b, honest, truth());
        censored = uint8(bound(censored, 0, 4) * 2 + (honestOpens ? 2 : 1));
        while (v.m.round < 11) {
            skip(E - 1);
            if (v.m.round == censored) skip(C - 7 * E);
            answer(v, other(v));
        }
        if (honestOpens) {
            skip(2 * E - 1);
            matches.timeout(v.m);
        } else {
            skip(E - 1);
            proveStep(v, truth());
        }
        vm.assertTrue(statusOf(late) == StakeStatus.Defeated && statusOf(honest) == StakeStatus.Live);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
        vm.assertLe(block.timestamp, t0 + W + C + 14 * E);
    }

    /// @dev One second more than the clock bears, once it is used up, and the honest side loses: the bound on censoring is sharp.
    function test_clock_usedUpByCensoring_leavesTheExtensionOnly() public {
        (Board memory v,) = reach(1, lie(5, 5));
        skip(C - 1);
        answer(v, truth());
        answer(v, lie(5, 5));
        vm.assertEq(v.m.moverClock, 1);
        vm.assertEq(matches.deadline(v.m), block.timestamp + E);
        skip(E);
        matches.timeout(v.m);
        vm.assertTrue(statusOf(honest) == StakeStatus.Defeated);
    }
}
