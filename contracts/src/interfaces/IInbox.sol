// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The parts of a message that its accumulator entry commits to, beside the previous entry:
///         depositAcc[i] = keccak(depositAcc[i-1] ‖ kind ‖ userOrdinal ‖ l1Number ‖ l1Time ‖ bodyHash).
struct MessageLink {
    uint8 kind;
    uint64 userOrdinal;
    uint64 l1Number;
    uint64 l1Time;
    bytes32 bodyHash;
}

/// @notice What a batch is built on and consumes. Any difference from the Inbox reverts.
/// @param expectedBatchAcc batchAcc[n-1].
/// @param depositCount m: messages consumed up to here.
/// @param expectedDepositAcc depositAcc[m].
/// @param last Message m; read only if m advances.
/// @param firstUserIndex Position of the first user deposit that was not consumed before; read only if this batch consumes one.
/// @param firstUser That message.
struct Append {
    bytes32 expectedBatchAcc;
    uint64 depositCount;
    bytes32 expectedDepositAcc;
    MessageLink last;
    uint64 firstUserIndex;
    MessageLink firstUser;
}

interface IInbox {
    /// @param header The 161 bytes whose hash is accumulated.
    /// @param payload The versioned hashes of the blobs one after another, the calldata payload, or nothing (forced).
    event BatchAppended(uint64 indexed batchIndex, bytes32 acc, bytes header, bytes payload);
    event MessageEnqueued(uint64 indexed index, bytes32 acc, uint8 kind, uint64 userOrdinal, uint64 l1Time, bytes body);

    function appendBlobs(Append calldata append) external;
    function appendCalldata(Append calldata append, bytes calldata payload) external;
    /// @notice After the inclusion delay anyone appends a batch that only consumes messages up to m.
    /// @param depositCount m; message m must be a user deposit that is older than the delay.
    /// @param last Message m.
    /// @param firstUserIndex Position of the first unconsumed user deposit.
    /// @param firstUser That message.
    function forceInclude(uint64 depositCount, MessageLink calldata last, uint64 firstUserIndex, MessageLink calldata firstUser) external;
    /// @notice Portal only.
    function enqueueDeposit(bytes calldata body) external returns (uint64 index);

    function batchCount() external view returns (uint64);
    function messageCount() external view returns (uint64);
    function consumedCount() external view returns (uint64);
    function userConsumedCount() external view returns (uint64);
    function batchAcc(uint64 index) external view returns (bytes32);
    function depositAcc(uint64 index) external view returns (bytes32);
    /// @notice Seconds after which a user deposit can be forced now: the inclusion delay, shrunk by the delay buffer.
    function currentDelay() external view returns (uint64);
    function sequencer() external view returns (address);
    function portal() external view returns (address);
}
