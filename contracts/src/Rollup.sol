// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "./interfaces/IInbox.sol";
import {Assertion, Claim, IRollup, RollupParams, State} from "./interfaces/IRollup.sol";
import {Claims} from "./libraries/Claims.sol";
import {StakeLedger} from "./rollup/StakeLedger.sol";

/// @title Rollup
/// @notice See {IRollup}.
contract Rollup is StakeLedger {
    using Claims for State;

    /// @inheritdoc IRollup
    address public immutable inbox;
    /// @inheritdoc IRollup
    bytes32 public immutable configHash;
    /// @inheritdoc IRollup
    bytes32 public immutable genesisId;
    /// @inheritdoc IRollup
    uint64 public immutable challengeWindow;
    /// @inheritdoc IRollup
    uint64 public immutable clock;
    /// @inheritdoc IRollup
    uint64 public immutable extension;
    /// @inheritdoc IRollup
    uint64 public immutable assertionPeriod;

    // slot 5
    /// @inheritdoc IRollup
    bytes32 public latestConfirmed;

    constructor(RollupParams memory p) StakeLedger(p.bond, p.matches) {
        // A rival that comes at W − C leaves C to answer it, and W − C > C leaves the honest side to see the first one.
        if (p.challengeWindow <= 2 * uint256(p.clock) || p.clock < p.extension || p.extension == 0) revert BadParams();
        if (p.challengeWindow > type(uint32).max || p.assertionPeriod > type(uint32).max) revert BadParams();
        if (p.assertionPeriod == 0 || p.inbox.code.length == 0) revert BadParams();
        inbox = p.inbox;
        configHash = p.configHash;
        challengeWindow = p.challengeWindow;
        clock = p.clock;
        extension = p.extension;
        assertionPeriod = p.assertionPeriod;
        bytes32 id = Claims.assertionId(0, p.genesis.stateHash());
        genesisId = id;
        latestConfirmed = id;
        if (IInbox(p.inbox).batchCount() < p.genesis.batchIndex) revert BadParams();
        _create(p.inbox, 0, id, p.genesis, false);
        assertions[id].confirmed = true;
        emit AssertionConfirmed(id);
    }

    /// @inheritdoc IRollup
    function stake(bytes32 parent, Claim[] calldata claims) external payable returns (uint256 stakeId) {
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        // INVARIANT: a stake enters at a child of the latest confirmed assertion. (From an older one the walk comes past it.)
        if (!assertions[parent].confirmed) revert NotLatestConfirmed(latestConfirmed);
        stakeId = _open();
        _walk(stakeId, parent, claims);
    }

    /// @inheritdoc IRollup
    function advance(uint256 stakeId, Claim[] calldata claims) external {
        _walk(stakeId, _tipOfCaller(stakeId), claims);
    }

    /// @inheritdoc IRollup
    function confirm(bytes32 id) external {
        checkConfirm(id);
        assertions[assertions[id].parent].childConfirmed = true;
        assertions[id].confirmed = true;
        latestConfirmed = id;
        emit AssertionConfirmed(id);
    }

    /// @inheritdoc IRollup
    function assertion(bytes32 id) external view returns (Assertion memory) {
        return assertions[id];
    }

    /// @inheritdoc IRollup
    function parentTarget(bytes32 id) external view returns (uint64) {
        return assertions[assertions[id].parent].target;
    }

    /// @inheritdoc IRollup
    function checkConfirm(bytes32 id) public view {
        Assertion storage a = assertions[id];
        if (a.createdAt == 0) revert UnknownAssertion(id);
        if (a.confirmed) revert ForkDecided();
        Assertion storage p = assertions[a.parent];
        // INVARIANT: confirmed assertions are one line: the parent is the latest.
        if (a.parent != latestConfirmed) revert NotLatestConfirmed(latestConfirmed);
        uint256 closesAt = uint256(p.firstChildAt) + challengeWindow;
        if (block.timestamp < closesAt) revert WindowOpen(closesAt);
        // INVARIANT: confirmed only with a live stake on it and none on a sibling.
        if (a.live == 0) revert NoLiveStake();
        if (p.liveChildren != a.live) revert RivalsLeft(p.liveChildren - a.live);
    }

    /// @inheritdoc IRollup
    function checkClaim(bytes32 parent, Claim calldata next) public view returns (bytes32 id, bool creates, bool reopens) {
        Assertion storage p = assertions[parent];
        id = _childOf(p, parent, next);
        if (p.childConfirmed) revert AlreadyConfirmed(id);
        creates = assertions[id].createdAt == 0;
        reopens = _checkWindow(p, creates);
        if (creates) _checkChild(p, next.end);
    }

    /// @inheritdoc IRollup
    function clockOf(uint256 stakeId, bytes32 id) external view returns (uint256 joined, uint256 left) {
        joined = joinedAt(stakeId, id);
        if (joined == 0) revert NotRecorded();
        uint256 since = rivalSince(id);
        // Without a sibling there is no match that could use it.
        uint256 late = since != 0 && joined > since ? joined - since : 0;
        left = late < clock ? clock - late : 0;
    }

    /// @inheritdoc IRollup
    function rivalSince(bytes32 id) public view returns (uint256) {
        Assertion storage a = assertions[id];
        if (a.createdAt == 0) revert UnknownAssertion(id);
        Assertion storage p = assertions[a.parent];
        return a.first ? p.secondChildAt : p.firstChildAt;
    }

    /// @dev Walks the stake down from `tip` and records it at each assertion on the way that is not confirmed yet.
    function _walk(uint256 stakeId, bytes32 tip, Claim[] calldata claims) private {
        if (claims.length == 0) revert NoClaims();
        uint256 i = 0;
        // INVARIANT: a confirmation ahead of a claim cannot make it revert, unless it decides against it: what is confirmed is passed over.
        while (assertions[tip].childConfirmed) {
            tip = _childOf(assertions[tip], tip, claims[i]);
            if (++i == claims.length) revert AlreadyConfirmed(tip);
        }
        for (; i < claims.length; ++i) {
            (bytes32 id, bool creates, bool reopens) = checkClaim(tip, claims[i]);
            bool first = _openFork(tip, creates, reopens);
            if (creates) _create(inbox, tip, id, claims[i].end, first);
            _record(stakeId, tip, id);
            tip = id;
        }
        _setTip(stakeId, tip);
    }

    /// @dev The child that is claimed. Reverts if another one is confirmed.
    function _childOf(Assertion storage p, bytes32 parent, Claim calldata next) private view returns (bytes32 id) {
        if (p.createdAt == 0) revert UnknownAssertion(parent);
        // INVARIANT: an L1 reorg cannot turn an honest claim into a false one: it names its inputs.
        if (next.inputsHash != p.inputsHash) revert InputsDiffer(p.inputsHash);
        id = Claims.assertionId(parent, next.end.stateHash());
        if (p.childConfirmed && !assertions[id].confirmed) revert ForkDecided();
    }

    /// @dev Keeps the two times of a fork. A fork that reopens counts from now for all its children.
    function _openFork(bytes32 parent, bool creates, bool reopens) private returns (bool first) {
        Assertion storage p = assertions[parent];
        // Seconds fit into 40 bits until the year 36812.
        uint40 time = uint40(block.timestamp);
        first = p.firstChildAt == 0;
        if (first) {
            p.firstChildAt = time;
        } else if (reopens) {
            p.firstChildAt = time;
            p.secondChildAt = creates || p.secondChildAt != 0 ? time : 0;
            emit ForkReopened(parent);
        } else if (creates && p.secondChildAt == 0) {
            p.secondChildAt = time;
        }
    }

    function _create(address inbox_, bytes32 parent, bytes32 id, State memory end, bool first) private {
        uint64 target = Claims.target(IInbox(inbox_).batchCount(), end.batchIndex);
        bytes32 inputs = Claims.inputsHash(target, IInbox(inbox_).batchAcc(target));
        Assertion storage a = assertions[id];
        a.parent = parent;
        a.inputsHash = inputs;
        a.createdAt = uint40(block.timestamp);
        a.target = target;
        a.endBatchIndex = end.batchIndex;
        a.l2BlockNumber = end.l2BlockNumber;
        a.first = first;
        emit AssertionCreated(id, parent, end, target, inputs);
    }

    /// @dev INVARIANT: new siblings while now < t0 + W − C; joining while now < t0 + W, an only child until it is confirmed; with nobody live
    ///      left from t0 + W on, the fork reopens.
    function _checkWindow(Assertion storage p, bool creates) private view returns (bool reopens) {
        if (p.firstChildAt == 0) return false;
        uint256 closesAt = uint256(p.firstChildAt) + challengeWindow;
        if (block.timestamp >= closesAt && p.liveChildren == 0) return true;
        if (creates) {
            if (block.timestamp >= closesAt - clock) revert SiblingsClosed(closesAt - clock);
        } else if (p.secondChildAt != 0 && block.timestamp >= closesAt) {
            revert JoiningClosed(closesAt);
        }
    }

    /// @dev INVARIANT: a child comes M after its parent, ends within the parent's inputs, and only when a batch is left to claim about.
    function _checkChild(Assertion storage p, State calldata end) private view {
        uint256 possibleAt = uint256(p.createdAt) + assertionPeriod;
        if (block.timestamp < possibleAt) revert ChildTooEarly(possibleAt);
        if (end.batchIndex > p.target) revert BeyondTarget(end.batchIndex, p.target);
        if (end.batchIndex < p.endBatchIndex || end.l2BlockNumber < p.l2BlockNumber) revert BeforeParent();
        // Either the parent overflowed its steps, or the inbox has grown since.
        if (IInbox(inbox).batchCount() <= p.endBatchIndex) revert NothingToClaim();
    }
}
