// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, IInbox, InboxParams, MessageLink} from "./interfaces/IInbox.sol";
import {Accumulators} from "./libraries/Accumulators.sol";
import {Buffer, BufferRule, DelayBuffer} from "./libraries/DelayBuffer.sol";

/// @title Inbox
/// @notice See {IInbox}.
contract Inbox is IInbox {
    using DelayBuffer for Buffer;

    uint8 private constant BLOBS = 0;
    uint8 private constant CALLDATA = 1;
    uint8 private constant FORCED = 2;
    uint8 private constant USER = 0;
    uint8 private constant ATTRIBUTES = 1;

    uint256 private constant MAX_BLOBS = 6;
    uint256 private constant MAX_PAYLOAD = 100_000;
    uint64 private constant MAX_NEW_MESSAGES = 512;

    /// @dev One slot, read and written once a call.
    struct Cursor {
        uint64 batches;
        uint64 messages;
        uint64 userMessages;
        uint64 consumed;
    }

    /// @inheritdoc IInbox
    address public immutable portal;
    /// @inheritdoc IInbox
    address public immutable operator;
    uint64 private immutable INCLUSION_DELAY;
    uint64 private immutable BUFFER_MAX;
    uint64 private immutable BUFFER_FLOOR;
    uint64 private immutable BUFFER_THRESHOLD;
    uint64 private immutable REPLENISH_PERIOD;
    uint64 private immutable FINALITY_DELAY;
    uint64 private immutable TIMELOCK;
    address private immutable FIRST_SEQUENCER;

    // slot 0
    Cursor private cursor;
    // slot 1: sequencer 20, userConsumedCount 8
    /// @inheritdoc IInbox
    address public sequencer;
    /// @inheritdoc IInbox
    uint64 public userConsumedCount;
    // slot 2
    Buffer private buffer;
    // slot 3: proposed 20, proposedUntil 8
    address private proposed;
    uint64 private proposedUntil;
    // slot 4, 5
    /// @inheritdoc IInbox
    mapping(uint64 index => bytes32) public batchAcc;
    /// @inheritdoc IInbox
    mapping(uint64 index => bytes32) public depositAcc;

    constructor(InboxParams memory p) {
        if (p.portal == address(0) || p.sequencer == address(0)) revert ZeroAddress();
        // INVARIANT: the delay never falls to where a sequencer that waits for L1 finality could be forced.
        if (p.bufferFloor <= p.finalityDelay || p.bufferThreshold < p.finalityDelay) revert BadParams();
        if (p.bufferFloor > p.inclusionDelay || p.bufferThreshold >= p.inclusionDelay) revert BadParams();
        // A period of 1 would let the delay grow as fast as a deposit ages.
        if (p.bufferMax < p.inclusionDelay || p.replenishPeriod < 2) revert BadParams();
        // Users get their deposits in before another sequencer takes over.
        if (p.timelock < p.inclusionDelay) revert BadParams();
        // Ages are compared with sums of these: far below 2^64, nothing overflows.
        if (p.bufferMax > type(uint32).max || p.timelock > type(uint32).max) revert BadParams();
        portal = p.portal;
        operator = p.operator;
        INCLUSION_DELAY = p.inclusionDelay;
        BUFFER_MAX = p.bufferMax;
        BUFFER_FLOOR = p.bufferFloor;
        BUFFER_THRESHOLD = p.bufferThreshold;
        REPLENISH_PERIOD = p.replenishPeriod;
        FINALITY_DELAY = p.finalityDelay;
        TIMELOCK = p.timelock;
        FIRST_SEQUENCER = p.sequencer;
        sequencer = p.sequencer;
        buffer = Buffer(p.bufferMax, _time(), 0);
        emit SequencerChanged(p.sequencer);
    }

    modifier onlySequencer() {
        if (msg.sender != sequencer) revert NotSequencer();
        _;
    }

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator();
        _;
    }

    /// @inheritdoc IInbox
    function appendBlobs(Append calldata append) external onlySequencer {
        bytes memory hashes = _blobHashes();
        Cursor memory c = _consumeExpected(append);
        (bytes32 acc, bytes memory header) = _push(c, BLOBS, keccak256(hashes), append.depositCount);
        emit BatchAppended(c.batches, acc, header, hashes);
        _enqueueAttributes(c);
        cursor = c;
    }

    /// @inheritdoc IInbox
    function appendCalldata(Append calldata append, bytes calldata payload) external onlySequencer {
        if (payload.length > MAX_PAYLOAD) revert PayloadTooLarge(payload.length);
        Cursor memory c = _consumeExpected(append);
        (bytes32 acc, bytes memory header) = _push(c, CALLDATA, keccak256(payload), append.depositCount);
        emit BatchAppended(c.batches, acc, header, payload);
        _enqueueAttributes(c);
        cursor = c;
    }

    /// @inheritdoc IInbox
    function forceInclude(uint64 depositCount, MessageLink calldata last, uint64 firstUserIndex, MessageLink calldata firstUser) external {
        Cursor memory c = cursor;
        _checkFirstUser(firstUserIndex, firstUser);
        if (depositCount < firstUserIndex) {
            // Attributes messages ahead of the deposit cannot put it out of reach: whole steps lead to it.
            if (depositCount < MAX_NEW_MESSAGES || depositCount - MAX_NEW_MESSAGES != c.consumed) revert NotForcible(depositCount);
            _checkWaited(firstUser);
        } else {
            if (last.kind != USER) revert NotForcible(depositCount);
            _checkWaited(last);
        }
        _consume(c, depositCount, last, firstUserIndex, firstUser);
        (bytes32 acc, bytes memory header) = _push(c, FORCED, 0, depositCount);
        cursor = c;
        emit BatchAppended(c.batches, acc, header, "");
    }

    /// @inheritdoc IInbox
    function enqueueDeposit(bytes calldata body) external returns (uint64 index) {
        if (msg.sender != portal) revert NotPortal();
        Cursor memory c = cursor;
        c.userMessages += 1;
        index = _enqueue(c, USER, body);
        cursor = c;
    }

    /// @inheritdoc IInbox
    function proposeSequencer(address next) external onlyOperator {
        if (next == address(0)) revert ZeroAddress();
        proposed = next;
        proposedUntil = _time() + TIMELOCK;
        emit SequencerProposed(next, proposedUntil);
    }

    /// @inheritdoc IInbox
    function acceptSequencer() external onlyOperator {
        address next = proposed;
        if (next == address(0)) revert NoProposal();
        if (_time() < proposedUntil) revert TimelockRunning(proposedUntil);
        sequencer = next;
        proposed = address(0);
        proposedUntil = 0;
        emit SequencerChanged(next);
    }

    /// @inheritdoc IInbox
    function batchCount() external view returns (uint64) {
        return cursor.batches;
    }

    /// @inheritdoc IInbox
    function messageCount() external view returns (uint64) {
        return cursor.messages;
    }

    /// @inheritdoc IInbox
    function consumedCount() external view returns (uint64) {
        return cursor.consumed;
    }

    /// @inheritdoc IInbox
    function userMessageCount() external view returns (uint64) {
        return cursor.userMessages;
    }

    /// @inheritdoc IInbox
    function pendingSequencer() external view returns (address next, uint64 acceptableAt) {
        return (proposed, proposedUntil);
    }

    /// @inheritdoc IInbox
    function delayBuffer() public view returns (uint64) {
        return buffer.replenished(_bufferRule(), _time()).stored;
    }

    /// @inheritdoc IInbox
    function currentDelay() public view returns (uint64) {
        uint64 left = delayBuffer();
        return left < INCLUSION_DELAY ? left : INCLUSION_DELAY;
    }

    /// @inheritdoc IInbox
    function params() external view returns (InboxParams memory) {
        return InboxParams({
            portal: portal,
            sequencer: FIRST_SEQUENCER,
            operator: operator,
            inclusionDelay: INCLUSION_DELAY,
            bufferMax: BUFFER_MAX,
            bufferFloor: BUFFER_FLOOR,
            bufferThreshold: BUFFER_THRESHOLD,
            replenishPeriod: REPLENISH_PERIOD,
            finalityDelay: FINALITY_DELAY,
            timelock: TIMELOCK
        });
    }

    /// @dev INVARIANT: a batch takes effect only on the inbox it was built on.
    function _consumeExpected(Append calldata append) private returns (Cursor memory c) {
        c = cursor;
        bytes32 actual = batchAcc[c.batches];
        if (append.expectedBatchAcc != actual) revert UnexpectedBatchAcc(actual);
        _consume(c, append.depositCount, append.last, append.firstUserIndex, append.firstUser);
        actual = depositAcc[append.depositCount];
        if (append.expectedDepositAcc != actual) revert UnexpectedDepositAcc(actual);
    }

    /// @dev INVARIANT: previous m <= m <= messages before this call, at most 512 new ones.
    function _consume(
        Cursor memory c,
        uint64 depositCount,
        MessageLink calldata last,
        uint64 firstUserIndex,
        MessageLink calldata firstUser
    ) private {
        if (depositCount < c.consumed) revert MessagesBehind(depositCount, c.consumed);
        if (depositCount > c.messages) revert MessagesBeyond(depositCount, c.messages);
        if (depositCount - c.consumed > MAX_NEW_MESSAGES) revert TooManyMessages(depositCount - c.consumed);
        if (depositCount == c.consumed) return;
        _checkLink(depositCount, last);
        if (last.userOrdinal > userConsumedCount) {
            _checkFirstUser(firstUserIndex, firstUser);
            _charge(firstUser.l1Time);
            userConsumedCount = last.userOrdinal;
        }
        c.consumed = depositCount;
    }

    function _charge(uint64 since) private {
        uint64 time = _time();
        Buffer memory next = buffer.charged(_bufferRule(), since, time);
        buffer = next;
        emit DelayBufferCharged(time - since, next.stored);
    }

    /// @dev Appends the header; the counts in `c` are already those after this batch's messages.
    function _push(Cursor memory c, uint8 kind, bytes32 payloadHash, uint64 depositCount)
        private
        returns (bytes32 acc, bytes memory header)
    {
        bytes32 previous = batchAcc[c.batches];
        c.batches += 1;
        header = abi.encodePacked(
            kind,
            payloadHash,
            depositCount,
            depositAcc[depositCount],
            uint64(block.number),
            _time(),
            block.basefee,
            block.blobbasefee,
            c.batches
        );
        acc = Accumulators.batch(previous, header);
        batchAcc[c.batches] = acc;
    }

    function _enqueueAttributes(Cursor memory c) private {
        _enqueue(c, ATTRIBUTES, abi.encodePacked(block.basefee, block.blobbasefee, block.prevrandao));
    }

    function _enqueue(Cursor memory c, uint8 kind, bytes memory body) private returns (uint64 index) {
        uint64 ordinal = c.userMessages;
        uint64 time = _time();
        bytes32 acc = Accumulators.message(depositAcc[c.messages], MessageLink(kind, ordinal, uint64(block.number), time, keccak256(body)));
        c.messages += 1;
        index = c.messages;
        depositAcc[index] = acc;
        emit MessageEnqueued(index, acc, kind, ordinal, time, body);
    }

    /// @dev The hashes of all blobs of the transaction, one after another.
    function _blobHashes() private view returns (bytes memory hashes) {
        uint256 count;
        while (count <= MAX_BLOBS && blobhash(count) != 0) {
            hashes = bytes.concat(hashes, blobhash(count));
            count += 1;
        }
        if (count == 0) revert NoBlobs();
        if (count > MAX_BLOBS) revert TooManyBlobs();
    }

    function _checkLink(uint64 index, MessageLink calldata link) private view {
        if (index == 0 || Accumulators.message(depositAcc[index - 1], link) != depositAcc[index]) revert WrongMessage(index);
    }

    /// @dev INVARIANT: the first waiting user deposit is the one whose ordinal is one above what was consumed, so its wait is exact. That
    ///      it lies in (previous m, m] follows: ordinals grow with the index, and message m has at least this one.
    function _checkFirstUser(uint64 index, MessageLink calldata link) private view {
        if (link.kind != USER || link.userOrdinal != userConsumedCount + 1) revert NotFirstUser(index);
        _checkLink(index, link);
    }

    function _checkWaited(MessageLink calldata link) private view {
        uint64 forcibleAt = link.l1Time + currentDelay();
        if (_time() < forcibleAt) revert ForcedTooEarly(forcibleAt);
    }

    function _bufferRule() private view returns (BufferRule memory) {
        return BufferRule(BUFFER_MAX, BUFFER_FLOOR, BUFFER_THRESHOLD, REPLENISH_PERIOD);
    }

    /// @dev Seconds fit into 64 bits for 500 billion years.
    function _time() private view returns (uint64) {
        return uint64(block.timestamp);
    }
}
