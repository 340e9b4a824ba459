// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStepVerifier, Opening} from "../../src/interfaces/IStepVerifier.sol";
import {bound, vm} from "../support/Cheats.sol";
import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Hashes of states, whole, opened and initial.
contract StateTest is MachineFixture {
    function test_hash_ofAnyState_isTheSpecifications(bytes32[4] memory words, uint64[32] memory x, uint64[2] memory numbers, uint8 status)
        public
        view
    {
        Model memory m = Model(words[0], words[1], words[2], words[3], x, numbers[0], numbers[1], status);
        vm.assertEq(verifier.hashState(encode(m)), hashOf(m));
        vm.assertEq(verifier.hashOpening(opening(m)), hashOf(m));
        if (status != RUNNING) vm.assertEq(verifier.nextState(encode(m), "", ""), encode(m));
    }

    function opening(Model memory m) private pure returns (Opening memory) {
        return Opening(m.memoryRoot, m.input, m.output, m.preimageKey, keccak256(registersOf(m)), m.pc, m.step, m.status);
    }

    function test_hash_ofAnotherLength_isRefused(uint256 length) public {
        length = bound(length, 0, 800);
        if (length == 401) length = 400;
        vm.expectRevert(abi.encodeWithSelector(IStepVerifier.WrongStateLength.selector, length));
        verifier.hashState(new bytes(length));
    }

    function test_initialState_hasOnlyRootInputAndEntry(bytes32 programRoot, bytes32 input) public view {
        Model memory m;
        (m.memoryRoot, m.input, m.pc) = (programRoot, input, 0x10000);
        vm.assertEq(verifier.initialStateHash(programRoot, input), hashOf(m));
    }
}
