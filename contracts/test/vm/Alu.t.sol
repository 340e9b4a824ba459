// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Arithmetic, logic and shifts, against integers of 256 bits and the EVM's own signed opcodes.
contract AluTest is MachineFixture {
    struct Case {
        uint256 seed;
        uint8 rd;
        uint8 rs1;
        uint8 rs2;
        uint64 a;
        uint64 b;
    }

    function edge(uint64 value) private pure returns (uint64) {
        // One value in four is an edge of a signed or unsigned number.
        uint64[8] memory edges = [uint64(0), 1, type(uint64).max, 1 << 63, (1 << 63) - 1, 1 << 31, (1 << 31) - 1, type(uint32).max];
        return value & 3 == 0 ? edges[value >> 2 & 7] : value;
    }

    function fit(Case memory c) private pure {
        (c.rd, c.rs1, c.rs2) = (c.rd & 31, c.rs1 & 31, c.rs2 & 31);
        (c.a, c.b) = (edge(c.a), edge(c.b));
        if (c.rs1 == 0) c.a = 0;
        if (c.rs2 == 0) c.b = 0;
        if (c.rs1 == c.rs2) c.a = c.b;
    }

    function ofRegisters(Case memory c, uint256 opcode, uint256 funct3, uint256 funct7) private returns (Model memory m) {
        m = about(c.seed, typeR(opcode, funct3, funct7, c.rd, c.rs1, c.rs2));
        (m.x[c.rs1], m.x[c.rs2]) = (c.a, c.b);
    }

    function ofImmediate(Case memory c, uint256 opcode, uint256 funct3, int256 imm) private returns (Model memory m) {
        m = about(c.seed, typeI(opcode, funct3, c.rd, c.rs1, imm));
        m.x[c.rs1] = c.a;
    }

    function assertResult(Model memory m, uint8 rd, uint64 result) private view {
        Model memory next = advanced(m);
        if (rd != 0) next.x[rd] = result;
        assertStep(m, next);
    }

    /// @dev What funct3 does; `other` for SUB and SRA.
    function model(uint256 funct3, bool other, uint64 a, uint64 b) private pure returns (uint64) {
        (int256 x, int256 y) = (signed(a), signed(b));
        if (funct3 == 0) return low(other ? x - y : x + y);
        if (funct3 == 1) return low(int256(uint256(a) * 2 ** (b % 64)));
        if (funct3 == 2) return x < y ? 1 : 0;
        if (funct3 == 3) return a < b ? 1 : 0;
        if (funct3 == 4) return (a | b) - (a & b);
        if (funct3 == 5) return other ? low(floor(x, b % 64)) : uint64(a / 2 ** (b % 64));
        if (funct3 == 6) return ~(~a & ~b);
        return a & b;
    }

    function floor(int256 x, uint256 shift) private pure returns (int256 result) {
        assembly ("memory-safe") {
            result := sar(shift, x)
        }
    }

    function model32(uint256 funct3, bool other, uint64 a, uint64 b) private pure returns (uint64) {
        (uint256 x, uint256 shift) = (a % 2 ** 32, b % 32);
        if (funct3 == 0) return low(signed32(uint256(other ? signed(a) - signed(b) : signed(a) + signed(b))));
        if (funct3 == 1) return low(signed32(x * 2 ** shift));
        return low(other ? floor(signed32(x), shift) : signed32(x / 2 ** shift));
    }

    function test_op_anyRegisters_isTheModel(Case memory c, uint256 funct3, bool other) public {
        fit(c);
        funct3 %= 8;
        other = other && (funct3 == 0 || funct3 == 5);
        assertResult(ofRegisters(c, 0x33, funct3, other ? 0x20 : 0), c.rd, model(funct3, other, c.a, c.b));
    }

    function test_opImm_anyRegister_isTheModel(Case memory c, uint256 funct3, int256 imm, bool other) public {
        fit(c);
        funct3 %= 8;
        imm = imm % 2048;
        other = other && funct3 == 5;
        if (funct3 == 1 || funct3 == 5) imm = (imm & 63) | (other ? int256(0x400) : int256(0));
        uint64 b = low(imm);
        assertResult(ofImmediate(c, 0x13, funct3, imm), c.rd, model(funct3, other, c.a, b));
    }

    function test_op32_anyRegisters_isTheModel(Case memory c, uint256 which, bool other) public {
        fit(c);
        uint256 funct3 = [0, 1, 5][which % 3];
        other = other && funct3 != 1;
        assertResult(ofRegisters(c, 0x3b, funct3, other ? 0x20 : 0), c.rd, model32(funct3, other, c.a, c.b));
    }

    function test_opImm32_anyRegister_isTheModel(Case memory c, uint256 which, int256 imm, bool other) public {
        fit(c);
        uint256 funct3 = [0, 1, 5][which % 3];
        imm = imm % 2048;
        other = other && funct3 == 5;
        if (funct3 != 0) imm = (imm & 31) | (other ? int256(0x400) : int256(0));
        assertResult(ofImmediate(c, 0x1b, funct3, imm), c.rd, model32(funct3, other, c.a, low(imm)));
    }

    function test_lui_anyImmediate_isSignExtended(uint256 seed, uint8 rd, uint256 imm20) public {
        (rd, imm20) = (rd & 31, imm20 & 0xfffff);
        assertResult(about(seed, typeU(0x37, rd, imm20)), rd, low(signed32(imm20 << 12)));
    }

    function test_auipc_anyImmediate_isAddedToThePc(uint256 seed, uint8 rd, uint256 imm20) public {
        (rd, imm20) = (rd & 31, imm20 & 0xfffff);
        Model memory m = about(seed, typeU(0x17, rd, imm20));
        assertResult(m, rd, low(int256(uint256(m.pc)) + signed32(imm20 << 12)));
    }

    function test_register0_asDestination_staysZero(uint256 seed, uint64 a) public {
        Model memory m = about(seed, typeI(0x13, 0, 0, 5, 1));
        m.x[5] = a;
        Model memory next = advanced(m);
        vm.assertEq(next.x[0], 0);
        assertStep(m, next);
    }

    /// @dev SRAI, SRAIW, SRLIW and SLLIW at the sign bit.
    function test_shifts_ofTheSignBit_extendItAsTheySay() public {
        Case memory c = Case(1, 1, 2, 3, 1 << 63, 0);
        assertResult(ofImmediate(c, 0x13, 5, 0x400 | 63), 1, type(uint64).max);
        assertResult(ofImmediate(c, 0x13, 5, 63), 1, 1);
        c.a = 0x80000000;
        assertResult(ofImmediate(c, 0x1b, 5, 0x400 | 31), 1, type(uint64).max);
        assertResult(ofImmediate(c, 0x1b, 5, 31), 1, 1);
        assertResult(ofImmediate(c, 0x1b, 5, 0), 1, 0xffffffff80000000);
        c.a = 1;
        assertResult(ofImmediate(c, 0x1b, 1, 31), 1, 0xffffffff80000000);
    }

    function test_shifts_byARegister_takeItsLowBitsOnly() public {
        Case memory c = Case(1, 1, 2, 3, 5, 64);
        assertResult(ofRegisters(c, 0x33, 1, 0), 1, 5);
        c.b = 32;
        assertResult(ofRegisters(c, 0x3b, 1, 0), 1, 5);
        assertResult(ofRegisters(c, 0x33, 1, 0), 1, 5 << 32);
    }

    /// @dev A W shift's number has five bits: the sixth makes the word illegal.
    function test_shifts32_bySixBits_areIllegal(uint256 seed, uint256 shift) public {
        shift = bound(shift, 32, 63);
        assertTrap(seed, typeI(0x1b, 1, 1, 2, int256(shift)), ILLEGAL);
        assertTrap(seed, typeI(0x1b, 5, 1, 2, int256(shift)), ILLEGAL);
    }
}
