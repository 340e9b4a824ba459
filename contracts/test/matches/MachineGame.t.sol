// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PreimageOracle} from "../../src/PreimageOracle.sol";
import {StepVerifier} from "../../src/StepVerifier.sol";
import {IMatches, Segment} from "../../src/interfaces/IMatches.sol";
import {IStepVerifier} from "../../src/interfaces/IStepVerifier.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";
import {MemoryTree} from "../support/MemoryTree.sol";

/// @notice A dispute down to a step that the StepVerifier computes, over the run of a small program: it takes its input, counts, stores, and halts with an
///         output that stands in its memory.
abstract contract MachineGame is MatchFixture {
    uint256 internal constant AT = 4_321;
    uint64 private constant PC = 0x10000;
    uint64 private constant HEAP = 0x20000;
    uint64 private constant OUTPUT = 0x30000;

    StepVerifier internal stepVerifier;
    MemoryTree private memory_;
    /// @dev The run: states[i] is the state after i steps, proofs[i] that of the step from it. The last one is halted.
    bytes[] internal states;
    bytes[] internal proofs;

    function deployVerifier() internal override returns (address, bytes32) {
        stepVerifier = new StepVerifier(new PreimageOracle());
        uint32[11] memory program = [
            0x00200893, // addi a7, zero, 2    INPUT
            0x00020537, // lui a0, 0x20
            0x00000073, // ecall
            0x00900293, // addi t0, zero, 9
            0xfff28293, // addi t0, t0, -1
            0xfe029ee3, // bne t0, zero, -4
            0x09153023, // sd a7, 128(a0)
            0x00100893, // addi a7, zero, 1    HALT
            0x00030537, // lui a0, 0x30
            0x00000593, // addi a1, zero, 0
            0x00000073 // ecall
        ];
        for (uint256 i = 0; i < program.length; ++i) {
            memory_.write(PC + 4 * uint64(i), littleEndian(program[i], 4));
        }
        memory_.write(OUTPUT, abi.encode(blockHash(truth(), AT + 1)));
        return (address(stepVerifier), memory_.root());
    }

    function littleEndian(uint64 value, uint256 width) private pure returns (bytes memory data) {
        data = new bytes(width);
        for (uint256 i = 0; i < width; ++i) {
            data[i] = bytes1(uint8(value >> 8 * i));
        }
    }

    /// @dev Runs the program on the input of block step AT.
    function run() internal {
        bytes32 input = matches.machineInput(trueNode, blockState(truth(), AT));
        bytes memory head = abi.encodePacked(memory_.root(), input, bytes32(0), bytes32(0), new bytes(256));
        bytes memory state = abi.encodePacked(head, PC, uint64(0), uint8(0));
        while (state[400] == 0) {
            bytes memory proof = proofFrom(state, input);
            states.push(state);
            proofs.push(proof);
            state = stepVerifier.nextState(state, proof, "");
        }
        states.push(state);
        proofs.push("");
    }

    /// @dev The proof of the step, with the memory as it is before; then the memory is as it is after.
    function proofFrom(bytes memory state, bytes32 input) private returns (bytes memory proof) {
        uint64 pc = this.pcOf(state);
        proof = memory_.proof(pc);
        uint64 place = (pc - PC) / 4;
        if (place == 2) {
            proof = bytes.concat(proof, memory_.proof(HEAP));
            memory_.write(HEAP, abi.encode(input));
        } else if (place == 6) {
            proof = bytes.concat(proof, memory_.proof(HEAP + 128));
            memory_.write(HEAP + 128, littleEndian(2, 8));
        } else if (place == 10) {
            proof = bytes.concat(proof, memory_.proof(OUTPUT));
        }
    }

    function pcOf(bytes calldata state) external pure returns (uint64) {
        return uint64(bytes8(state[384:392]));
    }

    function trueMachineState(Belief memory, uint256 j, uint256 i) internal view override returns (bytes memory) {
        vm.assertEq(j, AT);
        return states[i < states.length ? i : states.length - 1];
    }

    function proofAt(uint256 i) internal view override returns (bytes memory) {
        return proofs[i < proofs.length ? i : proofs.length - 1];
    }

    /// @dev Up to the last move, with the honest player on turn.
    function reachStep(uint256 machineStep) internal returns (Board memory v, uint256 liar) {
        Belief memory b = lie(AT, machineStep);
        joinTruth();
        run();
        (liar,) = stakeOn(bob, b);
        v = openAndDissect(liar, b, honest, truth());
        play(v, b, 11);
    }
}

/// forge-config: default.fuzz.runs = 24
contract MachineGameTest is MachineGame {
    /// @dev Running steps of every kind, the halt, and what comes after it.
    function test_game_downToAStepOfTheMachine_isWon(uint256 machineStep, bool running) public {
        (Board memory v, uint256 liar) = reachStep(bound(machineStep, 0, running ? 32 : STEPS - 1));
        vm.assertEq(states.length, 28);
        proveStep(v, truth());
        vm.assertTrue(statusOf(liar) == StakeStatus.Defeated && statusOf(honest) == StakeStatus.Live);
    }

    function test_game_aStepOfTheMachine_againstTheTruth_reverts(uint256 machineStep) public {
        Belief memory b = lie(AT, bound(machineStep, 0, 26));
        joinTruth();
        run();
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        play(v, b, 11);
        Segment memory s = openingOf(v, b);
        advanceTo(v, s.index);
        vm.prank(bob);
        vm.expectRevert(IMatches.StepAgrees.selector);
        matches.step(v.m, s, states[v.position], proofs[v.position]);
    }

    function test_step_withAnyByteOfTheProofChanged_reverts(uint256 which, uint8 flip) public {
        (Board memory v,) = reachStep(2);
        Segment memory s = openingOf(v, truth());
        bytes memory proof = proofs[2];
        vm.assertEq(proof.length, 1856);
        proof[bound(which, 0, 1855)] ^= bytes1(uint8(bound(flip, 1, 255)));
        vm.prank(alice);
        vm.expectPartialRevert(IStepVerifier.WrongMemoryProof.selector);
        matches.step(v.m, s, states[2], proof);
    }

    function test_step_withAnotherLength_reverts(bool ofState, uint256 length) public {
        (Board memory v,) = reachStep(2);
        Segment memory s = openingOf(v, truth());
        bytes memory other = new bytes(bound(length, 0, 800));
        vm.assume(other.length != 401);
        bytes memory state = ofState ? other : states[2];
        bytes memory proof = ofState ? proofs[2] : this.firstOf(proofs[2]);
        bytes4 reason = ofState ? IStepVerifier.WrongStateLength.selector : IStepVerifier.WrongProofLength.selector;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(reason, ofState ? other.length : 928));
        matches.step(v.m, s, state, proof);
    }

    /// @dev The instruction's leaf alone, where the step touches another.
    function firstOf(bytes calldata proof) external pure returns (bytes memory) {
        return proof[:928];
    }
}
