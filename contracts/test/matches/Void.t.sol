// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Match, Rivals} from "../../src/interfaces/IMatches.sol";
import {IRollup, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

/// @notice Two liars stand on one false claim and are rivals further down. One of them loses there, to the other: its match against the honest stake is void.
contract VoidTest is MatchFixture {
    uint256 private first;
    uint256 private second;
    bytes32 private falseNode;
    Board private v;

    function setUp() public override {
        super.setUp();
        Belief memory b = lie(5, 5);
        joinTruth();
        (first, falseNode) = stakeOn(bob, b);
        (second,) = stakeOn(carol, b);
        Board memory board = openAndDissect(honest, truth(), first, b);
        answer(board, b);
        answer(board, truth());
        v = board;
        appendBatch(0);
        skip(M);
        loseBelow();
    }

    /// @dev `first` moves on to one child of the false claim, `second` to another and wins by the clock: `first` came later and does not move.
    function loseBelow() private {
        State memory one = end("one", 2);
        State memory other = end("other", 2);
        one.l2BlockNumber = other.l2BlockNumber = uint64(BLOCKS);
        bytes32 otherNode = advanceAs(carol, second, falseNode, other);
        skip(1);
        bytes32 oneNode = advanceAs(bob, first, falseNode, one);
        Rivals memory r = Rivals({
            fork: falseNode,
            inputsHash: rollup.assertion(falseNode).inputsHash,
            start: blockHash(lie(5, 5), BLOCKS),
            first: first,
            firstEnd: keccak256(abi.encode(one)),
            second: second,
            secondEnd: keccak256(abi.encode(other))
        });
        matches.open(r);
        Match memory m = Match({
            mover: first,
            moverNode: oneNode,
            rival: second,
            rivalNode: otherNode,
            start: r.start,
            end: r.firstEnd,
            dissection: r.secondEnd,
            since: uint40(block.timestamp),
            moverClock: uint32(C - 1),
            rivalClock: uint32(C),
            moverMoves: 0,
            rivalMoves: 0,
            round: 0
        });
        skip(C - 1);
        matches.timeout(m);
        vm.assertTrue(statusOf(first) == StakeStatus.Defeated);
    }

    function test_void_nobodyLosesIt() public {
        bytes memory reason = abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated);
        skip(C);
        vm.expectRevert(reason);
        matches.timeout(v.m);
        vm.assertTrue(statusOf(honest) == StakeStatus.Live);
    }

    /// @dev The loser counts at the fork above until somebody evicts it there.
    function test_void_theLosersRecordAbove_goesWithAnEviction() public {
        Board memory w = openAndDissect(honest, truth(), second, lie(5, 5));
        skip(W);
        matches.timeout(w.m);
        rollup.confirm(fork);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RivalsLeft.selector, 1));
        rollup.confirm(trueNode);
        rollup.evict(first, falseNode);
        rollup.confirm(trueNode);
    }

    /// @dev Moves made before it became void are paid for: two of alice's three. The third is that of the winner below, who loses its share with its stake.
    function test_void_theMovesInItAreRewarded() public {
        Board memory w = openAndDissect(honest, truth(), second, lie(5, 5));
        skip(W);
        matches.timeout(w.m);
        w.m.rivalMoves += 1;
        rollup.evict(first, falseNode);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
        vm.prank(alice);
        rollup.withdraw(honest);
        vm.assertEq(matches.movesAgainst(first), 3);
        uint256 half = BOND - BOND / 2;
        matches.reward(v.m, honest);
        vm.assertEq(rollup.owed(alice), BOND + half * 2 / 3);
        matches.reward(w.m, honest);
        vm.assertEq(rollup.owed(alice), BOND + half * 2 / 3 + half);
        vm.assertEq(rollup.prizeOf(first), half - half * 2 / 3);
    }
}
