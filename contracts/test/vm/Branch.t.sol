// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Branches and jumps, and where they may lead.
contract BranchTest is MachineFixture {
    function holds(uint256 funct3, uint64 a, uint64 b) private pure returns (bool) {
        if (funct3 == 0) return a == b;
        if (funct3 == 1) return a != b;
        if (funct3 == 4) return signed(a) < signed(b);
        if (funct3 == 5) return signed(a) >= signed(b);
        return funct3 == 6 ? a < b : a >= b;
    }

    function to(Model memory m, int256 offset) private pure returns (Model memory next) {
        next = advanced(m);
        next.pc = low(int256(uint256(m.pc)) + offset);
    }

    function test_branch_ofAnyNumbers_leadsWhereItSays(uint256 seed, uint256 which, uint64 a, uint64 b, int256 offset) public {
        uint256 funct3 = [0, 1, 4, 5, 6, 7][which % 6];
        offset = offset % 4096 & ~int256(1);
        if (seed % 3 == 0) b = a;
        Model memory m = about(seed, typeB(funct3, 8, 9, offset));
        (m.x[8], m.x[9]) = (a, b);
        assertStep(m, holds(funct3, a, b) ? to(m, offset) : advanced(m));
    }

    function test_branch_withoutAName_isIllegal(uint256 seed, int256 offset) public {
        assertTrap(seed, typeB(2, 8, 9, offset), ILLEGAL);
        assertTrap(seed, typeB(3, 8, 9, offset), ILLEGAL);
    }

    function test_jal_anywhere_keepsTheWayBack(uint256 seed, uint8 rd, int256 offset) public {
        (rd, offset) = (rd & 31, offset % 2 ** 20 & ~int256(1));
        Model memory m = about(seed, typeJ(rd, offset));
        Model memory next = to(m, offset);
        if (rd != 0) next.x[rd] = m.pc + 4;
        assertStep(m, next);
    }

    function test_jalr_anywhere_clearsTheLowestBitAlone(uint256 seed, uint8 rd, uint64 base, int256 offset) public {
        (rd, offset) = (rd & 31, offset % 2048);
        Model memory m = about(seed, typeI(0x67, 0, rd, 7, offset));
        m.x[7] = base;
        Model memory next = advanced(m);
        next.pc = low((signed(base) + offset) & ~int256(1));
        if (rd != 0) next.x[rd] = m.pc + 4;
        assertStep(m, next);
    }

    function test_jalr_ontoItsOwnBase_readsItFirst() public {
        Model memory m = about(1, typeI(0x67, 0, 1, 1, 8));
        m.x[1] = 0x40000;
        Model memory next = advanced(m);
        (next.x[1], next.pc) = (m.pc + 4, 0x40008);
        assertStep(m, next);
    }

    function test_jalr_withAnotherFunct3_isIllegal(uint256 seed, uint256 funct3) public {
        assertTrap(seed, typeI(0x67, 1 + funct3 % 7, 1, 2, 0), ILLEGAL);
    }

    /// @dev A jump to a bad address is a step like any other: the one after it traps.
    function test_jumps_toBadAddresses_trapOneStepLater() public {
        Model memory m = about(1, typeI(0x67, 0, 0, 7, 0));
        m.x[7] = 0x40002;
        Model memory next = advanced(m);
        next.pc = 0x40002;
        assertStep(m, next);
        assertStep(next, "", trapped(next, MISALIGNED));
        m.x[7] = 1 << 32;
        next.pc = 1 << 32;
        next.x[7] = 1 << 32;
        assertStep(m, next);
        assertStep(next, "", trapped(next, OUT_OF_RANGE));
    }

    function test_pc_beyondTheLastInstruction_trapsAndDoesNotWrap() public {
        memory_.write(0xfffffffc, littleEndian(typeI(0x13, 0, 0, 0, 0), 4));
        Model memory m;
        (m.memoryRoot, m.pc) = (memory_.root(), 0xfffffffc);
        Model memory next = advanced(m);
        assertStep(m, next);
        assertStep(next, "", trapped(next, OUT_OF_RANGE));
    }
}
