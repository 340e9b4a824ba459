// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Which words are instructions: those of a list of masks and values, as RISC-V's own tables have it.
contract InstructionTest is MachineFixture {
    function isOneOf(uint32 value, bytes memory words) private pure returns (bool found) {
        for (uint256 i = 0; i < words.length && !found; i += 4) {
            uint32 word;
            for (uint256 k = 0; k < 4; ++k) {
                word = word << 8 | uint8(words[i + k]);
            }
            found = word == value;
        }
    }

    function isListed(uint32 word) private pure returns (bool) {
        bytes memory withFunct3 = hex"00000067000000630000106300004063000050630000606300007063000000030000100300002003"
            hex"00003003000040030000500300006003000000230000102300002023000030230000001300002013"
            hex"000030130000401300006013000070130000001b0000000f";
        bytes memory withFunct7 = hex"00000033000010330000203300003033000040330000503300006033000070334000003340005033"
            hex"02000033020010330200203302003033020040330200503302006033020070330000101b0000501b"
            hex"4000501b0000003b0000103b0000503b4000003b4000503b0200003b0200403b0200503b0200603b" hex"0200703b";
        if (isOneOf(word & 0x7f, hex"00000037000000170000006f")) return true;
        if (isOneOf(word & 0x707f, withFunct3) || isOneOf(word & 0xfe00707f, withFunct7)) return true;
        return word == ECALL || isOneOf(word & 0xfc00707f, hex"000010130000501340005013");
    }

    /// @dev Executes `word` with all registers zero but a7, of a syscall that touches nothing.
    function assertLegality(uint32 word) public {
        Model memory m;
        m.pc = 0x20000;
        m.x[17] = 5;
        memory_.write(m.pc, littleEndian(word, 4));
        m.memoryRoot = memory_.root();
        uint32 rs1 = word >> 15 & 31;
        bool accesses = word & 0x7f == 0x03 || word & 0x7f == 0x23;
        int256 imm = word & 0x7f == 0x03 ? int256(int32(word) >> 20) : int256(int32(word) >> 25 << 5 | int32(word >> 7 & 31));
        uint256 address_ = uint64(uint256(imm + int256(uint256(m.x[rs1]))));
        uint256 width = 1 << (word >> 12 & 3);
        bytes memory proof = memory_.proof(m.pc);
        if (isListed(word) && accesses && address_ < 1 << 32 && address_ % width == 0) {
            proof = bytes.concat(proof, memory_.proof(uint64(address_)));
        }
        bytes memory next = verifier.nextState(encode(m), proof, "");
        vm.assertTrue((next[400] == 0x03) != isListed(word));
        if (!isListed(word)) vm.assertEq(next, encode(trapped(m, ILLEGAL)));
    }

    function test_anyWord_isLegalIfItIsListed(uint32 word) public {
        assertLegality(word);
    }

    function test_anyWordOfAFamily_isLegalIfItIsListed(uint32 word, uint256 which, uint256 kind) public {
        uint32[12] memory opcodes = [uint32(0x03), 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x33, 0x37, 0x3b, 0x63, 0x67, 0x73];
        uint32[8] memory funct7 = [uint32(0), 1, 2, 3, 0x20, 0x21, 0x10, 0x40];
        word = (word & 0x01ffff80) | opcodes[which % 12] | funct7[kind % 8] << 25;
        assertLegality(word);
    }

    function test_everyOpcodeAndFunct3_isLegalIfItIsListed() public {
        for (uint32 i = 0; i < 1024; ++i) {
            // A call of its own, so that memory is given back.
            this.assertLegality((i & 0x7f) | (i >> 7) << 12);
        }
    }

    function everyFunctOf(uint32 opcode) private {
        for (uint32 i = 0; i < 1024; ++i) {
            this.assertLegality((i & 0x7f) << 25 | (i >> 7) << 12 | opcode);
        }
    }

    function test_everyFunctOfOp_isLegalIfItIsListed() public {
        everyFunctOf(0x33);
    }

    function test_everyFunctOfOp32_isLegalIfItIsListed() public {
        everyFunctOf(0x3b);
    }

    function test_everyFunctOfOpImm_isLegalIfItIsListed() public {
        everyFunctOf(0x13);
    }

    function test_everyFunctOfOpImm32_isLegalIfItIsListed() public {
        everyFunctOf(0x1b);
    }

    function test_zeroAndAllOnes_areIllegal(uint256 seed) public {
        assertTrap(seed, 0, ILLEGAL);
        assertTrap(seed, type(uint32).max, ILLEGAL);
    }

    function test_systemInstructions_butEcall_areIllegal(uint256 seed, uint256 bits) public {
        assertTrap(seed, 0x00100073, ILLEGAL);
        assertTrap(seed, 0xc0002573, ILLEGAL);
        assertTrap(seed, uint32(bound(bits, 1, (1 << 25) - 1)) << 7 | ECALL, ILLEGAL);
    }

    function test_fence_withAnyBits_doesNothing(uint256 seed, uint32 bits) public {
        Model memory m = about(seed, (bits & 0xffff8f80) | 0x0f);
        assertStep(m, advanced(m));
    }

    function test_fenceI_isIllegal(uint256 seed) public {
        assertTrap(seed, 0x100f, ILLEGAL);
    }
}
