// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Loads and stores of every width, at every place of a leaf, and addresses that trap.
contract LoadStoreTest is MachineFixture {
    /// @dev A register so that register + imm = address.
    function base(uint64 address_, int256 imm) private pure returns (uint64) {
        return low(int256(uint256(address_)) - imm);
    }

    function place(uint64 address_, uint256 width) private pure returns (uint64) {
        return uint64(uint32(address_) / width * width);
    }

    function model(bytes memory leaf, uint256 start, uint256 width, bool isSigned) private pure returns (uint64) {
        uint256 value;
        for (uint256 i = width; i > 0; --i) {
            value = value << 8 | uint8(leaf[start + i - 1]);
        }
        if (isSigned && value >> (8 * width - 1) == 1) return low(int256(value) - int256(1 << 8 * width));
        return uint64(value);
    }

    function test_load_anywhere_isTheModel(uint256 seed, uint256 funct3, uint8 rd, uint64 address_, int256 imm) public {
        (funct3, rd, imm) = (funct3 % 7, rd & 31, imm % 2048);
        uint256 width = 1 << funct3 % 4;
        address_ = place(address_, width);
        Model memory m = about(seed, typeI(0x03, funct3, rd, 6, imm));
        vm.assume(m.pc / 128 != address_ / 128);
        fill(seed, address_);
        (m.memoryRoot, m.x[6]) = (memory_.root(), base(address_, imm));
        Model memory next = advanced(m);
        if (rd != 0) next.x[rd] = model(memory_.leafAt(address_), address_ % 128, width, funct3 < 4);
        assertStep(m, bytes.concat(memory_.proof(m.pc), memory_.proof(address_)), next);
    }

    function test_store_anywhere_changesItsBytesAlone(uint256 seed, uint256 funct3, uint64 address_, uint64 value, int256 imm) public {
        (funct3, imm) = (funct3 % 4, imm % 2048);
        uint256 width = 1 << funct3;
        address_ = place(address_, width);
        Model memory m = about(seed, typeS(0x23, funct3, 6, 28, imm));
        vm.assume(m.pc / 128 != address_ / 128);
        fill(seed, address_);
        (m.memoryRoot, m.x[6], m.x[28]) = (memory_.root(), base(address_, imm), value);
        bytes memory proof = bytes.concat(memory_.proof(m.pc), memory_.proof(address_));
        memory_.write(address_, littleEndian(value, width));
        Model memory next = advanced(m);
        next.memoryRoot = memory_.root();
        assertStep(m, proof, next);
    }

    function test_store_overItsOwnInstruction_changesIt(uint256 seed, uint64 value) public {
        Model memory m = about(seed, typeS(0x23, 2, 6, 28, 0));
        (m.x[6], m.x[28]) = (m.pc, value);
        bytes memory proof = bytes.concat(memory_.proof(m.pc), memory_.proof(m.pc));
        memory_.write(m.pc, littleEndian(value, 4));
        Model memory next = advanced(m);
        next.memoryRoot = memory_.root();
        assertStep(m, proof, next);
    }

    function test_loads_ofTheSignBit_extendItAsTheySay() public {
        uint64[7] memory expected =
            [uint64(0xffffffffffffff80), 0xffffffffffff8080, 0xffffffff80808080, 0x8080808080808080, 0x80, 0x8080, 0x80808080];
        memory_.write(0x80000, littleEndian(0x8080808080808080, 8));
        for (uint256 funct3 = 0; funct3 < 7; ++funct3) {
            Model memory m = about(7, typeI(0x03, funct3, 5, 6, 0));
            m.x[6] = 0x80000;
            Model memory next = advanced(m);
            next.x[5] = expected[funct3];
            assertStep(m, bytes.concat(memory_.proof(m.pc), memory_.proof(0x80000)), next);
        }
    }

    function test_access_misaligned_traps(uint256 seed, uint256 funct3, uint64 address_, bool isStore) public {
        funct3 = isStore ? bound(funct3, 1, 3) : [1, 2, 3, 5, 6][funct3 % 5];
        uint256 width = 1 << funct3 % 4;
        address_ = uint32(address_);
        vm.assume(address_ % width != 0);
        Model memory m = about(seed, isStore ? typeS(0x23, funct3, 6, 7, 0) : typeI(0x03, funct3, 1, 6, 0));
        m.x[6] = address_;
        assertStep(m, trapped(m, MISALIGNED));
    }

    function test_access_outOfRange_trapsAsThatEvenWhenMisaligned(uint256 seed, uint64 address_, bool isStore) public {
        if (address_ < 1 << 32) address_ += 1 << 32;
        Model memory m = about(seed, isStore ? typeS(0x23, 3, 6, 7, 0) : typeI(0x03, 3, 1, 6, 0));
        m.x[6] = address_;
        assertStep(m, trapped(m, OUT_OF_RANGE));
    }

    /// @dev Sums wrap at 2^64, addresses do not at 2^32.
    function test_access_atTheTop_doesNotWrap() public {
        Model memory m = about(1, typeI(0x03, 3, 1, 6, 8));
        m.x[6] = 0xfffffff8;
        assertStep(m, trapped(m, OUT_OF_RANGE));
        m.x[6] = low(-8);
        Model memory next = advanced(m);
        next.x[1] = 0;
        assertStep(m, bytes.concat(memory_.proof(m.pc), memory_.proof(0)), next);
        m = about(2, typeI(0x03, 3, 1, 6, -8));
        m.x[6] = 0;
        assertStep(m, trapped(m, OUT_OF_RANGE));
    }

    function test_load_forRegister0_trapsAllTheSame() public {
        Model memory m = about(1, typeI(0x03, 3, 0, 6, 0));
        m.x[6] = 4;
        assertStep(m, trapped(m, MISALIGNED));
    }

    function test_access_withoutAName_isIllegal(uint256 seed, uint256 funct3) public {
        assertTrap(seed, typeI(0x03, 7, 1, 2, 0), ILLEGAL);
        assertTrap(seed, typeS(0x23, bound(funct3, 4, 7), 1, 2, 0), ILLEGAL);
    }
}
