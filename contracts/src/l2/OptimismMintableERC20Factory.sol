// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title OptimismMintableERC20Factory
/// @notice Makes tokens on L2 that stand for tokens of L1. Anyone may; the address follows from the arguments, so it can be told before and is the same
///         whoever makes it. That a token has a name says nothing about what it stands for: its `remoteToken` does.
///
/// | slot | content |
/// |---|---|
/// | 0 | mapping token made here → token on L1 |
contract OptimismMintableERC20Factory {
    event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);

    /// @notice A token stands for another one.
    error NoRemoteToken();

    string public constant version = "2.0.0";

    mapping(address localToken => address remoteToken) public deployments;

    /// @notice Makes a token with 18 decimals.
    function createOptimismMintableERC20(address remoteToken, string memory name, string memory symbol) external returns (address) {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, 18);
    }

    /// @notice Makes a token. Reverts if it exists.
    function createOptimismMintableERC20WithDecimals(address remoteToken, string memory name, string memory symbol, uint8 decimals)
        public
        returns (address localToken)
    {
        if (remoteToken == address(0)) revert NoRemoteToken();
        bytes32 salt = keccak256(abi.encode(remoteToken, name, symbol, decimals));
        localToken = address(new OptimismMintableERC20{salt: salt}(Predeploys.STANDARD_BRIDGE, remoteToken, name, symbol, decimals));
        deployments[localToken] = remoteToken;
        emit OptimismMintableERC20Created(localToken, remoteToken, msg.sender);
    }

    function bridge() external pure returns (address) {
        return Predeploys.STANDARD_BRIDGE;
    }
}
