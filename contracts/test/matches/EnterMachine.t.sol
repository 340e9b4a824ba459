// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Segment} from "../../src/interfaces/IMatches.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {Opening} from "../../src/interfaces/IStepVerifier.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Board, MatchFixture} from "../support/MatchFixture.sol";
import {ReferenceTree} from "../support/ReferenceTree.sol";

contract EnterMachineTest is MatchFixture {
    uint256 private constant AT = 20_001;
    Board private v;
    Segment private s;
    State private from;
    Opening private last;
    bytes32[31] private points;

    function setUp() public override {
        super.setUp();
        (Board memory board,) = reach(3, lie(AT, 77));
        v = board;
        s = openingOf(board, truth());
        from = blockState(truth(), AT);
        last = opening(machineState(truth(), AT, STEPS));
    }

    function refuse(bytes memory reason) private {
        vm.prank(alice);
        vm.expectRevert(reason);
        matches.enterMachine(v.m, s, from, last, points);
    }

    function enter() private {
        vm.prank(alice);
        matches.enterMachine(v.m, s, from, last, points);
    }

    function lastHash() private view returns (bytes32) {
        bytes memory words = abi.encodePacked(last.memoryRoot, last.input, last.output, last.preimageKey, last.registersHash);
        return keccak256(abi.encodePacked(words, last.pc, last.step, last.status));
    }

    function test_enterMachine_startsAtTheProgramAndItsInput(uint256 junk) public {
        points[5] = bytes32(junk);
        bytes32 input = keccak256(abi.encode(inbox.batchAcc(from.batchIndex + 1), keccak256(abi.encode(from)), keccak256("config")));
        vm.assertEq(input, matches.machineInput(trueNode, from));
        bytes memory state = abi.encodePacked(keccak256("program"), input, bytes32(0), bytes32(0), keccak256(new bytes(256)));
        bytes32 start = keccak256(abi.encodePacked(state, uint64(0x10000), uint64(0), uint8(0)));
        vm.expectEmit(address(matches));
        emit IMatches.MachineEntered(v.id, honest, s.index, start, points, lastHash(), uint40(block.timestamp));
        enter();
        Board memory board = v;
        turn(board, points, lastHash(), start, 0);
        assertBoard(board);
    }

    function test_enterMachine_withAnyFinalState_isBoundToItsEnd(Opening calldata any) public {
        last = any;
        // Any end but the rival's may be claimed within the stretch; `output` of a state that did not halt well says nothing.
        bytes32 skipped = keccak256(abi.encode(State(from.outputRoot, from.l2BlockNumber, from.batchIndex + 1, 0, from.depositIndex)));
        bytes32 claimed = any.status == 1 ? any.output : skipped;
        vm.assertTrue(claimed != s.end);
        enter();
        Board memory board = v;
        turn(board, points, lastHash(), startOf(from), 0);
        assertBoard(board);
    }

    function startOf(State memory state) private view returns (bytes32) {
        bytes32 input = matches.machineInput(trueNode, state);
        bytes memory words = abi.encodePacked(keccak256("program"), input, bytes32(0), bytes32(0), keccak256(new bytes(256)));
        return keccak256(abi.encodePacked(words, uint64(0x10000), uint64(0), uint8(0)));
    }

    function test_enterMachine_toTheRivalsEnd_reverts() public {
        last.output = s.end;
        refuse(abi.encodeWithSelector(IMatches.SameEnd.selector));
    }

    /// @dev The rival says that this batch is skipped: so does every state that did not halt well.
    function test_enterMachine_skippingAsTheRivalDoes_reverts(uint8 status) public {
        status = uint8(bound(status, 1, 255));
        if (status == 1) status = 0;
        State memory skipped = State(from.outputRoot, from.l2BlockNumber, from.batchIndex + 1, 0, from.depositIndex);
        Board memory board = v;
        board.leaves[s.index] = keccak256(abi.encode(skipped));
        board.m.dissection = ReferenceTree.root(board.leaves);
        storeBoard(board);
        s = ReferenceTree.open(board.leaves, s.index, board.m.start);
        v = board;
        last.status = status;
        refuse(abi.encodeWithSelector(IMatches.SameEnd.selector));
        last.status = 1;
        enter();
    }

    function storeBoard(Board memory board) private {
        vm.store(address(matches), keccak256(abi.encode(board.id, uint256(0))), keccak256(abi.encode(board.m)));
    }

    /// @dev In the last block step of the stretch the mover has said before how it ends.
    function test_enterMachine_atTheLastStep_awayFromTheOwnEnd_reverts(bytes32 output) public {
        Board memory board = v;
        s = ReferenceTree.open(board.leaves, 31, board.m.start);
        from = blockState(lie(AT, 77), board.position + 31);
        vm.assertEq(s.start, keccak256(abi.encode(from)));
        vm.assume(output != board.m.end && output != s.end);
        last.output = output;
        refuse(abi.encodeWithSelector(IMatches.BoundToEnd.selector, board.m.end));
        last.output = board.m.end;
        enter();
    }

    function test_enterMachine_fromAnotherState_reverts(uint8 field, uint64 flip) public {
        flip = uint64(bound(flip, 1, type(uint64).max));
        field = uint8(bound(field, 0, 4));
        if (field == 0) from.outputRoot ^= bytes32(uint256(flip));
        if (field == 1) from.l2BlockNumber ^= flip;
        if (field == 2) from.batchIndex ^= flip;
        if (field == 3) from.batchOffset ^= flip;
        if (field == 4) from.depositIndex ^= flip;
        refuse(abi.encodeWithSelector(IMatches.WrongState.selector));
    }

    function test_enterMachine_withAnotherOpening_reverts(uint256 flip) public {
        s.end ^= bytes32(bound(flip, 1, type(uint256).max));
        refuse(abi.encodeWithSelector(IMatches.WrongOpening.selector));
    }

    /// @dev Beyond the target nothing is read, whatever the inbox holds by then; below it, what was fixed.
    function test_machineInput_readsUpToTheTargetOnly(State calldata state) public {
        State memory any = state;
        vm.assertEq(rollup.assertion(fork).target, 2);
        appendBatch(0);
        bytes32[5] memory accs = [inbox.batchAcc(1), inbox.batchAcc(2), bytes32(0), bytes32(0), bytes32(0)];
        vm.assertTrue(inbox.batchAcc(3) != 0);
        for (uint64 i = 0; i < 5; ++i) {
            any.batchIndex = i < 4 ? i : type(uint64).max;
            bytes32 expected = keccak256(abi.encode(accs[i], keccak256(abi.encode(any)), keccak256("config")));
            vm.assertEq(matches.machineInput(trueNode, any), expected);
        }
    }
}

contract MachineInputTest is MatchFixture {
    /// @dev A child that was created later has a later target of its own, for its children: its block steps read up to the fork's.
    function test_machineInput_belowALaterChild_readsUpToTheForksTarget() public {
        appendBatch(0);
        joinTruth();
        vm.assertEq(rollup.assertion(trueNode).target, 3);
        vm.assertEq(rollup.assertion(fork).target, 2);
        State memory from = blockState(truth(), BLOCKS);
        vm.assertEq(from.batchIndex, 2);
        vm.assertTrue(inbox.batchAcc(3) != 0);
        vm.assertEq(
            matches.machineInput(trueNode, from), keccak256(abi.encode(bytes32(0), keccak256(abi.encode(from)), keccak256("config")))
        );
    }
}

contract EnterMachineRoundTest is MatchFixture {
    function test_enterMachine_outOfItsRound_reverts(uint8 round) public {
        round = uint8(bound(round, 0, 11));
        if (round == 3) round = 4;
        (Board memory v,) = reach(round, lie(5, 5));
        Segment memory s = ReferenceTree.open(v.leaves, 4, v.m.start);
        Opening memory last;
        bytes32[31] memory points;
        vm.prank(ownerOf(v.m.mover));
        vm.expectRevert(abi.encodeWithSelector(IMatches.WrongRound.selector, round));
        matches.enterMachine(v.m, s, base, last, points);
    }
}
