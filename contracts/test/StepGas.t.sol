// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./support/Cheats.sol";
import {MachineFixture, Model} from "./support/MachineFixture.sol";

/// @notice One step of every class: the dearest of its instructions, in states whose every register, leaf and sibling is random.
abstract contract StepClasses is MachineFixture {
    uint64 private constant TARGET = 0xdeadbe40;

    function cost(Model memory m, bytes memory proof) internal virtual returns (uint256);

    /// @dev Of the instruction in such a state; it touches the leaf of x6 if `touches`.
    function costOf(uint32 word, bool touches) private returns (uint256) {
        Model memory m = about(word, word);
        fill(word, TARGET);
        (m.memoryRoot, m.x[6], m.x[10]) = (memory_.root(), TARGET, TARGET);
        bytes memory proof = memory_.proof(m.pc);
        return cost(m, touches ? bytes.concat(proof, memory_.proof(TARGET)) : proof);
    }

    function larger(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function ofAlu() internal returns (uint256 most) {
        for (uint256 funct3 = 0; funct3 < 8; ++funct3) {
            most = larger(most, costOf(typeR(0x33, funct3, 0, 9, 6, 8), false));
            most = larger(most, costOf(typeI(0x13, funct3, 9, 6, int256(funct3)), false));
        }
        for (uint256 i = 0; i < 3; ++i) {
            uint256 funct3 = [0, 1, 5][i];
            most = larger(most, costOf(typeR(0x3b, funct3, 0, 9, 6, 8), false));
            most = larger(most, costOf(typeI(0x1b, funct3, 9, 6, 7), false));
        }
        uint32[9] memory others = [
            typeR(0x33, 0, 0x20, 9, 6, 8),
            typeR(0x33, 5, 0x20, 9, 6, 8),
            typeR(0x3b, 0, 0x20, 9, 6, 8),
            typeR(0x3b, 5, 0x20, 9, 6, 8),
            typeI(0x13, 5, 9, 6, 0x407),
            typeI(0x1b, 5, 9, 6, 0x407),
            typeU(0x37, 9, 0xabcde),
            typeU(0x17, 9, 0xabcde),
            0x0ff0000f
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            most = larger(most, costOf(others[i], false));
        }
    }

    function ofMuldiv() internal returns (uint256 most) {
        for (uint256 funct3 = 0; funct3 < 8; ++funct3) {
            most = larger(most, costOf(typeR(0x33, funct3, 1, 9, 6, 8), false));
            if (funct3 == 0 || funct3 > 3) most = larger(most, costOf(typeR(0x3b, funct3, 1, 9, 6, 8), false));
        }
    }

    function ofBranch() internal returns (uint256 most) {
        for (uint256 i = 0; i < 6; ++i) {
            uint256 funct3 = [0, 1, 4, 5, 6, 7][i];
            most = larger(most, costOf(typeB(funct3, 6, 8, -1234), false));
            most = larger(most, costOf(typeB(funct3, 8, 6, -1234), false));
            most = larger(most, costOf(typeB(funct3, 8, 8, -1234), false));
        }
    }

    function ofJump() internal returns (uint256) {
        return larger(costOf(typeJ(1, -123_456), false), costOf(typeI(0x67, 0, 1, 6, -123), false));
    }

    function ofLoad() internal returns (uint256 most) {
        for (uint256 funct3 = 0; funct3 < 7; ++funct3) {
            most = larger(most, costOf(typeI(0x03, funct3, 9, 6, 24), true));
        }
    }

    function ofStore() internal returns (uint256 most) {
        for (uint256 funct3 = 0; funct3 < 4; ++funct3) {
            most = larger(most, costOf(typeS(0x23, funct3, 6, 8, 24), true));
        }
    }

    /// @dev Illegal ones of each family, bad addresses, a bad pc, an unknown syscall.
    function ofTrap() internal returns (uint256 most) {
        uint32[9] memory words = [
            uint32(0xffffffff),
            0x30200073,
            typeR(0x33, 7, 0x7f, 9, 6, 8),
            typeR(0x3b, 7, 0x7f, 9, 6, 8),
            typeI(0x13, 5, 9, 6, 0xfff),
            typeI(0x1b, 5, 9, 6, 0xfff),
            typeI(0x03, 3, 9, 6, 3),
            typeS(0x23, 3, 6, 8, 3),
            typeI(0x03, 3, 9, 8, 0)
        ];
        for (uint256 i = 0; i < words.length; ++i) {
            most = larger(most, costOf(words[i], false));
        }
        most = larger(most, costOf(ECALL, false));
        Model memory m = about(1, ECALL);
        m.pc = 0xfffffffffffffff1;
        most = larger(most, cost(m, ""));
    }

    function ofStopped() internal returns (uint256) {
        Model memory m = about(1, ECALL);
        m.status = HALTED;
        return cost(m, "");
    }

    function ofSyscall(uint64 number) internal returns (uint256) {
        Model memory m = about(number, ECALL);
        fill(number, TARGET);
        (m.memoryRoot, m.x[10], m.x[17]) = (memory_.root(), TARGET, number);
        if (number == 4) (m.preimageKey, m.x[11]) = loaded();
        bytes memory proof = memory_.proof(m.pc);
        return cost(m, number == 5 ? proof : bytes.concat(proof, memory_.proof(TARGET)));
    }

    /// @dev A part of zeroes: the oracle has to look further than for another.
    function loaded() private returns (bytes32 key, uint64 index) {
        index = 300;
        uint256[] memory indices = new uint256[](1);
        indices[0] = index;
        key = oracle.loadKeccak(new bytes(32 * 301), indices);
    }
}

/// forge-config: default.isolate = true
/// @notice The whole transaction that verifies a step by itself, into snapshots/Step.json: with the intrinsic gas, and the floor that EIP-7623 sets
///         by the calldata.
contract StepGasTest is StepClasses {
    uint256 private calldataBytes;

    function cost(Model memory m, bytes memory proof) internal override returns (uint256) {
        bytes memory input = abi.encodeCall(verifier.step, (encode(m), proof));
        calldataBytes = larger(calldataBytes, input.length);
        (bool ok, bytes memory output) = address(verifier).call(input);
        vm.assertTrue(ok);
        vm.assertEq(abi.decode(output, (bytes32)), hashOf(m));
        return vm.lastCallGas().gasTotalUsed;
    }

    function snapshot(string memory name, uint256 gas_) private {
        vm.assertLe(gas_, 150_000, name);
        vm.snapshotValue("Step", name, gas_);
    }

    function test_step_ofEveryClass() public {
        snapshot("step.alu", ofAlu());
        snapshot("step.muldiv", ofMuldiv());
        snapshot("step.branch", ofBranch());
        snapshot("step.jump", ofJump());
        snapshot("step.load", ofLoad());
        snapshot("step.store", ofStore());
        snapshot("step.trap", ofTrap());
        snapshot("step.stopped", ofStopped());
        snapshot("step.syscall.halt", ofSyscall(1));
        snapshot("step.syscall.input", ofSyscall(2));
        snapshot("step.syscall.key", ofSyscall(3));
        snapshot("step.syscall.preimage", ofSyscall(4));
        snapshot("step.syscall.log", ofSyscall(5));
        vm.assertLt(calldataBytes, 2_600);
        vm.snapshotValue("Step", "step.calldata", calldataBytes);
    }
}

/// @notice The same without what calldata costs: what a step adds to a transaction that has the floor behind it.
contract StepExecutionGasTest is StepClasses {
    function cost(Model memory m, bytes memory proof) internal override returns (uint256) {
        vm.cool(address(verifier));
        vm.cool(address(oracle));
        verifier.step(encode(m), proof);
        return vm.lastCallGas().gasTotalUsed;
    }

    function test_step_executionAlone() public {
        vm.snapshotValue("Step", "step.execution.compute", larger(larger(ofAlu(), ofMuldiv()), larger(ofBranch(), ofJump())));
        vm.snapshotValue("Step", "step.execution.memory", larger(ofLoad(), ofStore()));
        vm.snapshotValue("Step", "step.execution.preimage", ofSyscall(4));
    }
}
