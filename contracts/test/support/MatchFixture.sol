// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Match, Rivals, Segment} from "../../src/interfaces/IMatches.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {Opening} from "../../src/interfaces/IStepVerifier.sol";
import {Belief, BeliefFixture} from "./BeliefFixture.sol";
import {vm} from "./Cheats.sol";
import {ReferenceTree} from "./ReferenceTree.sol";

/// @notice A match as someone sees it who has read all of its events.
struct Board {
    bytes32 id;
    Match m;
    bytes32[32] leaves;
    uint256 position;
    uint256 spacing;
    uint256 blockStep;
    bool machine;
}

/// @notice Players who answer from what they believe, and check the contract's state after each move against their own.
abstract contract MatchFixture is BeliefFixture {
    /// @dev Hash of the believed state at a position of what is dissected.
    function point(Belief memory b, Board memory v, uint256 position) internal returns (bytes32) {
        return v.machine ? this.hashSlices(machineState(b, v.blockStep, position)) : blockHash(b, position);
    }

    function dissection(Belief memory b, Board memory v, uint256 from, uint256 spacing)
        internal
        returns (bytes32[31] memory points, bytes32 end)
    {
        for (uint256 i = 0; i < 31; ++i) {
            points[i] = point(b, v, from + (i + 1) * spacing);
        }
        end = point(b, v, from + 32 * spacing);
    }

    function rivals(uint256 first, Belief memory a, uint256 second, Belief memory b) internal view returns (Rivals memory) {
        return Rivals({
            fork: fork,
            inputsHash: rollup.assertion(fork).inputsHash,
            start: keccak256(abi.encode(base)),
            first: first,
            firstEnd: blockHash(a, BLOCKS),
            second: second,
            secondEnd: blockHash(b, BLOCKS)
        });
    }

    /// @dev The state in which a match of these two opens, by the rules and not by the code.
    function opened(Rivals memory r) internal view returns (Board memory v) {
        v.id = matches.matchId(r.first, r.second);
        v.m.mover = r.first;
        v.m.moverNode = keccak256(abi.encode(fork, r.firstEnd));
        v.m.rival = r.second;
        v.m.rivalNode = keccak256(abi.encode(fork, r.secondEnd));
        v.m.start = r.start;
        v.m.end = r.firstEnd;
        v.m.dissection = r.secondEnd;
        v.m.since = uint40(block.timestamp);
        v.m.moverClock = modelClock(r.first, v.m.moverNode);
        v.m.rivalClock = modelClock(r.second, v.m.rivalNode);
        v.spacing = BLOCKS;
    }

    function modelClock(uint256 stakeId, bytes32 node) internal view returns (uint32) {
        uint256 joined = rollup.joinedAt(stakeId, node);
        uint256 since = rollup.rivalSince(node);
        if (joined <= since) return uint32(C);
        return joined - since >= C ? 0 : uint32(C - (joined - since));
    }

    /// @dev The opener's belief is `a`.
    function openAndDissect(uint256 first, Belief memory a, uint256 second, Belief memory b) internal returns (Board memory v) {
        Rivals memory r = rivals(first, a, second, b);
        v = opened(r);
        (bytes32[31] memory points, bytes32 end) = dissection(a, v, 0, BLOCKS / 32);
        measure("openAndDissect");
        vm.prank(ownerOf(first), ownerOf(first));
        matches.openAndDissect(r, points);
        measured("openAndDissect");
        turn(v, points, end, r.start, r.secondEnd);
        assertBoard(v);
    }

    function openBare(uint256 first, Belief memory a, uint256 second, Belief memory b) internal returns (Board memory v) {
        Rivals memory r = rivals(first, a, second, b);
        v = opened(r);
        uint256 firstJoined = rollup.joinedAt(first, v.m.moverNode);
        uint256 secondJoined = rollup.joinedAt(second, v.m.rivalNode);
        if (secondJoined > firstJoined || (secondJoined == firstJoined && second > first)) {
            v = opened(Rivals(fork, r.inputsHash, r.start, second, r.secondEnd, first, r.firstEnd));
        }
        matches.open(r);
        assertBoard(v);
    }

    /// @dev The whole answer of the stake on turn, whatever the round asks for.
    function answer(Board memory v, Belief memory b) internal {
        if (v.m.round == 0) dissectFirst(v, b);
        else if (v.m.round == 3) enter(v, b);
        else if (v.m.round == 11) proveStep(v, b);
        else divide(v, b);
    }

    function dissectFirst(Board memory v, Belief memory b) internal {
        (bytes32[31] memory points, bytes32 end) = dissection(b, v, 0, BLOCKS / 32);
        address who = ownerOf(v.m.mover);
        vm.prank(who, who);
        matches.dissect(v.m, points);
        turn(v, points, end, v.m.start, v.m.dissection);
        assertBoard(v);
    }

    function divide(Board memory v, Belief memory b) internal {
        Segment memory s = openingOf(v, b);
        advanceTo(v, s.index);
        (bytes32[31] memory points, bytes32 end) = dissection(b, v, v.position, v.spacing / 32);
        measure("move");
        address who = ownerOf(v.m.mover);
        vm.prank(who, who);
        matches.move(v.m, s, points, end);
        measured("move");
        turn(v, points, end, s.start, s.end);
        assertBoard(v);
    }

    function enter(Board memory v, Belief memory b) internal {
        Segment memory s = openingOf(v, b);
        advanceTo(v, s.index);
        State memory from = enterBlock(v, b);
        Opening memory last = opening(machineState(b, v.blockStep, STEPS));
        (bytes32[31] memory points, bytes32 end) = dissection(b, v, 0, STEPS / 32);
        measure("enterMachine");
        address who = ownerOf(v.m.mover);
        vm.prank(who, who);
        matches.enterMachine(v.m, s, from, last, points);
        measured("enterMachine");
        turn(v, points, end, point(b, v, 0), 0);
        assertBoard(v);
    }

    function proveStep(Board memory v, Belief memory b) internal {
        Segment memory s = openingOf(v, b);
        advanceTo(v, s.index);
        bytes memory state = machineState(b, v.blockStep, v.position);
        bytes memory proof = proofAt(v.position);
        measure("step");
        address who = ownerOf(v.m.mover);
        vm.prank(who, who);
        matches.step(v.m, s, state, proof);
        measured("step");
        v.m.moverMoves += 1;
        assertBoard(v);
    }

    /// @dev An answer by someone who believes nothing: any segment, any points, within the rules.
    function babble(Board memory v, uint256 seed) internal {
        uint256 random = uint256(keccak256(abi.encode(seed, v.m.round)));
        Segment memory s = ReferenceTree.open(v.leaves, uint8(random % 32), v.m.start);
        bytes32[31] memory points;
        for (uint256 i = 0; i < 31; ++i) {
            points[i] = keccak256(abi.encode(random, i));
        }
        bool isBound = s.index == 31 && v.m.round != 4;
        bytes32 end = isBound ? v.m.end : keccak256(abi.encode(random));
        bytes32 start = s.start;
        advanceTo(v, s.index);
        address who = ownerOf(v.m.mover);
        if (v.m.round == 3) {
            State memory from = enterBlock(v, truth());
            Opening memory last = Opening(0, 0, end, 0, 0, 0, 0, 1);
            end = keccak256(abi.encodePacked(bytes32(0), bytes32(0), last.output, bytes32(0), bytes32(0), uint64(0), uint64(0), uint8(1)));
            start = point(truth(), v, 0);
            vm.prank(who, who);
            matches.enterMachine(v.m, s, from, last, points);
        } else {
            vm.prank(who, who);
            matches.move(v.m, s, points, end);
        }
        turn(v, points, end, start, v.machine && v.m.round == 3 ? bytes32(0) : s.end);
        assertBoard(v);
    }

    /// @dev The first segment with whose end this belief disagrees.
    function openingOf(Board memory v, Belief memory b) internal returns (Segment memory) {
        for (uint8 k = 0; k < 32; ++k) {
            if (point(b, v, v.position + (k + 1) * v.spacing) != v.leaves[k]) return ReferenceTree.open(v.leaves, k, v.m.start);
        }
        revert("agrees with the rival");
    }

    function advanceTo(Board memory v, uint8 index) internal pure {
        v.position += index * v.spacing;
    }

    /// @dev From here on positions are machine steps of the block step at the present position.
    function enterBlock(Board memory v, Belief memory b) internal view returns (State memory) {
        v.blockStep = v.position;
        v.machine = true;
        v.position = 0;
        v.spacing = STEPS;
        return blockState(b, v.blockStep);
    }

    function turn(Board memory v, bytes32[31] memory points, bytes32 end, bytes32 start, bytes32 theirs) internal view {
        turnAt(v, points, end, start, theirs, uint40(block.timestamp));
    }

    /// @dev The board after a dissection: what an observer makes of the event.
    function turnAt(Board memory v, bytes32[31] memory points, bytes32 end, bytes32 start, bytes32 theirs, uint40 time) internal pure {
        for (uint256 i = 0; i < 31; ++i) {
            v.leaves[i] = points[i];
        }
        v.leaves[31] = end;
        v.spacing /= 32;
        Match memory m = v.m;
        uint256 used = time - m.since;
        v.m = Match({
            mover: m.rival,
            moverNode: m.rivalNode,
            rival: m.mover,
            rivalNode: m.moverNode,
            start: start,
            end: theirs,
            dissection: ReferenceTree.root(v.leaves),
            since: time,
            moverClock: m.rivalClock,
            rivalClock: used > m.moverClock ? 0 : uint32(m.moverClock - used),
            moverMoves: m.rivalMoves,
            rivalMoves: m.moverMoves + 1,
            round: m.round + 1
        });
    }

    function assertBoard(Board memory v) internal view {
        vm.assertEq(matches.stateOf(v.id), keccak256(abi.encode(v.m)), "state of the match");
    }

    /// @dev Alice and a liar, played up to this round; the liar opens, so he is on turn in even rounds.
    function reach(uint8 round, Belief memory b) internal returns (Board memory v, uint256 liar) {
        joinTruth();
        (liar,) = stakeOn(bob, b);
        if (round == 0) return (openBare(honest, truth(), liar, b), liar);
        v = openAndDissect(liar, b, honest, truth());
        play(v, b, round);
    }

    function play(Board memory v, Belief memory b, uint8 round) internal {
        while (v.m.round < round) {
            answer(v, v.m.mover == honest ? truth() : b);
        }
    }

    /// @dev Where gas is measured.
    function measure(string memory) internal virtual {}

    function measured(string memory) internal virtual {}
}
