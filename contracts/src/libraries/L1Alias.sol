// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title L1Alias
/// @notice The address on L2 of a contract on L1: another contract, or a key, may have its own address there.
library L1Alias {
    uint160 private constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    function aliasOf(address l1Address) internal pure returns (address) {
        unchecked {
            return address(uint160(l1Address) + OFFSET);
        }
    }
}
