// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StepVerifier} from "../../src/StepVerifier.sol";
import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {IStepVerifier} from "../../src/interfaces/IStepVerifier.sol";
import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Fetching, stopping, that there is always a next state, and proofs that are not.
contract StepTest is MachineFixture {
    function test_constructor_withoutOracle_reverts() public {
        vm.expectRevert(IStepVerifier.ZeroAddress.selector);
        new StepVerifier(IPreimageOracle(address(0)));
    }

    function test_oracle_isTheOneGiven() public view {
        vm.assertEq(verifier.oracle(), address(oracle));
    }

    // Stopped machines and the step counter.

    function test_stoppedMachine_ofAnyStatus_staysAsItIs(uint256 seed, uint8 status) public {
        Model memory m = about(seed, uint32(random(seed, "word")));
        m.status = status == 0 ? 255 : status;
        assertStep(m, "", m);
    }

    function test_stoppedMachine_whoseFetchWouldTrap_staysAsItIs(uint8 status, uint64 pc) public view {
        Model memory m;
        (m.status, m.pc) = (status == 0 ? 1 : status, pc);
        assertStep(m, "", m);
    }

    function test_stepCounter_atItsTop_wraps() public {
        Model memory m = about(1, typeI(0x13, 0, 1, 1, 1));
        m.step = type(uint64).max;
        Model memory next = advanced(m);
        next.x[1] += 1;
        vm.assertEq(next.step, 0);
        assertStep(m, next);
    }

    // Fetching.

    function test_fetch_beyondTheAddressSpace_traps(uint256 seed, uint64 pc) public {
        Model memory m = about(seed, 0x13);
        m.pc = pc < 1 << 32 ? pc + (1 << 32) : pc;
        assertStep(m, "", trapped(m, OUT_OF_RANGE));
    }

    function test_fetch_misaligned_traps(uint256 seed, uint32 pc) public {
        Model memory m = about(seed, 0x13);
        m.pc = pc % 4 == 0 ? pc + 2 : pc;
        assertStep(m, "", trapped(m, MISALIGNED));
    }

    // Every state has a next one.

    /// @dev Where a step from `m` over `word` may touch memory, by the operands of its family.
    function addressOf(Model memory m, uint32 word) private pure returns (uint64) {
        uint64 base = m.x[word >> 15 & 31];
        if (word & 0x7f == 0x03) return low(signed(base) + (int32(word) >> 20));
        if (word & 0x7f == 0x23) return low(signed(base) + (int32(word) >> 25 << 5 | int32(word >> 7 & 31)));
        return m.x[10];
    }

    function anyNumber(uint256 seed) private pure returns (uint64) {
        uint64[8] memory edges = [uint64(0), 1, 4, 32, 0x80000, 0xffffffe0, 1 << 32, type(uint64).max];
        return seed % 4 == 0 ? uint64(seed >> 64) : edges[seed / 4 % 8];
    }

    /// @dev One of three proofs is right, whatever the state: none, the instruction's, or two. A revert of all would be a state without an end.
    function test_anyState_withAnyWord_hasExactlyOneNextState(uint256 seed, uint32 word, uint256 which) public {
        uint32[12] memory opcodes = [uint32(0x03), 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x33, 0x37, 0x3b, 0x63, 0x67, 0x6f];
        word = which % 16 < 12 ? (word & ~uint32(0x7f)) | opcodes[which % 16] : which % 16 < 14 ? ECALL : word;
        Model memory m = about(seed, word);
        for (uint256 i = 0; i < 32; ++i) {
            m.x[i] = anyNumber(random(seed, vm.toString(i)));
        }
        m.x[17] = which % 7 == 6 ? m.x[17] : uint64(which % 7);
        if (which % 3 == 0) m.preimageKey = bytes32(uint256(which % 5) << 248);
        if (which % 19 == 0) m.pc = anyNumber(which);
        if (which % 23 == 0) m.status = uint8(which >> 8);
        bytes memory one = memory_.proof(uint32(m.pc));
        bytes memory two = bytes.concat(one, memory_.proof(uint32(addressOf(m, word))));
        uint256 right;
        for (uint256 i = 0; i < 6; ++i) {
            bytes memory proof = i % 3 == 0 ? bytes("") : i % 3 == 1 ? one : two;
            try verifier.nextState(encode(m), proof, new bytes(i < 3 ? 0 : 32)) returns (bytes memory next) {
                vm.assertEq(next.length, 401);
                right += 1;
            } catch {}
        }
        vm.assertEq(right, 1);
    }

    // Proofs that are not.

    /// @dev A store, so that a proof has two accesses and both roots count.
    function aStore(uint256 seed) private returns (Model memory m, bytes memory proof) {
        m = about(seed, typeS(0x23, 3, 6, 7, 0));
        m.x[6] = 0x80048;
        fill(seed, 0x80048);
        m.memoryRoot = memory_.root();
        proof = bytes.concat(memory_.proof(m.pc), memory_.proof(0x80048));
    }

    function isRefuted(bytes memory state, bytes memory proof) private view returns (bool) {
        try verifier.step(state, proof) {
            return false;
        } catch {
            return true;
        }
    }

    function test_proof_withAnyByteCorrupted_isRefuted() public {
        (Model memory m, bytes memory proof) = aStore(1);
        bytes memory state = encode(m);
        vm.assertFalse(isRefuted(state, proof));
        for (uint256 i = 0; i < proof.length; ++i) {
            bytes1 old = proof[i];
            proof[i] = old ^ bytes1(uint8(1 << i % 8));
            vm.assertTrue(isRefuted(state, proof), vm.toString(i));
            proof[i] = old;
        }
    }

    function test_proof_withAByteCorrupted_saysWhichLeafIsWrong(uint256 place, uint8 mask) public {
        (Model memory m, bytes memory proof) = aStore(2);
        place %= proof.length;
        proof[place] ^= bytes1(mask == 0 ? 1 : mask);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongMemoryProof.selector, place < 928 ? m.pc : 0x80048));
        verifier.step(encode(m), proof);
    }

    function test_state_withAnyByteCorrupted_hasAnotherHash() public {
        (Model memory m, bytes memory proof) = aStore(3);
        bytes memory state = encode(m);
        for (uint256 i = 0; i < state.length; ++i) {
            state[i] ^= 0x04;
            try verifier.step(state, proof) returns (bytes32 stateHash, bytes32) {
                vm.assertTrue(stateHash != hashOf(m), vm.toString(i));
            } catch {}
            state[i] ^= 0x04;
        }
    }

    function cut(bytes memory data, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[i];
        }
    }

    function test_proof_withMissingBytes_isRefuted(uint256 length) public {
        (Model memory m, bytes memory proof) = aStore(4);
        length = bound(length, 0, proof.length - 1);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongProofLength.selector, length));
        verifier.step(encode(m), cut(proof, length));
    }

    function test_proof_withBytesLeftOver_isRefuted(bytes memory more) public {
        vm.assume(more.length != 0);
        (Model memory m, bytes memory proof) = aStore(5);
        proof = bytes.concat(proof, more);
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongProofLength.selector, proof.length));
        verifier.step(encode(m), proof);
    }

    function assertNoAccess(Model memory m, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongProofLength.selector, proof.length));
        verifier.step(encode(m), proof);
    }

    /// @dev What a step does not touch must not be proven, although it could be.
    function test_proof_ofWhatIsNotTouched_isRefuted() public {
        Model memory m = about(6, typeI(0x13, 0, 1, 1, 1));
        bytes memory one = memory_.proof(m.pc);
        bytes memory two = bytes.concat(one, memory_.proof(0x80000));
        assertNoAccess(m, two);
        m.status = HALTED;
        assertNoAccess(m, one);
        m.status = RUNNING;
        m.pc = 2;
        assertNoAccess(m, one);
        m = about(6, typeI(0x03, 3, 1, 6, 0));
        m.x[6] = 0x80001;
        assertNoAccess(m, bytes.concat(memory_.proof(m.pc), memory_.proof(0x80000)));
        m = about(6, 0);
        assertNoAccess(m, bytes.concat(memory_.proof(m.pc), memory_.proof(0x80000)));
        m = about(6, ECALL);
        m.x[17] = 5;
        assertNoAccess(m, bytes.concat(memory_.proof(m.pc), memory_.proof(0x80000)));
    }

    function test_proof_ofAnotherLeafOfTheSameRoot_isRefuted() public {
        (Model memory m, bytes memory proof) = aStore(7);
        bytes memory wrong = bytes.concat(memory_.proof(m.pc), memory_.proof(0x80048 ^ 128));
        vm.assertTrue(isRefuted(encode(m), wrong));
        wrong = bytes.concat(memory_.proof(0x80048), memory_.proof(m.pc));
        vm.assertTrue(isRefuted(encode(m), wrong));
        vm.assertFalse(isRefuted(encode(m), proof));
    }

    function test_proof_ofTheRootAfterAStore_isRefutedBeforeIt() public {
        (Model memory m,) = aStore(8);
        memory_.write(0x80048, hex"ff");
        vm.assertTrue(isRefuted(encode(m), bytes.concat(memory_.proof(m.pc), memory_.proof(0x80048))));
    }

    function test_state_ofAnotherLength_isRefused(uint256 length) public {
        length = bound(length, 0, 800);
        if (length == 401) length = 402;
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongStateLength.selector, length));
        verifier.step(new bytes(length), "");
    }
}
