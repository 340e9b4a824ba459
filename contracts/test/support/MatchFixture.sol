// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {Match, MatchesParams, Rivals, Segment} from "../../src/interfaces/IMatches.sol";
import {Claim, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {Opening} from "../../src/interfaces/IStepVerifier.sol";
import {vm} from "./Cheats.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {RollupFixture} from "./RollupFixture.sol";
import {SyntheticVerifier} from "./SyntheticVerifier.sol";

/// @notice What a player believes: the truth up to a block step, in it up to a machine step, and from there on false states. Honest: `HONEST`.
struct Belief {
    uint256 blockStep;
    uint256 machineStep;
    bytes32 tag;
}

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

/// @notice The matches with the real Rollup and Inbox, and players who answer from what they believe.
abstract contract MatchFixture is RollupFixture {
    uint256 internal constant BLOCKS = 1 << 15;
    uint256 internal constant STEPS = 1 << 40;
    uint64 internal constant RUN_LENGTH = 123_456_789_012;
    uint256 internal constant NEVER = type(uint256).max;

    SyntheticVerifier internal verifier;
    Matches internal matches;

    /// @dev The parent of the rivals, its end state, and a child that claims the truth.
    bytes32 internal fork;
    State internal base;
    bytes32 internal trueNode;
    /// @dev Alice, who is honest.
    uint256 internal honest;

    function setUp() public virtual override {
        super.setUp();
        (address stepVerifier, bytes32 programRoot) = deployVerifier();
        MatchesParams memory p = MatchesParams(address(rollup), stepVerifier, programRoot);
        matches = Matches(factory.deploy("matches", abi.encodePacked(type(Matches).creationCode, abi.encode(p))));
        appendBatch(0);
        base = genesis;
        (honest, fork) = stakeAs(alice, root, base);
        skip(M);
    }

    function deployVerifier() internal virtual returns (address, bytes32 programRoot) {
        programRoot = keccak256("program");
        verifier = new SyntheticVerifier(programRoot);
        return (address(verifier), programRoot);
    }

    function truth() internal pure returns (Belief memory) {
        return Belief(NEVER, 0, 0);
    }

    function lie(uint256 blockStep, uint256 machineStep) internal pure returns (Belief memory) {
        return Belief(blockStep, machineStep, "lie");
    }

    /// @dev The state of the chain after j block steps, as believed. The truth reaches the target, which is 2, with the last step.
    function blockState(Belief memory b, uint256 j) internal view virtual returns (State memory) {
        if (j == 0) return base;
        bytes32 tag = j > b.blockStep ? b.tag : bytes32(0);
        return State(keccak256(abi.encode("block", j, tag)), uint64(j), uint64(2 * j / BLOCKS), uint64(j % 7), 0);
    }

    function blockHash(Belief memory b, uint256 j) internal view returns (bytes32) {
        return keccak256(abi.encode(blockState(b, j)));
    }

    /// @dev What the machine does at block step j in truth, if it starts from what is believed there. Sets it in the verifier.
    function runOf(Belief memory b, uint256 j) internal returns (bytes32 input) {
        input = matches.machineInput(trueNode, blockState(b, j));
        verifier.set(input, programOf(j));
    }

    function programOf(uint256 j) internal virtual returns (SyntheticVerifier.Program memory) {
        return SyntheticVerifier.Program(RUN_LENGTH, 1, blockHash(truth(), j + 1));
    }

    /// @dev The state of the machine after i steps of block step j, as believed. False ones are halted with the false end.
    function machineState(Belief memory b, uint256 j, uint256 i) internal returns (bytes memory) {
        if (j != b.blockStep || i <= b.machineStep) return trueMachineState(b, j, i);
        bytes32 root = keccak256(abi.encode("memory", i, b.tag));
        bytes memory head = abi.encodePacked(root, bytes32(0), blockHash(b, j + 1), bytes32(0), new bytes(256));
        return abi.encodePacked(head, uint64(0), uint64(i), uint8(b.tag == "skip" ? 2 : 1));
    }

    function trueMachineState(Belief memory b, uint256 j, uint256 i) internal virtual returns (bytes memory) {
        return verifier.stateAt(runOf(b, j), uint64(i));
    }

    /// @dev What the step from there wants.
    function proofAt(uint256 i) internal virtual returns (bytes memory) {
        return verifier.proofOf(uint64(i < RUN_LENGTH ? i : RUN_LENGTH));
    }

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

    function ownerOf(uint256 stakeId) internal pure returns (address) {
        return address(uint160(stakeId >> 96));
    }

    /// @dev Stakes on what this belief says about the fork.
    function stakeOn(address who, Belief memory b) internal returns (uint256 stakeId, bytes32 node) {
        Claim[] memory list = new Claim[](2);
        list[0] = Claim(rollup.assertion(root).inputsHash, base);
        list[1] = Claim(rollup.assertion(fork).inputsHash, blockState(b, BLOCKS));
        vm.deal(who, BOND);
        vm.prank(who);
        stakeId = rollup.stake{value: BOND}(root, list);
        return (stakeId, idOf(fork, list[1].end));
    }

    function joinTruth() internal {
        trueNode = advanceAs(alice, honest, fork, blockState(truth(), BLOCKS));
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

    function opening(bytes memory state) internal view returns (Opening memory) {
        return this.openSlices(state);
    }

    function hashSlices(bytes calldata state) external pure returns (bytes32) {
        return keccak256(abi.encodePacked(state[:128], keccak256(state[128:384]), state[384:]));
    }

    function openSlices(bytes calldata s) external pure returns (Opening memory) {
        return Opening({
            memoryRoot: bytes32(s[:32]),
            input: bytes32(s[32:64]),
            output: bytes32(s[64:96]),
            preimageKey: bytes32(s[96:128]),
            registersHash: keccak256(s[128:384]),
            pc: uint64(bytes8(s[384:392])),
            step: uint64(bytes8(s[392:400])),
            status: uint8(s[400])
        });
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

    function statusOf(uint256 stakeId) internal view returns (StakeStatus status) {
        (, status,) = rollup.stakeOf(stakeId);
    }

    /// @dev Where gas is measured.
    function measure(string memory) internal virtual {}

    function measured(string memory) internal virtual {}
}
