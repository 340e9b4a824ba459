// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Segment} from "../../src/interfaces/IMatches.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Board, MatchFixture} from "../support/MatchFixture.sol";
import {ReferenceTree} from "../support/ReferenceTree.sol";
import {SyntheticVerifier} from "../support/SyntheticVerifier.sol";

contract StepTest is MatchFixture {
    uint256 private constant AT = 123_470;
    Board private v;
    uint256 private liar;
    Segment private s;
    bytes private state;
    bytes private proof;

    function setUp() public override {
        super.setUp();
        Board memory board;
        (board, liar) = reach(11, lie(321, AT));
        v = board;
        s = openingOf(board, truth());
        state = machineState(truth(), 321, AT);
        proof = verifier.proofOf(uint64(AT));
    }

    function refuse(Segment memory segment, bytes memory state_, bytes memory proof_, bytes memory reason) private {
        vm.prank(alice);
        vm.expectRevert(reason);
        matches.step(v.m, segment, state_, proof_);
    }

    function test_step_thatContradicts_winsAndEvicts() public {
        uint256 burned = address(0xdEaD).balance;
        vm.expectEmit(address(matches));
        emit IMatches.MatchWon(v.id, honest, liar, false);
        vm.prank(alice);
        matches.step(v.m, s, state, proof);
        vm.assertTrue(statusOf(liar) == StakeStatus.Defeated && statusOf(honest) == StakeStatus.Live);
        vm.assertEq(rollup.joinedAt(liar, v.m.rivalNode), 0);
        vm.assertEq(rollup.assertion(fork).liveChildren, 1);
        vm.assertEq(address(0xdEaD).balance, burned + BOND / 2);
        vm.assertEq(rollup.prizeOf(liar), BOND - BOND / 2);
        Board memory after_ = v;
        after_.m.moverMoves = 6;
        assertBoard(after_);
    }

    function test_step_again_reverts() public {
        vm.prank(alice);
        matches.step(v.m, s, state, proof);
        refuse(s, state, proof, abi.encodeWithSelector(IMatches.StateDiffers.selector, matches.stateOf(v.id)));
    }

    /// @dev The rival is right about all other segments.
    function test_step_whereTheRivalIsRight_reverts(uint8 index) public {
        Board memory board = v;
        uint256 place = v.position;
        uint8 k = uint8(bound(index, 0, s.index - 1));
        Segment memory segment = ReferenceTree.open(board.leaves, k, board.m.start);
        bytes memory proof_ = verifier.proofOf(uint64(place + k));
        refuse(segment, machineState(truth(), 321, place + k), proof_, abi.encodeWithSelector(IMatches.StepAgrees.selector));
    }

    function test_step_fromAnotherState_reverts(uint256 which, uint8 flip) public {
        bytes memory other = state;
        other[bound(which, 0, 400)] ^= bytes1(uint8(bound(flip, 1, 255)));
        refuse(s, other, proof, abi.encodeWithSelector(IMatches.WrongState.selector));
    }

    function test_step_withAWrongProof_reverts(bytes calldata other) public {
        vm.assume(keccak256(other) != keccak256(proof));
        refuse(s, state, other, abi.encodeWithSelector(SyntheticVerifier.WrongProof.selector));
    }

    function test_step_withAnotherOpening_reverts(uint256 flip) public {
        Segment memory segment = s;
        segment.end ^= bytes32(bound(flip, 1, type(uint256).max));
        refuse(segment, state, proof, abi.encodeWithSelector(IMatches.WrongOpening.selector));
    }

    function test_step_byTheRival_reverts() public {
        vm.prank(bob);
        vm.expectRevert(IMatches.NotMover.selector);
        matches.step(v.m, s, state, proof);
    }
}

/// @dev In all rounds but the last.
contract StepRoundTest is MatchFixture {
    function test_step_outOfItsRound_reverts(uint8 round) public {
        (Board memory v,) = reach(uint8(bound(round, 0, 10)), lie(5, 5));
        Segment memory s = ReferenceTree.open(v.leaves, 4, v.m.start);
        vm.prank(ownerOf(v.m.mover));
        vm.expectRevert(abi.encodeWithSelector(IMatches.WrongRound.selector, v.m.round));
        matches.step(v.m, s, "", "");
    }
}
