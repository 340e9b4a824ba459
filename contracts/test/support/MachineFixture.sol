// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PreimageOracle} from "../../src/PreimageOracle.sol";
import {StepVerifier} from "../../src/StepVerifier.sol";
import {vm} from "./Cheats.sol";
import {MemoryTree} from "./MemoryTree.sol";

/// @notice A state of the machine as its specification lists it.
struct Model {
    bytes32 memoryRoot;
    bytes32 input;
    bytes32 output;
    bytes32 preimageKey;
    uint64[32] x;
    uint64 pc;
    uint64 step;
    uint8 status;
}

/// @notice A machine in any state, with its memory beside it; the real contracts take its steps.
abstract contract MachineFixture {
    uint8 internal constant RUNNING = 0;
    uint8 internal constant HALTED = 1;
    uint8 internal constant FAILED = 2;
    uint8 internal constant ILLEGAL = 3;
    uint8 internal constant MISALIGNED = 4;
    uint8 internal constant OUT_OF_RANGE = 5;
    uint8 internal constant UNKNOWN_SYSCALL = 6;

    uint32 internal constant ECALL = 0x73;

    PreimageOracle internal oracle;
    StepVerifier internal verifier;
    MemoryTree internal memory_;

    function setUp() public virtual {
        oracle = new PreimageOracle();
        verifier = new StepVerifier(oracle);
    }

    function random(uint256 seed, string memory what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    /// @dev A running machine with a random rest, at a random place, about to execute `word`. The leaf around it is random too.
    function about(uint256 seed, uint32 word) internal returns (Model memory m) {
        m.input = bytes32(random(seed, "input"));
        m.output = bytes32(random(seed, "output"));
        m.preimageKey = bytes32(random(seed, "key"));
        for (uint256 i = 1; i < 32; ++i) {
            m.x[i] = uint64(random(seed, "registers") >> i);
        }
        m.pc = uint32(random(seed, "pc")) & ~uint32(3);
        m.step = uint64(random(seed, "step"));
        fill(seed, m.pc);
        memory_.write(m.pc, littleEndian(word, 4));
        m.memoryRoot = memory_.root();
    }

    /// @dev Random bytes into the leaf of an address.
    function fill(uint256 seed, uint64 address_) internal {
        bytes memory leaf;
        for (uint256 i = 0; i < 4; ++i) {
            leaf = bytes.concat(leaf, keccak256(abi.encode(seed, address_, i)));
        }
        memory_.write(address_ & ~uint64(127), leaf);
    }

    function littleEndian(uint64 value, uint256 width) internal pure returns (bytes memory data) {
        data = new bytes(width);
        for (uint256 i = 0; i < width; ++i) {
            data[i] = bytes1(uint8(value >> 8 * i));
        }
    }

    function copy(Model memory m) internal pure returns (Model memory) {
        return abi.decode(abi.encode(m), (Model));
    }

    /// @dev A copy of the state, one step older and at the next instruction.
    function advanced(Model memory m) internal pure returns (Model memory next) {
        next = copy(m);
        unchecked {
            next.step += 1;
            next.pc += 4;
        }
    }

    /// @dev What a trap leaves.
    function trapped(Model memory m, uint8 status) internal pure returns (Model memory next) {
        next = copy(m);
        unchecked {
            next.step += 1;
        }
        next.status = status;
    }

    function registersOf(Model memory m) internal pure returns (bytes memory registers) {
        for (uint256 i = 0; i < 32; ++i) {
            registers = abi.encodePacked(registers, m.x[i]);
        }
    }

    function encode(Model memory m) internal pure returns (bytes memory) {
        bytes memory words = abi.encodePacked(m.memoryRoot, m.input, m.output, m.preimageKey);
        return abi.encodePacked(words, registersOf(m), m.pc, m.step, m.status);
    }

    function hashOf(Model memory m) internal pure returns (bytes32) {
        bytes memory words = abi.encodePacked(m.memoryRoot, m.input, m.output, m.preimageKey);
        return keccak256(abi.encodePacked(words, keccak256(registersOf(m)), m.pc, m.step, m.status));
    }

    /// @dev The verifier takes the step from `m` to `next` with this proof, by both of its functions.
    function assertStep(Model memory m, bytes memory proof, Model memory next) internal view {
        vm.assertEq(verifier.nextState(encode(m), proof, ""), encode(next));
        assertHashes(m, proof, next);
    }

    function assertHashes(Model memory m, bytes memory proof, Model memory next) internal view {
        (bytes32 stateHash, bytes32 nextStateHash) = verifier.step(encode(m), proof);
        vm.assertEq(stateHash, hashOf(m));
        vm.assertEq(nextStateHash, hashOf(next));
    }

    /// @dev A step that touches nothing but its instruction.
    function assertStep(Model memory m, Model memory next) internal view {
        assertStep(m, memory_.proof(m.pc), next);
    }

    /// @dev The instruction `word` in any machine traps.
    function assertTrap(uint256 seed, uint32 word, uint8 status) internal {
        Model memory m = about(seed, word);
        assertStep(m, trapped(m, status));
    }

    // Encodings of the six formats.

    function typeR(uint256 opcode, uint256 funct3, uint256 funct7, uint256 rd, uint256 rs1, uint256 rs2) internal pure returns (uint32) {
        return uint32(funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
    }

    function typeI(uint256 opcode, uint256 funct3, uint256 rd, uint256 rs1, int256 imm) internal pure returns (uint32) {
        return uint32((uint256(imm) & 0xfff) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
    }

    function typeS(uint256 opcode, uint256 funct3, uint256 rs1, uint256 rs2, int256 imm) internal pure returns (uint32) {
        uint256 bits = uint256(imm);
        return uint32((bits >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (bits & 0x1f) << 7 | opcode);
    }

    function typeB(uint256 funct3, uint256 rs1, uint256 rs2, int256 imm) internal pure returns (uint32) {
        uint256 bits = uint256(imm);
        uint256 high = (bits >> 12 & 1) << 6 | (bits >> 5 & 0x3f);
        uint256 lower = (bits >> 1 & 0xf) << 1 | (bits >> 11 & 1);
        return uint32(high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | lower << 7 | 0x63);
    }

    function typeU(uint256 opcode, uint256 rd, uint256 imm20) internal pure returns (uint32) {
        return uint32(imm20 << 12 | rd << 7 | opcode);
    }

    function typeJ(uint256 rd, int256 imm) internal pure returns (uint32) {
        uint256 bits = uint256(imm);
        uint256 field = (bits >> 20 & 1) << 19 | (bits >> 1 & 0x3ff) << 9 | (bits >> 11 & 1) << 8 | (bits >> 12 & 0xff);
        return uint32(field << 12 | rd << 7 | 0x6f);
    }

    /// @dev The lowest 64 bits of a number: what modulo 2^64 leaves.
    function low(int256 value) internal pure returns (uint64) {
        return uint64(uint256(value));
    }

    function signed(uint64 value) internal pure returns (int256 result) {
        assembly ("memory-safe") {
            result := signextend(7, value)
        }
    }

    /// @dev The low 32 bits, sign-extended.
    function signed32(uint256 value) internal pure returns (int256 result) {
        assembly ("memory-safe") {
            result := signextend(3, value)
        }
    }
}
