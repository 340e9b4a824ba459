// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";
import {SyntheticVerifier} from "../support/SyntheticVerifier.sol";

/// @notice The whole game at full depth, an honest player against one who answers consistently from a false trace.
abstract contract Game is MatchFixture {
    /// @dev The liar opens, so the honest player enters the machine and makes the step: twelve transactions.
    function defend(Belief memory b) internal {
        (Board memory v, uint256 liar) = reach(11, b);
        finishByStep(v, b, liar);
        vm.assertEq(rollup.assertion(fork).liveChildren, 1);
        vm.assertEq(matches.movesAgainst(liar), 6);
        vm.assertEq(matches.movesAgainst(honest), 6);
    }

    function finishByStep(Board memory v, Belief memory b, uint256 liar) internal {
        vm.assertEq(v.m.mover, honest);
        vm.assertEq(v.blockStep, b.blockStep);
        proveStep(v, truth());
        vm.assertEq(v.position, b.machineStep);
        vm.assertTrue(statusOf(honest) == StakeStatus.Live && statusOf(liar) == StakeStatus.Defeated);
        vm.assertEq(rollup.assertion(v.m.rivalNode).live, 0);
    }

    /// @dev The honest player opens; the liar would have to make the step and cannot.
    function attack(Belief memory b) internal {
        joinTruth();
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        play(v, b, 11);
        vm.assertEq(v.m.mover, liar);
        vm.assertEq(v.blockStep, b.blockStep);
        vm.warp(matches.deadline(v.m));
        matches.timeout(v.m);
        vm.assertTrue(statusOf(honest) == StakeStatus.Live && statusOf(liar) == StakeStatus.Defeated);
    }

    /// @dev Nobody dissects at the opening: the liar came later and is on turn.
    function attackBare(Belief memory b) internal {
        joinTruth();
        skip(1);
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = openBare(honest, truth(), liar, b);
        vm.assertEq(v.m.mover, liar);
        play(v, b, 11);
        finishByStep(v, b, liar);
    }
}

/// forge-config: default.fuzz.runs = 48
contract GameTest is Game {
    function test_game_honestDefends_winsByTheStep(uint256 blockStep, uint256 machineStep) public {
        defend(lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_honestAttacks_winsByTheClock(uint256 blockStep, uint256 machineStep) public {
        attack(lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_openedByOthers_isPlayedLikeAnyOther(uint256 blockStep, uint256 machineStep) public {
        attackBare(lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_honestDefends_againstAnyAnswers_wins(uint256 seed) public {
        Belief memory b = lie(seed % BLOCKS, 0);
        (Board memory v, uint256 liar) = reach(1, b);
        while (v.m.round < 11) {
            if (v.m.mover == honest) answer(v, truth());
            else babble(v, seed);
        }
        vm.assertEq(v.m.mover, honest);
        proveStep(v, truth());
        vm.assertTrue(statusOf(liar) == StakeStatus.Defeated);
    }

    /// @dev First and last block step; first, last running, first halted and last machine step. All at once against one stake.
    function test_game_manyLiarsAtTheEdges_allLoseToOneStake() public {
        uint256[4] memory steps = [uint256(0), RUN_LENGTH - 1, RUN_LENGTH, STEPS - 1];
        joinTruth();
        Board[] memory boards = new Board[](8);
        Belief[] memory lies = new Belief[](8);
        uint256[] memory liars = new uint256[](8);
        for (uint256 i = 0; i < 8; ++i) {
            lies[i] = Belief(i < 4 ? 0 : BLOCKS - 1, steps[i % 4], bytes32(i + 1));
            (liars[i],) = stakeOn(address(uint160(0x11a4 + i)), lies[i]);
            boards[i] = openAndDissect(liars[i], lies[i], honest, truth());
        }
        for (uint8 round = 2; round < 12; ++round) {
            for (uint256 i = 0; i < 8; ++i) {
                play(boards[i], lies[i], round);
            }
        }
        for (uint256 i = 0; i < 8; ++i) {
            finishByStep(boards[i], lies[i], liars[i]);
        }
        vm.assertEq(rollup.assertion(fork).liveChildren, 1);
        skip(W);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
    }
}

/// @notice In truth the machine stops without an end at one block step: the chain goes on with the next batch.
/// forge-config: default.fuzz.runs = 32
contract SkippedBatchGameTest is Game {
    uint256 private constant SKIPPED = 12_345;
    uint64 private length = RUN_LENGTH;
    uint8 private stopped = 2;

    function blockState(Belief memory b, uint256 j) internal view override returns (State memory s) {
        s = super.blockState(b, j);
        bool falsely = b.tag == "skip" && j == b.blockStep + 1;
        if (falsely || (j == SKIPPED + 1 && j <= b.blockStep)) {
            s = super.blockState(b, j - 1);
            s.batchIndex += 1;
            s.batchOffset = 0;
        }
    }

    function programOf(uint256 j) internal override returns (SyntheticVerifier.Program memory) {
        if (j != SKIPPED) return super.programOf(j);
        return SyntheticVerifier.Program(length, stopped, keccak256("not an end"));
    }

    function test_game_aFailedRun_skipsTheBatch(uint256 machineStep, uint8 status) public {
        stopped = uint8(bound(status, 2, 6));
        defend(lie(SKIPPED, bound(machineStep, 0, STEPS - 1)));
    }

    function test_game_aRunThatNeverEnds_skipsTheBatch(uint256 machineStep) public {
        length = uint64(STEPS + 1);
        defend(lie(SKIPPED, bound(machineStep, 0, RUN_LENGTH - 1)));
    }

    function test_game_aFalseSkip_loses(uint256 blockStep, uint256 machineStep) public {
        uint256 place = bound(blockStep, 0, BLOCKS - 2);
        if (place == SKIPPED) place += 1;
        defend(Belief(place, bound(machineStep, 0, STEPS - 1), "skip"));
    }

    function test_game_aLieAfterTheSkip_loses(uint256 blockStep) public {
        defend(lie(bound(blockStep, SKIPPED + 1, BLOCKS - 1), 5));
    }
}
