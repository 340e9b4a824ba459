// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice An instruction's 32 bits.
type Instruction is uint32;

using Instructions for Instruction global;

/// @notice The seven low bits of an instruction: which family it is of.
library Opcode {
    uint256 internal constant LOAD = 0x03;
    uint256 internal constant FENCE = 0x0f;
    uint256 internal constant OP_IMM = 0x13;
    uint256 internal constant AUIPC = 0x17;
    uint256 internal constant OP_IMM_32 = 0x1b;
    uint256 internal constant STORE = 0x23;
    uint256 internal constant OP = 0x33;
    uint256 internal constant LUI = 0x37;
    uint256 internal constant OP_32 = 0x3b;
    uint256 internal constant BRANCH = 0x63;
    uint256 internal constant JALR = 0x67;
    uint256 internal constant JAL = 0x6f;
    uint256 internal constant SYSTEM = 0x73;
}

/// @title Instructions
/// @notice Mirrors fault-vm/machine/src/instruction.rs: the fields of an instruction. Immediates are sign-extended to 64 bits.
library Instructions {
    uint32 private constant ECALL = 0x00000073;

    function isEcall(Instruction i) internal pure returns (bool) {
        return Instruction.unwrap(i) == ECALL;
    }

    function opcode(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) & 0x7f;
    }

    function rd(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) >> 7 & 0x1f;
    }

    function funct3(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) >> 12 & 7;
    }

    function rs1(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) >> 15 & 0x1f;
    }

    function rs2(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) >> 20 & 0x1f;
    }

    function funct7(Instruction i) internal pure returns (uint256) {
        return Instruction.unwrap(i) >> 25;
    }

    /// @notice Bits 31..20.
    function immI(Instruction i) internal pure returns (uint64) {
        return extend(signed(i) >> 20);
    }

    /// @notice Bits 31..25 ‖ 11..7.
    function immS(Instruction i) internal pure returns (uint64) {
        return extend(signed(i) >> 25 << 5 | int32(uint32(rd(i))));
    }

    /// @notice Bits 31 ‖ 7 ‖ 30..25 ‖ 11..8, and a zero.
    function immB(Instruction i) internal pure returns (uint64) {
        uint32 word = Instruction.unwrap(i);
        uint32 low = (word << 4 & 0x800) | (word >> 20 & 0x7e0) | (word >> 7 & 0x1e);
        return extend(signed(i) >> 31 << 12 | int32(low));
    }

    /// @notice Bits 31..12, and twelve zeroes.
    function immU(Instruction i) internal pure returns (uint64) {
        return extend(signed(i) >> 12 << 12);
    }

    /// @notice Bits 31 ‖ 19..12 ‖ 20 ‖ 30..21, and a zero.
    function immJ(Instruction i) internal pure returns (uint64) {
        uint32 word = Instruction.unwrap(i);
        uint32 low = (word & 0xff000) | (word >> 9 & 0x800) | (word >> 20 & 0x7fe);
        return extend(signed(i) >> 31 << 20 | int32(low));
    }

    function signed(Instruction i) private pure returns (int32) {
        return int32(Instruction.unwrap(i));
    }

    function extend(int32 value) private pure returns (uint64) {
        return uint64(int64(value));
    }
}
