// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {IStepVerifier} from "../../src/interfaces/IStepVerifier.sol";
import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice ECALL: each syscall, its address, and where parts come from.
contract SyscallTest is MachineFixture {
    uint64 private constant HALT = 1;
    uint64 private constant INPUT = 2;
    uint64 private constant KEY = 3;
    uint64 private constant PREIMAGE = 4;
    uint64 private constant LOG = 5;

    uint64 private target;

    /// @dev About to do a syscall at a random multiple of 32, whose leaf is random.
    function calling(uint256 seed, uint64 number, uint64 a1) private returns (Model memory m) {
        m = about(seed, ECALL);
        target = uint32(random(seed, "target")) & ~uint32(31);
        if (target / 128 == m.pc / 128) target ^= 128;
        fill(seed, target);
        (m.memoryRoot, m.x[10], m.x[11], m.x[17]) = (memory_.root(), target, a1, number);
    }

    function proofOf(Model memory m) private view returns (bytes memory) {
        return bytes.concat(memory_.proof(m.pc), memory_.proof(target));
    }

    function wordAt(uint64 address_) private view returns (bytes32 word) {
        bytes memory leaf = memory_.leafAt(address_);
        for (uint256 i = 0; i < 32; ++i) {
            word |= bytes32(leaf[address_ % 128 + i]) >> 8 * i;
        }
    }

    /// @dev The state after `value` is written to the target.
    function written(Model memory m, bytes32 value) private returns (Model memory next) {
        next = advanced(m);
        memory_.write(target, abi.encodePacked(value));
        next.memoryRoot = memory_.root();
    }

    function test_halt_ofAnyCode_setsOutputAndStatus(uint256 seed, uint64 code) public {
        if (seed % 2 == 0) code = 0;
        Model memory m = calling(seed, HALT, code);
        Model memory next = advanced(m);
        (next.output, next.status) = (wordAt(target), code == 0 ? HALTED : FAILED);
        assertStep(m, proofOf(m), next);
        assertStep(next, "", next);
    }

    function test_halt_ofCodesNearZero_fails() public {
        uint64[5] memory codes = [uint64(1), 2, 1 << 32, 1 << 63, type(uint64).max];
        for (uint256 i = 0; i < codes.length; ++i) {
            Model memory m = calling(1, HALT, codes[i]);
            Model memory next = advanced(m);
            (next.output, next.status) = (wordAt(target), FAILED);
            assertStep(m, proofOf(m), next);
        }
    }

    function test_input_anywhere_isWritten(uint256 seed) public {
        Model memory m = calling(seed, INPUT, 0);
        bytes memory proof = proofOf(m);
        assertStep(m, proof, written(m, m.input));
    }

    function test_key_anywhere_isRead(uint256 seed) public {
        Model memory m = calling(seed, KEY, 0);
        Model memory next = advanced(m);
        next.preimageKey = wordAt(target);
        assertStep(m, proofOf(m), next);
    }

    function test_syscall_inItsOwnLeaf_isProvenTwice() public {
        Model memory m = calling(1, INPUT, 0);
        target = (m.pc & ~uint64(127)) + 96;
        m.x[10] = target;
        bytes memory proof = proofOf(m);
        assertStep(m, proof, written(m, m.input));
    }

    function test_log_ofAnything_doesNothing(uint256 seed, uint64 a0, uint64 a1) public {
        Model memory m = calling(seed, LOG, a1);
        m.x[10] = a0;
        assertStep(m, advanced(m));
    }

    function test_unknownNumbers_trap(uint256 seed, uint64 number, uint64 a0) public {
        if (number - (number == 0 ? 0 : 1) < 5 && number != 0) number = number << 32;
        Model memory m = calling(seed, number, 0);
        m.x[10] = a0;
        assertStep(m, trapped(m, UNKNOWN_SYSCALL));
        m.x[17] = 0;
        assertStep(m, trapped(m, UNKNOWN_SYSCALL));
        m.x[17] = 6;
        assertStep(m, trapped(m, UNKNOWN_SYSCALL));
    }

    function test_address_misaligned_trapsAndChangesNothing(uint256 seed, uint64 number, uint32 a0) public {
        number = uint64(bound(number, HALT, PREIMAGE));
        Model memory m = calling(seed, number, 0);
        m.x[10] = a0 % 32 == 0 ? a0 + 8 : a0;
        assertStep(m, trapped(m, MISALIGNED));
    }

    function test_address_outOfRange_trapsAsThatEvenWhenMisaligned(uint256 seed, uint64 number, uint64 a0) public {
        number = uint64(bound(number, HALT, PREIMAGE));
        Model memory m = calling(seed, number, 0);
        m.x[10] = a0 < 1 << 32 ? a0 + (1 << 32) : a0;
        assertStep(m, trapped(m, OUT_OF_RANGE));
    }

    // Parts of preimages.

    function list(uint256 index) private pure returns (uint256[] memory indices) {
        indices = new uint256[](1);
        indices[0] = index;
    }

    function test_preimage_loaded_isWritten(uint256 seed, bytes memory data, uint256 index) public {
        index = bound(index, 0, (data.length + 31) / 32);
        Model memory m = calling(seed, PREIMAGE, uint64(index));
        m.preimageKey = oracle.loadKeccak(data, list(index));
        bytes32 part = oracle.part(m.preimageKey, index);
        bytes memory proof = proofOf(m);
        Model memory next = written(m, part);
        assertHashes(m, proof, next);
        vm.assertEq(verifier.nextState(encode(m), proof, abi.encodePacked(part)), encode(next));
    }

    function test_preimage_beyondTheEnd_isZero(uint256 seed, uint64 index) public {
        bytes memory data = "gainsay";
        Model memory m = calling(seed, PREIMAGE, index < 2 ? type(uint64).max : index);
        m.preimageKey = oracle.loadKeccak(data, new uint256[](0));
        bytes memory proof = proofOf(m);
        assertHashes(m, proof, written(m, 0));
    }

    function test_preimage_notLoaded_reverts() public {
        Model memory m = calling(1, PREIMAGE, 7);
        m.preimageKey = bytes32(uint256(1) << 248 | 7);
        bytes memory proof = proofOf(m);
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.PartNotLoaded.selector, m.preimageKey, 7));
        verifier.step(encode(m), proof);
    }

    function test_preimage_ofAnUnknownType_isZeroAndNeedsNoPart(uint256 seed, uint8 kind, uint64 index) public {
        Model memory m = calling(seed, PREIMAGE, index);
        if (kind >= 1 && kind <= 3) kind += 3;
        m.preimageKey = bytes32(uint256(kind) << 248 | uint256(m.preimageKey) >> 8);
        bytes memory proof = proofOf(m);
        assertStep(m, proof, written(m, 0));
    }

    /// @dev A trap asks for nothing: a state that could not be proven because nobody can load the part would be a hole.
    function test_preimage_thatTraps_needsNoPart(uint64 a0) public {
        Model memory m = calling(1, PREIMAGE, 1);
        m.preimageKey = bytes32(uint256(1) << 248 | 7);
        m.x[10] = a0 | 1;
        assertStep(m, trapped(m, m.x[10] >= 1 << 32 ? OUT_OF_RANGE : MISALIGNED));
    }

    function test_part_ofAnotherLength_isRefused(uint256 length) public {
        length = bound(length, 0, 64);
        if (length == 32) length = 33;
        Model memory m = calling(1, PREIMAGE, 1);
        m.preimageKey = bytes32(uint256(1) << 248 | 7);
        bytes memory proof = proofOf(m);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongPartLength.selector, length));
        verifier.nextState(encode(m), proof, new bytes(length));
    }

    function test_part_whereNoneIsAsked_isRefused() public {
        Model memory m = calling(1, INPUT, 1);
        m.preimageKey = bytes32(uint256(1) << 248 | 7);
        bytes memory proof = proofOf(m);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongPartLength.selector, 32));
        verifier.nextState(encode(m), proof, new bytes(32));
        m = about(1, typeI(0x13, 0, 1, 1, 1));
        (m.x[17], m.x[10], m.preimageKey) = (PREIMAGE, 0, bytes32(uint256(1) << 248 | 7));
        proof = memory_.proof(m.pc);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongPartLength.selector, 32));
        verifier.nextState(encode(m), proof, new bytes(32));
    }

    function test_preimage_withAnyByteOfItsProofCorrupted_isRefuted(uint256 place) public {
        Model memory m = calling(1, PREIMAGE, 1);
        m.preimageKey = oracle.loadKeccak("gainsay", list(1));
        bytes memory proof = proofOf(m);
        place %= proof.length;
        proof[place] ^= 0x10;
        vm.expectPartialRevert(IStepVerifier.WrongMemoryProof.selector);
        verifier.step(encode(m), proof);
    }
}
