// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Instruction} from "./Instruction.sol";
import {Memory} from "./Memory.sol";
import {MachineState, States, Status} from "./State.sol";

/// @title LoadStore
/// @notice Mirrors fault-vm/machine/src/load_store.rs: loads and stores of 1, 2, 4 or 8 bytes. What they return is a trap, or RUNNING after
///         an access, the second of the step.
library LoadStore {
    using States for MachineState;

    uint64 private constant END = 1 << 32;

    /// @notice funct3 0 to 6: LB LH LW LD LBU LHU LWU.
    function load(MachineState memory state, Instruction i, bytes calldata proof) internal pure returns (uint8 trap) {
        uint256 funct3 = i.funct3();
        if (funct3 == 7) return Status.ILLEGAL_INSTRUCTION;
        uint256 width = 1 << (funct3 & 3);
        uint64 address_ = sum(state.register(i.rs1()), i.immI());
        trap = check(address_, width);
        if (trap != Status.RUNNING) return trap;
        uint64 value = Memory.number(Memory.open(Memory.access(proof, 1), state.memoryRoot, address_), address_, width);
        state.setRegister(i.rd(), funct3 < 4 ? extend(value, width) : value);
    }

    /// @notice funct3 0 to 3: SB SH SW SD.
    function store(MachineState memory state, Instruction i, bytes calldata proof) internal pure returns (uint8 trap) {
        uint256 funct3 = i.funct3();
        if (funct3 > 3) return Status.ILLEGAL_INSTRUCTION;
        uint256 width = 1 << funct3;
        uint64 address_ = sum(state.register(i.rs1()), i.immS());
        trap = check(address_, width);
        if (trap != Status.RUNNING) return trap;
        bytes memory value = Memory.bytesOf(state.register(i.rs2()), width);
        state.memoryRoot = Memory.write(Memory.access(proof, 1), state.memoryRoot, address_, value);
    }

    /// @notice The trap of an access, or RUNNING.
    /// @dev INVARIANT: no access wraps or straddles a leaf: addresses are below 2^32 and multiples of the width.
    function check(uint64 address_, uint256 width) internal pure returns (uint8) {
        if (address_ >= END) return Status.OUT_OF_RANGE;
        if (address_ % width != 0) return Status.MISALIGNED;
        return Status.RUNNING;
    }

    function sum(uint64 base, uint64 imm) private pure returns (uint64) {
        unchecked {
            return base + imm;
        }
    }

    function extend(uint64 value, uint256 width) private pure returns (uint64) {
        uint64 sign = uint64(1 << 8 * width - 1);
        unchecked {
            return (value ^ sign) - sign;
        }
    }
}
