// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Instruction, Opcode} from "./Instruction.sol";
import {MulDiv} from "./MulDiv.sol";

/// @title Alu
/// @notice Mirrors fault-vm/machine/src/alu.rs: arithmetic, logic and shifts, modulo 2^64. W results are the low 32 bits, sign-extended.
library Alu {
    /// @notice Result of an instruction on a register and an immediate; not legal where the specification lists none.
    function immediate(Instruction i, uint64 a) internal pure returns (bool legal, uint64 result) {
        uint256 funct3 = i.funct3();
        uint64 b = i.immI();
        if (funct3 != 1 && funct3 != 5) return (true, compute(funct3, false, a, b));
        // A shift's number is six bits; the six above say which shift.
        uint256 kind = b >> 6 & 0x3f;
        legal = kind == 0 || (kind == 0x10 && funct3 == 5);
        if (legal) result = compute(funct3, kind != 0, a, b & 0x3f);
    }

    /// @notice Result of a W instruction on a register and an immediate.
    function immediate32(Instruction i, uint64 a) internal pure returns (bool legal, uint64 result) {
        uint256 funct3 = i.funct3();
        uint64 b = i.immI();
        if (funct3 == 0) return (true, compute32(0, false, a, b));
        uint256 kind = i.funct7();
        legal = (kind == 0 && (funct3 == 1 || funct3 == 5)) || (kind == 0x20 && funct3 == 5);
        if (legal) result = compute32(funct3, kind != 0, a, b & 0x1f);
    }

    /// @notice Result of an instruction on two registers.
    function registers(Instruction i, uint64 a, uint64 b) internal pure returns (bool legal, uint64 result) {
        uint256 funct3 = i.funct3();
        uint256 kind = i.funct7();
        if (kind == 1) return (true, MulDiv.compute(funct3, a, b));
        legal = kind == 0 || (kind == 0x20 && (funct3 == 0 || funct3 == 5));
        if (legal) result = compute(funct3, kind != 0, a, b);
    }

    /// @notice Result of a W instruction on two registers.
    function registers32(Instruction i, uint64 a, uint64 b) internal pure returns (bool legal, uint64 result) {
        uint256 funct3 = i.funct3();
        uint256 kind = i.funct7();
        if (kind == 1) return MulDiv.compute32(funct3, a, b);
        legal = (kind == 0 && (funct3 == 0 || funct3 == 1 || funct3 == 5)) || (kind == 0x20 && (funct3 == 0 || funct3 == 5));
        if (legal) result = compute32(funct3, kind != 0, a, b);
    }

    /// @dev `other` is subtraction for addition, and the arithmetic shift for the logical one.
    function compute(uint256 funct3, bool other, uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            if (funct3 == 0) return other ? a - b : a + b;
            if (funct3 == 1) return a << (b & 0x3f);
            if (funct3 == 2) return int64(a) < int64(b) ? 1 : 0;
            if (funct3 == 3) return a < b ? 1 : 0;
            if (funct3 == 4) return a ^ b;
            if (funct3 == 5) return other ? uint64(int64(a) >> (b & 0x3f)) : a >> (b & 0x3f);
            if (funct3 == 6) return a | b;
            return a & b;
        }
    }

    /// @dev funct3 is 0, 1 or 5.
    function compute32(uint256 funct3, bool other, uint64 a, uint64 b) private pure returns (uint64) {
        uint32 low = uint32(a);
        uint32 shift = uint32(b & 0x1f);
        unchecked {
            if (funct3 == 0) return extend32(other ? low - uint32(b) : low + uint32(b));
            if (funct3 == 1) return extend32(low << shift);
            return extend32(other ? uint32(int32(low) >> shift) : low >> shift);
        }
    }

    function extend32(uint32 value) private pure returns (uint64) {
        return uint64(int64(int32(value)));
    }
}
