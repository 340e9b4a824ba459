// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Match, Segment} from "../../src/interfaces/IMatches.sol";
import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {Opening} from "../../src/interfaces/IStepVerifier.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";
import {ReferenceTree} from "../support/ReferenceTree.sol";

/// forge-config: default.fuzz.runs = 64
/// @notice Moves, and what all acts of the one on turn have in common.
contract MoveTest is MatchFixture {
    bytes32[31] private points;
    bytes32 private constant END = keccak256("an end");

    function tryMove(Board memory v, Segment memory s, bytes32 end, bytes memory reason) private {
        vm.prank(ownerOf(v.m.mover));
        vm.expectRevert(reason);
        matches.move(v.m, s, points, end);
    }

    function openings(Board memory v, uint8 index) private pure returns (Segment memory) {
        return ReferenceTree.open(v.leaves, index, v.m.start);
    }

    function test_move_aSegment_passesTheTurn(uint8 index, uint32 time) public {
        (Board memory v,) = reach(1, lie(5, 5));
        index = uint8(bound(index, 0, 30));
        skip(bound(time, 0, C - 1));
        Segment memory s = openings(v, index);
        vm.expectEmit(address(matches));
        emit IMatches.Dissected(v.id, honest, index, points, END, uint40(block.timestamp));
        vm.prank(alice);
        matches.move(v.m, s, points, END);
        turn(v, points, END, s.start, s.end);
        assertBoard(v);
        vm.assertEq(v.m.rivalClock, C - bound(time, 0, C - 1));
        vm.assertEq(matches.movesAgainst(v.m.mover), 1);
    }

    function test_move_withAnotherOpening_reverts(uint8 index, uint8 other) public {
        (Board memory v,) = reach(1, lie(5, 5));
        index = uint8(bound(index, 0, 30));
        other = uint8(bound(other, 0, 31));
        vm.assume(index != other);
        Segment memory s = openings(v, other);
        s.index = index;
        tryMove(v, s, END, abi.encodeWithSelector(IMatches.WrongOpening.selector));
    }

    function test_move_toTheRivalsEnd_reverts(uint8 index) public {
        (Board memory v,) = reach(2, lie(5, 5));
        Segment memory s = openings(v, uint8(bound(index, 0, 31)));
        tryMove(v, s, s.end, abi.encodeWithSelector(IMatches.SameEnd.selector));
    }

    function test_move_awayFromTheOwnEnd_reverts(bytes32 end) public {
        (Board memory v,) = reach(1, lie(5, 5));
        vm.assume(end != v.m.end && end != v.leaves[31]);
        tryMove(v, openings(v, 31), end, abi.encodeWithSelector(IMatches.BoundToEnd.selector, v.m.end));
        vm.prank(alice);
        matches.move(v.m, openings(v, 31), points, v.m.end);
    }

    /// @dev Nobody has named an end of the machine run but who entered it.
    function test_move_firstInAMachineRun_isBoundToNoEnd(bytes32 end) public {
        (Board memory v,) = reach(4, lie(5, 5));
        vm.assume(end != v.leaves[31] && end != END);
        Segment memory s = openings(v, 31);
        vm.prank(bob);
        matches.move(v.m, s, points, end);
        turn(v, points, end, s.start, s.end);
        assertBoard(v);
        tryMove(v, openings(v, 31), END, abi.encodeWithSelector(IMatches.BoundToEnd.selector, v.m.end));
    }

    function test_move_outOfItsRound_reverts() public {
        uint8[3] memory rounds = [0, 3, 11];
        (Board memory v,) = reach(0, lie(5, 5));
        for (uint256 i = 0; i < 3; ++i) {
            play(v, lie(5, 5), rounds[i]);
            tryMove(v, openings(v, 4), END, abi.encodeWithSelector(IMatches.WrongRound.selector, rounds[i]));
        }
    }

    function test_dissect_outOfItsRound_reverts(uint8 round) public {
        (Board memory v,) = reach(uint8(bound(round, 1, 11)), lie(5, 5));
        vm.prank(ownerOf(v.m.mover));
        vm.expectRevert(abi.encodeWithSelector(IMatches.WrongRound.selector, v.m.round));
        matches.dissect(v.m, points);
    }

    /// @dev Every act, in its round.
    function act(Board memory v, address who, bytes memory reason) private {
        Match memory m = v.m;
        Segment memory s = openings(v, 4);
        Opening memory last;
        vm.prank(who);
        vm.expectRevert(reason);
        if (m.round == 0) matches.dissect(m, points);
        else if (m.round == 3) matches.enterMachine(m, s, base, last, points);
        else if (m.round == 11) matches.step(m, s, "", "");
        else matches.move(m, s, points, END);
    }

    function test_anyAct_byAnotherCaller_reverts(uint8 round, address caller) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        vm.assume(caller != ownerOf(v.m.mover));
        act(v, caller, abi.encodeWithSelector(IMatches.NotMover.selector));
        act(v, ownerOf(v.m.rival), abi.encodeWithSelector(IMatches.NotMover.selector));
    }

    function test_anyAct_atItsDeadlineOrLater_reverts(uint8 round, uint32 time) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        vm.warp(v.m.since + C);
        act(v, ownerOf(v.m.mover), abi.encodeWithSelector(IMatches.TooLate.selector, v.m.since + C));
        skip(bound(time, 1, W));
        act(v, ownerOf(v.m.mover), abi.encodeWithSelector(IMatches.TooLate.selector, v.m.since + C));
    }

    function test_anyAct_justBeforeItsDeadline_passes(uint8 round) public {
        Belief memory b = lie(5, 5);
        (Board memory v,) = reach(uint8(bound(round, 0, 10)), b);
        skip(C - 1);
        answer(v, v.m.mover == honest ? truth() : b);
    }

    function test_anyAct_onAnyOtherState_reverts(uint8 round, uint8 which, uint256 flip) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        which = uint8(bound(which, 4, 12));
        bytes32 actual = matches.stateOf(v.id);
        corrupt(v.m, which, bound(flip, 1, type(uint256).max));
        vm.assume(keccak256(abi.encode(v.m)) != actual);
        act(v, ownerOf(v.m.mover), abi.encodeWithSelector(IMatches.StateDiffers.selector, actual));
    }

    function test_anyAct_inAnotherMatch_reverts(uint256 other) public {
        (Board memory v,) = reach(2, lie(5, 5));
        vm.assume(other != v.m.rival);
        v.m.rival = other;
        act(v, ownerOf(v.m.mover), abi.encodeWithSelector(IMatches.StateDiffers.selector, bytes32(0)));
    }

    /// @dev Each word of the state, in the bits of its type. 0 and 2, the stakes, name the match.
    function corrupt(Match memory m, uint8 which, uint256 flip) private pure {
        if (which == 4) m.start ^= bytes32(flip);
        else if (which == 5) m.end ^= bytes32(flip);
        else if (which == 6) m.dissection ^= bytes32(flip);
        else if (which == 7) m.since ^= uint40(flip);
        else if (which == 8) m.moverClock ^= uint32(flip);
        else if (which == 9) m.rivalClock ^= uint32(flip);
        else if (which == 10) m.moverMoves ^= uint8(flip);
        else if (which == 11) m.rivalMoves ^= uint8(flip);
        else (m.moverNode, m.rivalNode) = (m.moverNode ^ bytes32(flip), m.rivalNode ^ bytes32(flip));
    }

    /// @dev What was meant for an earlier state does nothing later: nor for one that a reorg has undone.
    function test_anyAct_again_reverts(uint8 round) public {
        Belief memory b = lie(5, 5);
        (Board memory v,) = reach(uint8(bound(round, 0, 10)), b);
        Match memory before = v.m;
        answer(v, v.m.mover == honest ? truth() : b);
        bytes32 actual = matches.stateOf(v.id);
        v.m = before;
        act(v, ownerOf(before.mover), abi.encodeWithSelector(IMatches.StateDiffers.selector, actual));
    }

    /// @dev Nobody loses a match of which one side is out already.
    function test_anyAct_inAVoidMatch_reverts(uint8 round, bool moverIsOut) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 11)), lie(5, 5));
        rollup.defeat(moverIsOut ? v.m.mover : v.m.rival, moverIsOut ? v.m.moverNode : v.m.rivalNode, carol);
        bytes memory reason = abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated);
        act(v, ownerOf(v.m.mover), reason);
        skip(C);
        vm.expectRevert(reason);
        matches.timeout(v.m);
    }
}
