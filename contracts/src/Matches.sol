// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "./interfaces/IInbox.sol";
import {IMatches, Match, MatchesParams, Rivals, Segment} from "./interfaces/IMatches.sol";
import {Assertion, IRollup, StakeStatus, State} from "./interfaces/IRollup.sol";
import {IStepVerifier, Opening} from "./interfaces/IStepVerifier.sol";
import {Claims} from "./libraries/Claims.sol";
import {BlockStep} from "./matches/BlockStep.sol";
import {Dissection} from "./matches/Dissection.sol";
import {Turns} from "./matches/Turns.sol";
import {MachineState, States} from "./vm/State.sol";

/// @title Matches
/// @notice See {IMatches}. Holds no ether: bonds and prizes stay in the Rollup.
contract Matches is IMatches {
    using Claims for State;
    using Dissection for Segment;
    using States for MachineState;
    using States for Opening;
    using Turns for Match;

    /// @inheritdoc IMatches
    address public immutable rollup;
    /// @inheritdoc IMatches
    address public immutable inbox;
    /// @inheritdoc IMatches
    address public immutable stepVerifier;
    /// @inheritdoc IMatches
    bytes32 public immutable programRoot;
    /// @inheritdoc IMatches
    bytes32 public immutable configHash;
    /// @inheritdoc IMatches
    uint64 public immutable extension;

    // slot 0
    /// @inheritdoc IMatches
    mapping(bytes32 id => bytes32) public stateOf;
    // slot 1
    /// @inheritdoc IMatches
    mapping(uint256 stakeId => uint256) public movesAgainst;

    constructor(MatchesParams memory p) {
        if (p.stepVerifier.code.length == 0 || p.programRoot == 0) revert BadParams();
        if (IRollup(p.rollup).matches() != address(this)) revert BadParams();
        rollup = p.rollup;
        inbox = IRollup(p.rollup).inbox();
        stepVerifier = p.stepVerifier;
        programRoot = p.programRoot;
        configHash = IRollup(p.rollup).configHash();
        extension = IRollup(p.rollup).extension();
    }

    /// @inheritdoc IMatches
    function openAndDissect(Rivals calldata rivals, bytes32[31] calldata points) external {
        _checkOwner(rivals.first);
        (bytes32 id, Match memory m,) = _open(rivals);
        emit MatchOpened(id, m.mover, m.rival, m);
        _dissect(id, m, points);
    }

    /// @inheritdoc IMatches
    function open(Rivals calldata rivals) external {
        (bytes32 id, Match memory m, bool swap) = _open(rivals);
        if (swap) {
            (m.mover, m.rival) = (m.rival, m.mover);
            (m.moverNode, m.rivalNode) = (m.rivalNode, m.moverNode);
            (m.end, m.dissection) = (m.dissection, m.end);
            (m.moverClock, m.rivalClock) = (m.rivalClock, m.moverClock);
        }
        stateOf[id] = m.hash();
        emit MatchOpened(id, m.mover, m.rival, m);
    }

    /// @inheritdoc IMatches
    function dissect(Match memory m, bytes32[31] calldata points) external {
        bytes32 id = _checkTurn(m);
        if (m.round != Turns.FIRST) revert WrongRound(m.round);
        _dissect(id, m, points);
    }

    /// @inheritdoc IMatches
    function move(Match memory m, Segment calldata segment, bytes32[31] calldata points, bytes32 end) external {
        bytes32 id = _checkTurn(m);
        if (m.round == Turns.FIRST || m.round == Turns.BLOCK || m.round == Turns.STEP) revert WrongRound(m.round);
        segment.checkOpening(m.dissection, m.start);
        _checkEnd(m, segment, end);
        _pass(id, m, segment.start, segment.end, Dissection.root(points, end));
        emit Dissected(id, m.mover, segment.index, points, end, uint40(block.timestamp));
    }

    /// @inheritdoc IMatches
    function enterMachine(Match memory m, Segment calldata segment, State calldata from, Opening calldata last, bytes32[31] calldata points)
        external
    {
        bytes32 id = _checkTurn(m);
        if (m.round != Turns.BLOCK) revert WrongRound(m.round);
        segment.checkOpening(m.dissection, m.start);
        if (from.stateHash() != segment.start) revert WrongState();
        // INVARIANT: a run says one end of its block step, and it is the end that the mover claims.
        _checkEnd(m, segment, BlockStep.endOf(from, last));
        bytes32 start = States.initial(programRoot, machineInput(m.moverNode, from)).hash();
        bytes32 end = last.hash();
        // The rival has named no end of this run yet.
        _pass(id, m, start, 0, Dissection.root(points, end));
        emit MachineEntered(id, m.mover, segment.index, start, points, end, uint40(block.timestamp));
    }

    /// @inheritdoc IMatches
    function step(Match memory m, Segment calldata segment, bytes calldata state, bytes calldata proof) external {
        bytes32 id = _checkTurn(m);
        if (m.round != Turns.STEP) revert WrongRound(m.round);
        segment.checkOpening(m.dissection, m.start);
        (bytes32 stateHash, bytes32 next) = IStepVerifier(stepVerifier).step(state, proof);
        if (stateHash != segment.start) revert WrongState();
        // INVARIANT: a stake loses by a step only if the machine itself contradicts it.
        if (next == segment.end) revert StepAgrees();
        m.moverMoves += 1;
        _win(id, m, m.mover, m.rival, m.rivalNode);
    }

    /// @inheritdoc IMatches
    function timeout(Match memory m) external {
        bytes32 id = _checkCurrent(m);
        uint256 end = m.deadline(extension);
        if (block.timestamp < end) revert TooEarly(end);
        IRollup(rollup).checkLive(m.mover, m.rival);
        m.rivalMoves += 1;
        _win(id, m, m.rival, m.mover, m.moverNode);
    }

    /// @inheritdoc IMatches
    function reward(Match memory m, uint256 winner) external {
        bytes32 id = _checkCurrent(m);
        if (winner != m.mover && winner != m.rival) revert NotInMatch(winner);
        bool byMover = winner == m.mover;
        uint256 loser = byMover ? m.rival : m.mover;
        uint256 moves = byMover ? m.moverMoves : m.rivalMoves;
        if (moves == 0) revert NoMoves();
        (, StakeStatus status,) = IRollup(rollup).stakeOf(loser);
        // Before, the count against it can still grow. Afterwards only rewards change it.
        if (status != StakeStatus.Defeated) revert NotDefeated(loser);
        uint256 all = movesAgainst[loser];
        // INVARIANT: every move is rewarded once.
        if (byMover) m.moverMoves = 0;
        else m.rivalMoves = 0;
        stateOf[id] = m.hash();
        movesAgainst[loser] = all - moves;
        emit MovesRewarded(id, winner, loser, moves);
        IRollup(rollup).award(winner, loser, moves, all);
    }

    /// @inheritdoc IMatches
    function deadline(Match memory m) external view returns (uint256) {
        return m.deadline(extension);
    }

    /// @inheritdoc IMatches
    function matchId(uint256 a, uint256 b) public pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @inheritdoc IMatches
    function machineInput(bytes32 node, State calldata from) public view returns (bytes32) {
        return BlockStep.machineInput(from, IRollup(rollup).parentTarget(node), inbox, configHash);
    }

    /// @dev A match of these two, `first` on turn, not stored yet.
    /// @return id Of the match.
    /// @return m The match.
    /// @return firstIsEarlier Whether `second` came later and so is on turn where nobody has dissected.
    function _open(Rivals calldata r) private view returns (bytes32 id, Match memory m, bool firstIsEarlier) {
        // INVARIANT: one match per pair of stakes.
        id = matchId(r.first, r.second);
        if (stateOf[id] != 0) revert AlreadyOpen(id);
        _checkFork(r);
        // INVARIANT: rivals stand on different children of one parent.
        if (r.firstEnd == r.secondEnd) revert NotRivals();
        IRollup(rollup).checkLive(r.first, r.second);
        m.mover = r.first;
        m.moverNode = Claims.assertionId(r.fork, r.firstEnd);
        m.rival = r.second;
        m.rivalNode = Claims.assertionId(r.fork, r.secondEnd);
        (uint256 firstJoined, uint256 firstClock) = IRollup(rollup).clockOf(m.mover, m.moverNode);
        (uint256 secondJoined, uint256 secondClock) = IRollup(rollup).clockOf(m.rival, m.rivalNode);
        m.start = r.start;
        m.end = r.firstEnd;
        m.dissection = r.secondEnd;
        m.since = uint40(block.timestamp);
        // Clocks are at most C, which fits into 32 bits: the Rollup's constructor.
        m.moverClock = uint32(firstClock);
        m.rivalClock = uint32(secondClock);
        firstIsEarlier = firstJoined == secondJoined ? r.first < r.second : firstJoined < secondJoined;
    }

    function _checkFork(Rivals calldata r) private view {
        Assertion memory fork = IRollup(rollup).assertion(r.fork);
        if (Claims.assertionId(fork.parent, r.start) != r.fork) revert WrongStart();
        // INVARIANT: an L1 reorg cannot turn an honest claim into a false one: it names its inputs.
        if (fork.inputsHash != r.inputsHash) revert InputsDiffer(fork.inputsHash);
    }

    /// @dev INVARIANT: only the owner of the stake on turn moves, from the current state of the match, before its deadline, while both stakes live.
    ///      (As long as two rivals live, no child of their fork can be confirmed: the counters of the Rollup.)
    function _checkTurn(Match memory m) private view returns (bytes32 id) {
        id = _checkCurrent(m);
        _checkOwner(m.mover);
        uint256 end = m.deadline(extension);
        if (block.timestamp >= end) revert TooLate(end);
        IRollup(rollup).checkLive(m.mover, m.rival);
    }

    function _checkCurrent(Match memory m) private view returns (bytes32 id) {
        id = matchId(m.mover, m.rival);
        bytes32 actual = stateOf[id];
        if (actual != m.hash()) revert StateDiffers(actual);
    }

    function _checkOwner(uint256 stakeId) private view {
        if (msg.sender != address(uint160(stakeId >> 96))) revert NotMover();
    }

    function _checkEnd(Match memory m, Segment calldata segment, bytes32 end) private pure {
        // INVARIANT: what is dissected is disputed: it starts where both agree and ends where they differ.
        if (end == segment.end) revert SameEnd();
        // INVARIANT: at the end of the whole stretch the mover stays with what it has claimed.
        if (segment.index == Dissection.LAST && m.round != Turns.RUN && end != m.end) revert BoundToEnd(m.end);
    }

    function _dissect(bytes32 id, Match memory m, bytes32[31] calldata points) private {
        _pass(id, m, m.start, m.dissection, Dissection.root(points, m.end));
        emit Dissected(id, m.mover, 0, points, m.end, uint40(block.timestamp));
    }

    /// @dev The move counts against the rival, and the turn passes.
    function _pass(bytes32 id, Match memory m, bytes32 start, bytes32 end, bytes32 dissection) private {
        stateOf[id] = m.passed(start, end, dissection).hash();
        movesAgainst[m.rival] += 1;
    }

    function _win(bytes32 id, Match memory won, uint256 winner, uint256 loser, bytes32 loserNode) private {
        stateOf[id] = won.hash();
        movesAgainst[loser] += 1;
        emit MatchWon(id, winner, loser, winner == won.rival);
        IRollup(rollup).defeat(loser, loserNode);
    }
}
