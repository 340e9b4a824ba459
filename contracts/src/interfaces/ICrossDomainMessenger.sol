// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title CrossDomainMessenger
/// @notice Calls between the layers that can be tried again when they fail. ABI, events and hashes of the OP Stack (messages of version 1); one stands on
///         each layer. A message's hash is the hash of the `relayMessage` call that delivers it.
interface ICrossDomainMessenger {
    event SentMessage(address indexed target, address sender, bytes message, uint256 messageNonce, uint256 gasLimit);
    event SentMessageExtension1(address indexed sender, uint256 value);
    event RelayedMessage(bytes32 indexed msgHash);
    event FailedRelayedMessage(bytes32 indexed msgHash);

    /// @notice Not a message of version 1.
    error UnknownVersion(uint256 nonce);
    /// @notice The ether that comes with a message is its value; with a replay comes none.
    error WrongValue(uint256 sent);
    /// @notice The message has not failed: nothing is to be tried again.
    error NotReplayable(bytes32 msgHash);
    /// @notice The message has been delivered.
    error AlreadyRelayed(bytes32 msgHash);
    /// @notice A message may not call the messenger itself or what trusts it.
    error UnsafeTarget(address target);
    /// @notice No message is being relayed.
    error NoMessage();
    /// @notice A message's call came back to replay another.
    error ReentrantReplay();

    /// @notice Sends a message, with the ether sent here. It can be delivered once.
    /// @param minGasLimit The least gas that the call on the other layer gets; with less it fails, to be tried again.
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable;
    /// @notice Delivers a message: called by the other layer once, then by anyone as long as it has failed. Its ether waits here meanwhile.
    function relayMessage(uint256 nonce, address sender, address target, uint256 value, uint256 minGasLimit, bytes calldata message)
        external
        payable;

    /// @notice Who sent the message that is being delivered. Reverts outside of one.
    function xDomainMessageSender() external view returns (address);
    /// @notice The nonce of the next message, with the version in its two highest bytes.
    function messageNonce() external view returns (uint256);
    /// @notice Gas that a message is sent with, so that the other messenger can give `minGasLimit` to the call.
    function baseGas(bytes calldata message, uint32 minGasLimit) external pure returns (uint64);
    function successfulMessages(bytes32 msgHash) external view returns (bool);
    /// @notice Whether the message has failed at least once.
    function failedMessages(bytes32 msgHash) external view returns (bool);
    /// @notice The messenger on the other layer.
    function otherMessenger() external view returns (address);
}
