// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title MulDiv
/// @notice Mirrors fault-vm/machine/src/muldiv.rs: products, quotients and remainders. Division by zero gives all bits set and the dividend
///         as remainder; the smallest number by −1 gives itself, remainder 0.
/// @dev Signed numbers are worked on with 256 bits, where nothing overflows, and cut afterwards.
library MulDiv {
    /// @notice funct3 0 to 7: MUL MULH MULHSU MULHU DIV DIVU REM REMU.
    function compute(uint256 funct3, uint64 a, uint64 b) internal pure returns (uint64) {
        int256 x = int64(a);
        int256 y = int64(b);
        unchecked {
            if (funct3 == 0) return a * b;
            if (funct3 == 1) return cut(x * y >> 64);
            if (funct3 == 2) return cut(x * int256(uint256(b)) >> 64);
            if (funct3 == 3) return uint64(uint256(a) * uint256(b) >> 64);
            if (funct3 == 4) return b == 0 ? type(uint64).max : cut(x / y);
            if (funct3 == 5) return b == 0 ? type(uint64).max : a / b;
            if (funct3 == 6) return b == 0 ? a : cut(x % y);
            return b == 0 ? a : a % b;
        }
    }

    /// @notice funct3 0, 4 to 7: MULW DIVW DIVUW REMW REMUW.
    function compute32(uint256 funct3, uint64 a, uint64 b) internal pure returns (bool legal, uint64 result) {
        if (funct3 != 0 && funct3 < 4) return (false, 0);
        (uint32 x, uint32 y) = (uint32(a), uint32(b));
        if (funct3 == 5 || funct3 == 7) return (true, extend32(unsigned32(funct3, x, y)));
        return (true, extend32(uint32(compute(funct3, extend32(x), extend32(y)))));
    }

    function unsigned32(uint256 funct3, uint32 x, uint32 y) private pure returns (uint32) {
        if (y == 0) return funct3 == 5 ? type(uint32).max : x;
        return funct3 == 5 ? x / y : x % y;
    }

    function cut(int256 value) private pure returns (uint64) {
        return uint64(uint256(value));
    }

    function extend32(uint32 value) private pure returns (uint64) {
        return uint64(int64(int32(value)));
    }
}
