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

/// @notice What an Inbox is deployed with. All times in seconds.
/// @param portal The only caller of enqueueDeposit.
/// @param sequencer The first sequencer.
/// @param operator Who may change the sequencer, through the timelock; zero: nobody.
/// @param inclusionDelay Age at which a user deposit can be forced while the buffer is full.
/// @param bufferMax What the delay buffer holds at most, and at the start; at least inclusionDelay.
/// @param bufferFloor What it holds at least; above finalityDelay, at most inclusionDelay.
/// @param bufferThreshold Waiting that costs no buffer; at least finalityDelay, below inclusionDelay.
/// @param replenishPeriod The buffer gains one second in every so many; at least 2.
/// @param finalityDelay Time to L1 finality plus the confirmation depth at which a sequencer reads deposits.
/// @param timelock Time between proposing and accepting a sequencer; at least inclusionDelay.
struct InboxParams {
    address portal;
    address sequencer;
    address operator;
    uint64 inclusionDelay;
    uint64 bufferMax;
    uint64 bufferFloor;
    uint64 bufferThreshold;
    uint64 replenishPeriod;
    uint64 finalityDelay;
    uint64 timelock;
}

/// @title Inbox
/// @notice Orders everything the chain reads, in two accumulators that count from 1: messages (user deposits and L1 attributes) and
///         batches. The sequencer appends batches; when it leaves a user deposit waiting too long, anyone appends one in its place.
interface IInbox {
    /// @param header The 161 bytes whose hash is accumulated.
    /// @param payload The versioned hashes of the blobs one after another, the calldata payload, or nothing (forced).
    event BatchAppended(uint64 indexed batchIndex, bytes32 acc, bytes header, bytes payload);
    event MessageEnqueued(uint64 indexed index, bytes32 acc, uint8 kind, uint64 userOrdinal, uint64 l1Time, bytes body);
    /// @param waited Seconds that the first user deposit of the batch had waited.
    /// @param buffer Seconds left in the delay buffer.
    event DelayBufferCharged(uint64 waited, uint64 buffer);
    event SequencerProposed(address indexed sequencer, uint64 acceptableAt);
    event SequencerChanged(address indexed sequencer);

    /// @notice The caller is not the sequencer.
    error NotSequencer();
    /// @notice The caller is not the operator.
    error NotOperator();
    /// @notice The caller is not the Portal.
    error NotPortal();
    /// @notice The batch was built on another batch than the last one here.
    error UnexpectedBatchAcc(bytes32 actual);
    /// @notice The batch was built on another message m than the one here.
    error UnexpectedDepositAcc(bytes32 actual);
    /// @notice m is below what earlier batches consumed.
    error MessagesBehind(uint64 depositCount, uint64 consumedCount);
    /// @notice m is above the number of messages.
    error MessagesBeyond(uint64 depositCount, uint64 messageCount);
    /// @notice More than 512 new messages.
    error TooManyMessages(uint64 newMessages);
    /// @notice The transaction carries no blob.
    error NoBlobs();
    /// @notice The transaction carries more than 6 blobs.
    error TooManyBlobs();
    /// @notice The calldata payload is longer than 100,000 bytes.
    error PayloadTooLarge(uint256 length);
    /// @notice The link given for this message is not the one accumulated.
    error WrongMessage(uint64 index);
    /// @notice This message is not the first user deposit that waits.
    error NotFirstUser(uint64 index);
    /// @notice A forced batch ends with a user deposit, or, where the first one is out of its reach, takes all the messages it can.
    error NotForcible(uint64 depositCount);
    /// @notice The deposit has not waited long enough.
    error ForcedTooEarly(uint64 forcibleAt);
    /// @notice No sequencer is proposed.
    error NoProposal();
    /// @notice The timelock still runs.
    error TimelockRunning(uint64 acceptableAt);
    /// @notice An address that must not be zero is.
    error ZeroAddress();
    /// @notice The parameters contradict each other.
    error BadParams();

    /// @notice Appends a batch whose payload is in all the blobs of this transaction. Sequencer only.
    function appendBlobs(Append calldata append) external;
    /// @notice Appends a batch whose payload is given here and repeated in the event. Sequencer only.
    function appendCalldata(Append calldata append, bytes calldata payload) external;
    /// @notice After the inclusion delay anyone appends a batch that only consumes messages up to m.
    /// @param depositCount m; message m must be a user deposit that is older than the delay. Where more than 512 messages wait and the
    ///        first user deposit is behind them, m must be the 512th and only that deposit must be older.
    /// @param last Message m.
    /// @param firstUserIndex Position of the first unconsumed user deposit.
    /// @param firstUser That message.
    function forceInclude(uint64 depositCount, MessageLink calldata last, uint64 firstUserIndex, MessageLink calldata firstUser) external;
    /// @notice Enqueues a user deposit. Portal only.
    function enqueueDeposit(bytes calldata body) external returns (uint64 index);
    /// @notice Starts the timelock for another sequencer, in place of an earlier proposal. Operator only.
    function proposeSequencer(address next) external;
    /// @notice Makes the proposed sequencer the sequencer once the timelock is over. Operator only.
    function acceptSequencer() external;

    function batchCount() external view returns (uint64);
    function messageCount() external view returns (uint64);
    function userMessageCount() external view returns (uint64);
    function consumedCount() external view returns (uint64);
    function userConsumedCount() external view returns (uint64);
    function batchAcc(uint64 index) external view returns (bytes32);
    function depositAcc(uint64 index) external view returns (bytes32);
    /// @notice Seconds after which a user deposit can be forced now: the inclusion delay, shrunk by the delay buffer.
    function currentDelay() external view returns (uint64);
    /// @notice Seconds in the delay buffer now.
    function delayBuffer() external view returns (uint64);
    function sequencer() external view returns (address);
    /// @notice The sequencer that waits for the timelock, and when it may be accepted; zeroes if none.
    function pendingSequencer() external view returns (address next, uint64 acceptableAt);
    function portal() external view returns (address);
    function operator() external view returns (address);
    function params() external view returns (InboxParams memory);
}
