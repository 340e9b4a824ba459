// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

/// @notice The whole game at full depth, an honest player against one who answers consistently from a false trace.
contract GameTest is MatchFixture {
    uint256 private liar;
    bytes32 private lieNode;

    function status(uint256 stakeId) private view returns (StakeStatus s) {
        (, s,) = rollup.stakeOf(stakeId);
    }

    function meet(Belief memory b) private {
        joinTruth();
        (liar, lieNode) = stakeOn(bob, b);
    }

    function play(Board memory v, Belief memory b) private {
        while (v.m.round < 11) {
            answer(v, v.m.mover == honest ? truth() : b);
        }
    }

    /// @dev The liar opens, so the honest player enters the machine and makes the step: twelve transactions.
    function defend(Belief memory b) private {
        meet(b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        play(v, b);
        vm.assertEq(v.m.mover, honest);
        vm.assertEq(v.blockStep, b.blockStep);
        proveStep(v, truth());
        vm.assertEq(v.position, b.machineStep);
        vm.assertTrue(status(honest) == StakeStatus.Live && status(liar) == StakeStatus.Defeated);
        vm.assertEq(rollup.assertion(fork).liveChildren, 1);
        vm.assertEq(rollup.assertion(lieNode).live, 0);
        vm.assertEq(matches.movesAgainst(liar), 6);
        vm.assertEq(matches.movesAgainst(honest), 6);
    }

    /// @dev The honest player opens; the liar would have to make the step and cannot.
    function attack(Belief memory b) private {
        meet(b);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        play(v, b);
        vm.assertEq(v.m.mover, liar);
        vm.assertEq(v.blockStep, b.blockStep);
        vm.warp(matches.deadline(v.m));
        matches.timeout(v.m);
        vm.assertTrue(status(honest) == StakeStatus.Live && status(liar) == StakeStatus.Defeated);
    }

    function test_game_honestDefends_winsByTheStep(uint256 blockStep, uint256 machineStep) public {
        defend(lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_honestDefends_atTheEdges_winsByTheStep(uint8 edges) public {
        uint256[4] memory steps = [uint256(0), RUN_LENGTH - 1, RUN_LENGTH, STEPS - 1];
        defend(lie(edges & 1 == 0 ? 0 : BLOCKS - 1, steps[(edges >> 1) & 3]));
    }

    function test_game_honestAttacks_winsByTheClock(uint256 blockStep, uint256 machineStep) public {
        attack(lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_honestAttacks_atTheEdges_winsByTheClock(uint8 edges) public {
        uint256[4] memory steps = [uint256(0), RUN_LENGTH - 1, RUN_LENGTH, STEPS - 1];
        attack(lie(edges & 1 == 0 ? 0 : BLOCKS - 1, steps[(edges >> 1) & 3]));
    }
}
