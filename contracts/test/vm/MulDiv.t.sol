// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineFixture, Model} from "../support/MachineFixture.sol";

/// @notice Products, quotients and remainders, against the EVM's own opcodes for 256 bits, and the edges one by one.
contract MulDivTest is MachineFixture {
    uint64 private constant MIN = 1 << 63;
    uint64 private constant ALL = type(uint64).max;

    function edge(uint64 value) private pure returns (uint64) {
        uint64[8] memory edges = [uint64(0), 1, ALL, MIN, MIN - 1, 1 << 31, 0xffffffff80000000, type(uint32).max];
        return value & 3 == 0 ? edges[value >> 2 & 7] : value;
    }

    function assertResult(uint256 opcode, uint256 funct3, uint64 a, uint64 b, uint64 result) private {
        Model memory m = about(a ^ b, typeR(opcode, funct3, 1, 10, 11, 12));
        (m.x[11], m.x[12]) = (a, b);
        Model memory next = advanced(m);
        next.x[10] = result;
        assertStep(m, next);
    }

    function quotient(int256 x, int256 y) private pure returns (int256 result) {
        assembly ("memory-safe") {
            result := sdiv(x, y)
        }
    }

    function remainder(int256 x, int256 y) private pure returns (int256 result) {
        assembly ("memory-safe") {
            result := smod(x, y)
        }
    }

    function high(int256 value) private pure returns (uint64) {
        return uint64(uint256(value) >> 64);
    }

    /// @dev Numbers that may be signed, as the instruction takes them; no division by zero.
    function model(uint256 funct3, int256 x, int256 y) private pure returns (int256) {
        if (y == 0) return funct3 < 6 ? -1 : x;
        return funct3 < 6 ? quotient(x, y) : remainder(x, y);
    }

    function test_products_ofAny_areThoseOfTheIntegers(uint64 a, uint64 b) public {
        (a, b) = (edge(a), edge(b));
        (int256 x, int256 y) = (signed(a), signed(b));
        assertResult(0x33, 0, a, b, low(x * y));
        assertResult(0x33, 1, a, b, high(x * y));
        assertResult(0x33, 2, a, b, high(x * int256(uint256(b))));
        assertResult(0x33, 3, a, b, high(int256(uint256(a) * uint256(b))));
        assertResult(0x3b, 0, a, b, low(signed32(uint256(x * y))));
    }

    function test_divisions_ofAny_areThoseOfTheIntegers(uint64 a, uint64 b) public {
        (a, b) = (edge(a), edge(b));
        (int256 x, int256 y) = (signed(a), signed(b));
        (int256 u, int256 v) = (int256(uint256(a)), int256(uint256(b)));
        assertResult(0x33, 4, a, b, low(model(4, x, y)));
        assertResult(0x33, 5, a, b, low(model(5, u, v)));
        assertResult(0x33, 6, a, b, low(model(6, x, y)));
        assertResult(0x33, 7, a, b, low(model(7, u, v)));
    }

    function test_divisions32_ofAny_areThoseOfTheIntegers(uint64 a, uint64 b) public {
        (a, b) = (edge(a), edge(b));
        (int256 x, int256 y) = (signed32(a), signed32(b));
        (int256 u, int256 v) = (int256(uint256(uint32(a))), int256(uint256(uint32(b))));
        assertResult(0x3b, 4, a, b, low(signed32(uint256(model(4, x, y)))));
        assertResult(0x3b, 5, a, b, low(signed32(uint256(model(5, u, v)))));
        assertResult(0x3b, 6, a, b, low(signed32(uint256(model(6, x, y)))));
        assertResult(0x3b, 7, a, b, low(signed32(uint256(model(7, u, v)))));
    }

    function test_divisions_byZero_giveAllBitsAndTheDividend() public {
        assertResult(0x33, 4, 7, 0, ALL);
        assertResult(0x33, 5, 7, 0, ALL);
        assertResult(0x33, 6, 7, 0, 7);
        assertResult(0x33, 7, MIN, 0, MIN);
        assertResult(0x3b, 4, 7, 1 << 32, ALL);
        assertResult(0x3b, 5, 7, 1 << 32, ALL);
        assertResult(0x3b, 6, 0x80000000, 1 << 32, 0xffffffff80000000);
        assertResult(0x3b, 7, 0x80000000, 1 << 32, 0xffffffff80000000);
    }

    function test_divisions_ofTheSmallestByMinusOne_giveItself() public {
        assertResult(0x33, 4, MIN, ALL, MIN);
        assertResult(0x33, 6, MIN, ALL, 0);
        assertResult(0x3b, 4, 0x80000000, ALL, 0xffffffff80000000);
        assertResult(0x3b, 6, 0x80000000, ALL, 0);
    }

    function test_highProducts_ofTheLargest_haveTheRightSign() public {
        assertResult(0x33, 1, ALL, ALL, 0);
        assertResult(0x33, 2, ALL, ALL, ALL);
        assertResult(0x33, 3, ALL, ALL, ALL - 1);
        assertResult(0x33, 1, MIN, MIN, 1 << 62);
        assertResult(0x33, 2, MIN, MIN, uint64(3 << 62));
    }

    function test_divuw_ofABigQuotient_isSignExtended() public {
        assertResult(0x3b, 5, 0xf0000000, 1, 0xfffffffff0000000);
        assertResult(0x3b, 7, 0xf0000000, 0xffffffff, 0xfffffffff0000000);
    }

    function test_muldiv32_withoutAName_isIllegal(uint256 seed) public {
        for (uint256 funct3 = 1; funct3 < 4; ++funct3) {
            assertTrap(seed, typeR(0x3b, funct3, 1, 1, 2, 3), ILLEGAL);
        }
    }
}
