// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {SafeCall} from "../libraries/SafeCall.sol";

/// @title CrossDomainMessenger
/// @notice See {ICrossDomainMessenger}. What both layers have in common.
abstract contract CrossDomainMessenger is ICrossDomainMessenger {
    uint16 public constant MESSAGE_VERSION = 1;

    /// @dev Gas of relaying beside the call: before it, with a margin; around it; kept back to record the outcome; between check and call.
    uint64 public constant RELAY_CONSTANT_OVERHEAD = 200_000;
    uint64 public constant RELAY_CALL_OVERHEAD = 40_000;
    uint64 public constant RELAY_RESERVED_GAS = 40_000;
    uint64 public constant RELAY_GAS_CHECK_BUFFER = 5_000;
    /// @dev Bytes of a `relayMessage` call beside the message: selector, six words, the message's length and padding.
    uint64 public constant ENCODING_OVERHEAD = 260;
    uint64 public constant TX_BASE_GAS = 21_000;
    uint64 public constant MIN_GAS_CALLDATA_OVERHEAD = 16;
    /// @dev EIP-7623.
    uint64 public constant FLOOR_CALLDATA_OVERHEAD = 40;

    // slot 0
    /// @inheritdoc ICrossDomainMessenger
    mapping(bytes32 msgHash => bool) public successfulMessages;
    // slot 1
    /// @inheritdoc ICrossDomainMessenger
    mapping(bytes32 msgHash => bool) public failedMessages;
    // slot 2
    uint240 private msgNonce;
    // transient slot 0: 0 while no message is being delivered
    address private transient running;

    /// @inheritdoc ICrossDomainMessenger
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable {
        uint256 nonce = messageNonce();
        ++msgNonce;
        emit SentMessage(target, msg.sender, message, nonce, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
        bytes memory relay = abi.encodeCall(this.relayMessage, (nonce, msg.sender, target, msg.value, minGasLimit, message));
        _send(baseGas(message, minGasLimit), relay);
    }

    /// @inheritdoc ICrossDomainMessenger
    function relayMessage(uint256 nonce, address sender, address target, uint256 value, uint256 minGasLimit, bytes calldata message)
        external
        payable
    {
        if (nonce >> 240 != MESSAGE_VERSION) revert UnknownVersion(nonce);
        // Whoever encodes the same call in another way has another hash, which the other layer never sent.
        bytes32 hash = keccak256(msg.data);
        bool fromOther = _isOtherMessenger();
        // INVARIANT: the ether of every failed message is here.
        if (msg.value != (fromOther ? value : 0)) revert WrongValue(msg.value);
        if (!fromOther && !failedMessages[hash]) revert NotReplayable(hash);
        if (!fromOther && running != address(0)) revert ReentrantReplay();
        // INVARIANT: no message makes the messenger call itself or a contract that takes its word for who sends.
        if (_isUnsafeTarget(target)) revert UnsafeTarget(target);
        // INVARIANT: a message is delivered at most once.
        if (successfulMessages[hash]) revert AlreadyRelayed(hash);
        // A message that arrives during another, or with too little gas, must not be lost: it has failed and can be replayed.
        bool success = running == address(0) && _deliver(hash, sender, target, value, minGasLimit, message);
        if (success) {
            emit RelayedMessage(hash);
        } else {
            failedMessages[hash] = true;
            emit FailedRelayedMessage(hash);
        }
    }

    /// @inheritdoc ICrossDomainMessenger
    function xDomainMessageSender() external view returns (address) {
        if (running == address(0)) revert NoMessage();
        return running;
    }

    /// @inheritdoc ICrossDomainMessenger
    function messageNonce() public view returns (uint256) {
        return uint256(MESSAGE_VERSION) << 240 | msgNonce;
    }

    /// @inheritdoc ICrossDomainMessenger
    function baseGas(bytes calldata message, uint32 minGasLimit) public pure returns (uint64) {
        // The message is calldata, so its length is far below 2^32.
        uint64 size = uint64(message.length) + ENCODING_OVERHEAD;
        uint64 execution =
            RELAY_CONSTANT_OVERHEAD + RELAY_CALL_OVERHEAD + RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER + uint64(minGasLimit) * 64 / 63;
        uint64 paid = execution + size * MIN_GAS_CALLDATA_OVERHEAD;
        uint64 floor = size * FLOOR_CALLDATA_OVERHEAD;
        return TX_BASE_GAS + (paid > floor ? paid : floor);
    }

    /// @dev Calls the target if the gas is there. What comes back while it runs finds `running` set, and delivers nothing.
    function _deliver(bytes32 hash, address sender, address target, uint256 value, uint256 minGasLimit, bytes memory message)
        private
        returns (bool success)
    {
        if (!SafeCall.hasMinGas(minGasLimit, RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER)) return false;
        running = sender;
        success = SafeCall.call(target, gasleft() - RELAY_RESERVED_GAS, value, message);
        running = address(0);
        if (success) successfulMessages[hash] = true;
    }

    /// @inheritdoc ICrossDomainMessenger
    function otherMessenger() public view virtual returns (address);

    /// @dev Sends a call of the other messenger, with the ether sent here.
    function _send(uint64 gasLimit, bytes memory data) internal virtual;

    /// @dev Whether the caller speaks for the other messenger.
    function _isOtherMessenger() internal view virtual returns (bool);

    function _isUnsafeTarget(address target) internal view virtual returns (bool);
}
