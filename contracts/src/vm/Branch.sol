// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Instruction} from "./Instruction.sol";

/// @title Branch
/// @notice Mirrors fault-vm/machine/src/branch.rs: which branches there are and when they are taken.
library Branch {
    /// @notice funct3 0, 1, 4 to 7: BEQ BNE BLT BGE BLTU BGEU.
    function holds(Instruction i, uint64 a, uint64 b) internal pure returns (bool legal, bool taken) {
        uint256 funct3 = i.funct3();
        if (funct3 == 2 || funct3 == 3) return (false, false);
        if (funct3 < 2) taken = a == b;
        else if (funct3 < 6) taken = int64(a) < int64(b);
        else taken = a < b;
        // The odd ones are the opposite of the even ones.
        return (true, taken != (funct3 & 1 == 1));
    }
}
