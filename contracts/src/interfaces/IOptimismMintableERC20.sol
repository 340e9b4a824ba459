// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title OptimismMintableERC20
/// @notice A token that stands for one of the other layer. Its bridge alone mints and burns. Interface id 0xec4fc8e3.
interface IOptimismMintableERC20 {
    /// @notice The token on the other layer.
    function remoteToken() external view returns (address);
    function bridge() external view returns (address);
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
}
