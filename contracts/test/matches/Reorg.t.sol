// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Rivals, Segment} from "../../src/interfaces/IMatches.sol";
import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

/// @notice L1 goes back and on differently; what an honest player sent before is included after it.
contract ReorgTest is MatchFixture {
    bytes32[31] private points;

    /// @dev The rival's move is another one after the reorg.
    function test_reorg_thatChangesTheRivalsMove_stopsTheAnswer() public {
        Belief memory b = lie(9_999, 5);
        (Board memory v,) = reach(2, b);
        Board memory w = copy(v);
        uint256 fallback_ = vm.snapshotState();
        answer(v, b);
        Segment memory s = openingOf(v, truth());
        vm.revertToState(fallback_);
        babble(w, 1);
        bytes32 actual = matches.stateOf(w.id);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, actual));
        matches.move(v.m, s, points, 0);
        answer(w, truth());
        vm.assertTrue(statusOf(honest) == StakeStatus.Live);
    }

    /// @dev The same moves a block later: other times, so another state, which the honest player sees and answers anew.
    function test_reorg_thatOnlyDelaysTheRivalsMove_stopsTheAnswerToo() public {
        Belief memory b = lie(9_999, 5);
        (Board memory v,) = reach(2, b);
        Board memory w = copy(v);
        uint256 fallback_ = vm.snapshotState();
        answer(v, b);
        Segment memory s = openingOf(v, truth());
        vm.revertToState(fallback_);
        skip(12);
        answer(w, b);
        bytes32 actual = matches.stateOf(w.id);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, actual));
        matches.move(v.m, s, points, 0);
        answer(w, truth());
    }

    /// @dev The fork's inputs are others after the reorg, under the same ids: what names the old ones does nothing.
    function test_reorg_thatChangesTheInputs_stopsTheOpening() public {
        Belief memory b = lie(9_999, 5);
        uint256 fallback_ = vm.snapshotState();
        joinTruth();
        (uint256 liar,) = stakeOn(bob, b);
        Rivals memory r = rivals(honest, truth(), liar, b);
        vm.revertToState(fallback_);
        // As if one more batch had been appended before the fork was made.
        bytes32 other = keccak256("other inputs");
        vm.store(address(rollup), bytes32(uint256(keccak256(abi.encode(fork, uint256(0)))) + 1), other);
        vm.assertEq(rollup.assertion(fork).inputsHash, other);
        joinTruth();
        stakeOn(bob, b);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMatches.InputsDiffer.selector, other));
        matches.openAndDissect(r, points);
    }

    /// @dev A stake that the reorg has removed takes its match with it; under its id stands nobody else.
    function test_reorg_thatRemovesAStake_leavesNoMatch() public {
        Belief memory b = lie(9_999, 5);
        joinTruth();
        uint256 fallback_ = vm.snapshotState();
        (uint256 liar,) = stakeOn(bob, b);
        Rivals memory r = rivals(honest, truth(), liar, b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        Segment memory s = openingOf(v, truth());
        vm.revertToState(fallback_);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMatches.StateDiffers.selector, bytes32(0)));
        matches.move(v.m, s, points, 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.None));
        matches.openAndDissect(r, points);
    }

    function copy(Board memory v) private pure returns (Board memory) {
        return abi.decode(abi.encode(v), (Board));
    }
}
