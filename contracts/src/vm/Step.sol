// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStepVerifier} from "../interfaces/IStepVerifier.sol";
import {Alu} from "./Alu.sol";
import {Branch} from "./Branch.sol";
import {Instruction, Opcode} from "./Instruction.sol";
import {LoadStore} from "./LoadStore.sol";
import {Memory} from "./Memory.sol";
import {MachineState, States, Status} from "./State.sol";
import {Syscalls} from "./Syscall.sol";

/// @title Step
/// @notice Mirrors fault-vm/machine/src/step.rs: fetches, decodes and executes one instruction.
///
///         proof = the instruction's leaf and siblings, unless the machine has stopped or the fetch traps;
///                 then those of the leaf that a load, store or syscall touches, unless it traps
library Step {
    using States for MachineState;

    uint256 private constant FETCHED = Memory.PROOF;
    uint256 private constant TOUCHED = 2 * Memory.PROOF;

    /// @notice Turns a state into the next one.
    /// @param part What the oracle answers, where `asks` holds; else it has no effect.
    /// @dev INVARIANT: a proof has no byte beyond what the step touches.
    function take(MachineState memory state, bytes calldata proof, bytes32 part) internal pure {
        if (proof.length != run(state, proof, part)) revert IStepVerifier.WrongProofLength(proof.length);
    }

    /// @notice Whether the step from this state asks the oracle for a part. The instruction is not proven here: a wrong leaf leads to a wrong
    ///         question only, and is refuted where the step is taken.
    function asks(MachineState memory state, bytes calldata proof) internal pure returns (bool) {
        if (state.status != Status.RUNNING || LoadStore.check(state.pc, 4) != Status.RUNNING || proof.length < FETCHED) return false;
        return instructionIn(proof, state.pc).isEcall() && Syscalls.asks(state);
    }

    /// @dev How long the proof has to be.
    function run(MachineState memory state, bytes calldata proof, bytes32 part) private pure returns (uint256) {
        // INVARIANT: a machine whose status is not 0 stays as it is, whatever the status.
        if (state.status != Status.RUNNING) return 0;
        unchecked {
            state.step += 1;
        }
        uint8 trap = LoadStore.check(state.pc, 4);
        if (trap != Status.RUNNING) {
            state.status = trap;
            return 0;
        }
        Memory.open(Memory.access(proof, 0), state.memoryRoot, state.pc);
        return execute(state, instructionIn(proof, state.pc), proof, part);
    }

    function instructionIn(bytes calldata proof, uint64 pc) private pure returns (Instruction) {
        return Instruction.wrap(uint32(Memory.number(proof[:Memory.LEAF], pc, 4)));
    }

    function execute(MachineState memory state, Instruction i, bytes calldata proof, bytes32 part) private pure returns (uint256) {
        uint256 opcode = i.opcode();
        if (opcode == Opcode.LOAD) return afterAccess(state, LoadStore.load(state, i, proof));
        if (opcode == Opcode.STORE) return afterAccess(state, LoadStore.store(state, i, proof));
        if (i.isEcall()) {
            (uint8 trap, bool touched) = Syscalls.call(state, proof, part);
            advance(state, trap);
            return touched ? TOUCHED : FETCHED;
        }
        if (opcode == Opcode.BRANCH) branch(state, i);
        else if (opcode == Opcode.JAL || opcode == Opcode.JALR) jump(state, i);
        else if (opcode == Opcode.FENCE) advance(state, i.funct3() == 0 ? Status.RUNNING : Status.ILLEGAL_INSTRUCTION);
        else compute(state, i);
        return FETCHED;
    }

    /// @dev A load or store has touched memory unless it trapped.
    function afterAccess(MachineState memory state, uint8 trap) private pure returns (uint256) {
        advance(state, trap);
        return trap == Status.RUNNING ? TOUCHED : FETCHED;
    }

    function compute(MachineState memory state, Instruction i) private pure {
        uint256 opcode = i.opcode();
        uint64 a = state.register(i.rs1());
        (bool legal, uint64 result) = (true, i.immU());
        if (opcode == Opcode.OP_IMM) (legal, result) = Alu.immediate(i, a);
        else if (opcode == Opcode.OP) (legal, result) = Alu.registers(i, a, state.register(i.rs2()));
        else if (opcode == Opcode.OP_IMM_32) (legal, result) = Alu.immediate32(i, a);
        else if (opcode == Opcode.OP_32) (legal, result) = Alu.registers32(i, a, state.register(i.rs2()));
        else if (opcode == Opcode.AUIPC) result = sum(state.pc, result);
        else legal = opcode == Opcode.LUI;
        if (legal) state.setRegister(i.rd(), result);
        advance(state, legal ? Status.RUNNING : Status.ILLEGAL_INSTRUCTION);
    }

    function branch(MachineState memory state, Instruction i) private pure {
        (bool legal, bool taken) = Branch.holds(i, state.register(i.rs1()), state.register(i.rs2()));
        if (taken) state.pc = sum(state.pc, i.immB());
        else advance(state, legal ? Status.RUNNING : Status.ILLEGAL_INSTRUCTION);
    }

    function jump(MachineState memory state, Instruction i) private pure {
        uint64 target = sum(state.pc, i.immJ());
        if (i.opcode() == Opcode.JALR) {
            if (i.funct3() != 0) return advance(state, Status.ILLEGAL_INSTRUCTION);
            // Read before rd is written: they may be the same register.
            target = sum(state.register(i.rs1()), i.immI()) & ~uint64(1);
        }
        state.setRegister(i.rd(), sum(state.pc, 4));
        state.pc = target;
    }

    /// @dev INVARIANT: a trap sets the status and changes nothing else but the step counter.
    function advance(MachineState memory state, uint8 trap) private pure {
        if (trap != Status.RUNNING) state.status = trap;
        else state.pc = sum(state.pc, 4);
    }

    function sum(uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            return a + b;
        }
    }
}
