// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";

/// @title MintableTokens
/// @notice Asks a token whether it is mintable by a bridge (ERC-165).
library MintableTokens {
    /// @dev ERC-165's bound.
    uint256 private constant QUERY_GAS = 30_000;
    bytes4 private constant SUPPORTS_INTERFACE = 0x01ffc9a7;

    /// @notice False for whatever does not answer with one word that is 1.
    function isMintable(address token) internal view returns (bool yes) {
        bytes memory query = abi.encodeWithSelector(SUPPORTS_INTERFACE, type(IOptimismMintableERC20).interfaceId);
        assembly ("memory-safe") {
            // Scratch space takes the answer; more of it is not copied.
            mstore(0, 0)
            let answered := staticcall(QUERY_GAS, token, add(query, 32), mload(query), 0, 32)
            yes := and(and(answered, gt(returndatasize(), 31)), eq(mload(0), 1))
        }
    }
}
