// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title StandardBridge
/// @notice Moves ether and ERC-20 tokens between the layers, with the OP Stack's ABI and events; one stands on each layer. A token is held where it is at home
///         and minted where it is not. What cannot be paid out stays a failed message of the messenger, which anyone may replay.
interface IStandardBridge {
    event ETHBridgeInitiated(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ETHBridgeFinalized(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ERC20BridgeInitiated(
        address indexed localToken, address indexed remoteToken, address indexed from, address to, uint256 amount, bytes extraData
    );
    event ERC20BridgeFinalized(
        address indexed localToken, address indexed remoteToken, address indexed from, address to, uint256 amount, bytes extraData
    );

    /// @notice A contract may not have its address on the other layer: it names a receiver.
    error NotAnAccount();
    /// @notice The caller is not the messenger, or the message is not the other bridge's.
    error NotOtherBridge();
    /// @notice The ether that came is not the amount.
    error WrongValue(uint256 sent, uint256 amount);
    /// @notice The receiver refused the ether.
    error PaymentFailed();
    /// @notice This mintable token stands for another one.
    error WrongPair(address localToken, address remoteToken);
    /// @notice A token came back to bridge while it was being bridged.
    error Reentrant();

    /// @notice Bridges the ether sent here to the caller's address. Accounts only, not contracts.
    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable;
    /// @notice Bridges the ether sent here to `to`.
    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable;
    /// @notice Bridges tokens to the caller's address. Accounts only.
    function bridgeERC20(address localToken, address remoteToken, uint256 amount, uint32 minGasLimit, bytes calldata extraData) external;
    /// @notice Bridges tokens that the caller has approved to `to`. Of a token that takes a fee, what arrives here is bridged.
    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external;

    /// @notice Pays ether out. Other bridge only.
    function finalizeBridgeETH(address from, address to, uint256 amount, bytes calldata extraData) external payable;
    /// @notice Pays tokens out or mints them. Other bridge only.
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external;

    /// @notice Tokens held here for what was minted on the other layer.
    function deposits(address localToken, address remoteToken) external view returns (uint256);
    function messenger() external view returns (address);
    /// @notice The bridge on the other layer.
    function otherBridge() external view returns (address);
}
