// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";
import {IStandardBridge} from "../interfaces/IStandardBridge.sol";
import {MintableTokens} from "../libraries/MintableTokens.sol";
import {SafeCall} from "../libraries/SafeCall.sol";

/// @title StandardBridge
/// @notice See {IStandardBridge}. What both layers have in common.
abstract contract StandardBridge is IStandardBridge {
    using MintableTokens for address;
    using SafeTransferLib for address;

    uint32 private constant RECEIVE_GAS_LIMIT = 200_000;

    // slot 0
    /// @inheritdoc IStandardBridge
    mapping(address localToken => mapping(address remoteToken => uint256)) public deposits;
    // transient slot 0: whether tokens are being taken in
    bool private transient taking;

    /// @dev A convenience for people, who have one address on both layers; nothing rests on it.
    modifier onlyAccount() {
        if (msg.sender.code.length != 0 && !_isDelegated(msg.sender)) revert NotAnAccount();
        _;
    }

    modifier onlyOtherBridge() {
        // INVARIANT: ether and tokens are paid out by messages of the other bridge only.
        if (msg.sender != messenger() || ICrossDomainMessenger(msg.sender).xDomainMessageSender() != otherBridge()) {
            revert NotOtherBridge();
        }
        _;
    }

    /// @notice Ether sent here by an account is bridged to its address.
    receive() external payable onlyAccount {
        _bridgeETH(msg.sender, RECEIVE_GAS_LIMIT, "");
    }

    /// @inheritdoc IStandardBridge
    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyAccount {
        _bridgeETH(msg.sender, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        _bridgeETH(to, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeERC20(address localToken, address remoteToken, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        external
        onlyAccount
    {
        _bridgeERC20(localToken, remoteToken, msg.sender, amount, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        _bridgeERC20(localToken, remoteToken, to, amount, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function finalizeBridgeETH(address from, address to, uint256 amount, bytes calldata extraData) external payable onlyOtherBridge {
        if (msg.value != amount) revert WrongValue(msg.value, amount);
        emit ETHBridgeFinalized(from, to, amount, extraData);
        if (!SafeCall.call(to, gasleft(), amount, "")) revert PaymentFailed();
    }

    /// @inheritdoc IStandardBridge
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external onlyOtherBridge {
        emit ERC20BridgeFinalized(localToken, remoteToken, from, to, amount, extraData);
        if (localToken.isMintable()) {
            _checkPair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).mint(to, amount);
        } else {
            // INVARIANT: no more of a token leaves towards a pair than came in for it.
            deposits[localToken][remoteToken] -= amount;
            localToken.safeTransfer(to, amount);
        }
    }

    function _bridgeETH(address to, uint32 minGasLimit, bytes memory extraData) private {
        emit ETHBridgeInitiated(msg.sender, to, msg.value, extraData);
        bytes memory message = abi.encodeCall(this.finalizeBridgeETH, (msg.sender, to, msg.value, extraData));
        ICrossDomainMessenger(messenger()).sendMessage{value: msg.value}(otherBridge(), message, minGasLimit);
    }

    function _bridgeERC20(address localToken, address remoteToken, address to, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        private
    {
        uint256 taken = _take(localToken, remoteToken, amount);
        emit ERC20BridgeInitiated(localToken, remoteToken, msg.sender, to, taken, extraData);
        bytes memory message = abi.encodeCall(this.finalizeBridgeERC20, (remoteToken, localToken, msg.sender, to, taken, extraData));
        ICrossDomainMessenger(messenger()).sendMessage(otherBridge(), message, minGasLimit);
    }

    /// @dev Burns the caller's tokens or takes them in. What came in is measured, since a token may keep a fee; while it is, nothing else may come in.
    function _take(address localToken, address remoteToken, uint256 amount) private returns (uint256 taken) {
        if (taking) revert Reentrant();
        taking = true;
        if (localToken.isMintable()) {
            _checkPair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).burn(msg.sender, amount);
            taken = amount;
        } else {
            uint256 before = localToken.balanceOf(address(this));
            localToken.safeTransferFrom(msg.sender, address(this), amount);
            taken = localToken.balanceOf(address(this)) - before;
            deposits[localToken][remoteToken] += taken;
        }
        taking = false;
    }

    function _checkPair(address localToken, address remoteToken) private view {
        if (IOptimismMintableERC20(localToken).remoteToken() != remoteToken) revert WrongPair(localToken, remoteToken);
    }

    /// @dev EIP-7702: 23 bytes that begin with 0xef0100.
    function _isDelegated(address account) private view returns (bool) {
        return account.code.length == 23 && bytes3(account.code) == 0xef0100;
    }

    /// @inheritdoc IStandardBridge
    function messenger() public view virtual returns (address);
    /// @inheritdoc IStandardBridge
    function otherBridge() public view virtual returns (address);
}
