// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title SafeCall
/// @notice Calls to targets that nobody vouches for.
library SafeCall {
    /// @dev More than what CALL itself can cost: 2,600 for a cold account, 9,000 for sending wei, 25,000 for creating the account.
    uint256 private constant CALL_OVERHEAD = 40_000;

    /// @notice Whether a call made now can be given `minGas`, with `reserved` left to the caller: it keeps back one part in 64 (EIP-150).
    function hasMinGas(uint256 minGas, uint256 reserved) internal view returns (bool) {
        uint256 available = gasleft();
        // More than any block has: no sum below overflows.
        if (minGas > type(uint64).max) return false;
        return available * 63 >= minGas * 64 + (CALL_OVERHEAD + reserved) * 63;
    }

    /// @notice Calls and copies nothing that comes back, so that its length costs the caller nothing.
    function call(address target, uint256 gasLimit, uint256 value, bytes memory data) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gasLimit, target, value, add(data, 32), mload(data), 0, 0)
        }
    }
}
