// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "./IRollup.sol";
import {Opening} from "./IStepVerifier.sol";

/// @notice A match as it stands. The contract keeps its hash only, keccak(abi.encode(Match)); whoever acts gives it whole, and so names the state that
///         the act is meant for. Times in seconds.
/// @param mover The stake whose turn it is.
/// @param moverNode The assertion on which it stands at the fork.
/// @param rival The other stake.
/// @param rivalNode The assertion on which that one stands.
/// @param start Agreed start of the stretch that the rival's dissection divides.
/// @param end The mover's own end of that stretch, to which it is bound; 0 where it has named none: at the first answer to a machine run.
/// @param dissection Merkle root of the rival's dissection; before the first one, the rival's end.
/// @param since When the turn began.
/// @param moverClock What the mover's clock showed then.
/// @param rivalClock What the rival's clock shows.
/// @param moverMoves Moves of the mover, not yet rewarded.
/// @param rivalMoves Moves of the rival, not yet rewarded.
/// @param round Dissections so far: 0 to 11.
struct Match {
    uint256 mover;
    bytes32 moverNode;
    uint256 rival;
    bytes32 rivalNode;
    bytes32 start;
    bytes32 end;
    bytes32 dissection;
    uint40 since;
    uint32 moverClock;
    uint32 rivalClock;
    uint8 moverMoves;
    uint8 rivalMoves;
    uint8 round;
}

/// @notice Two rivals. A reorg of L1 that changes anything of it makes the opening revert.
/// @param fork The assertion whose children they stand on.
/// @param inputsHash Of the fork.
/// @param start Hash of the fork's own end state.
/// @param first One stake; the opener's own where the opening carries a dissection.
/// @param firstEnd Hash of the end state that it claims.
/// @param second The other stake.
/// @param secondEnd Hash of the end state that this one claims.
struct Rivals {
    bytes32 fork;
    bytes32 inputsHash;
    bytes32 start;
    uint256 first;
    bytes32 firstEnd;
    uint256 second;
    bytes32 secondEnd;
}

/// @notice One of the 32 segments of a dissection, opened. The dissection is 32 leaves, the ends of its segments, hashed in pairs.
/// @param index 0 to 31.
/// @param start The leaf before: agreed by naming this segment. For index 0 the match's own start.
/// @param end The leaf of the segment: disputed.
/// @param proof Siblings from the leaves upwards; where the paths of both leaves still differ, the left one's before the right one's.
struct Segment {
    uint8 index;
    bytes32 start;
    bytes32 end;
    bytes32[] proof;
}

/// @notice What Matches is deployed with.
/// @param rollup Must stand and name this contract.
/// @param stepVerifier Must stand.
/// @param programRoot Memory root of the guest program.
struct MatchesParams {
    address rollup;
    address stepVerifier;
    bytes32 programRoot;
}

/// @title Matches
/// @notice The game between two rivals: each move names the first segment of the rival's dissection with whose end it disagrees and divides it into 32
///         of its own, over 2^15 block steps, then over the 2^40 machine steps of one block step, until one machine step is left, which this contract
///         computes. Twelve transactions at most. Who does not move in time loses too.
interface IMatches {
    /// @notice A match began, in this state.
    event MatchOpened(bytes32 indexed id, uint256 indexed mover, uint256 indexed rival, Match state);
    /// @notice The mover named a segment and divided it; the turn passed. With what was known before, the state of the match follows:
    ///         `end` is the last leaf of the dissection, `time` the start of the next turn.
    event Dissected(bytes32 indexed id, uint256 indexed mover, uint8 segment, bytes32[31] points, bytes32 end, uint40 time);
    /// @notice The mover named a block step and divided its machine run, which starts at `start`; the turn passed.
    event MachineEntered(
        bytes32 indexed id, uint256 indexed mover, uint8 segment, bytes32 start, bytes32[31] points, bytes32 end, uint40 time
    );
    /// @notice The match is over and counts as one more move of the winner: the mover by a machine step, or the rival by the clock.
    event MatchWon(bytes32 indexed id, uint256 indexed winner, uint256 indexed loser, bool byClock);
    /// @notice The moves of the winner in this match are rewarded and count no more.
    event MovesRewarded(bytes32 indexed id, uint256 indexed winner, uint256 indexed loser, uint256 moves);

    /// @notice The parameters contradict each other.
    error BadParams();
    /// @notice The fork's end state is another one.
    error WrongStart();
    /// @notice The match was computed from other inputs than the fork's.
    error InputsDiffer(bytes32 actual);
    /// @notice Both stakes stand on the same assertion.
    error NotRivals();
    /// @notice Two stakes have at most one match.
    error AlreadyOpen(bytes32 id);
    /// @notice The match is in another state, or there is none.
    error StateDiffers(bytes32 actual);
    /// @notice The caller does not own the stake whose turn it is.
    error NotMover();
    /// @notice This is not what the round asks for.
    error WrongRound(uint8 round);
    /// @notice The time for this move is over.
    error TooLate(uint256 deadline);
    /// @notice The mover still has time.
    error TooEarly(uint256 deadline);
    /// @notice There are 32 segments.
    error NoSuchSegment(uint8 index);
    /// @notice The leaves are not in the rival's dissection, or the first segment does not start where the match does.
    error WrongOpening();
    /// @notice The mover's end of the segment is the rival's: nothing would be disputed.
    error SameEnd();
    /// @notice The mover is bound to another end.
    error BoundToEnd(bytes32 end);
    /// @notice This is not the state of the chain or the machine at the agreed start.
    error WrongState();
    /// @notice The machine step ends where the rival says.
    error StepAgrees();
    /// @notice The stake is not one of the two.
    error NotInMatch(uint256 stakeId);
    /// @notice No move is left to reward.
    error NoMoves();
    /// @notice The other stake has not lost.
    error NotDefeated(uint256 stakeId);

    /// @notice Opens a match with the first dissection of the caller's stake, `rivals.first`; then it is the other's turn.
    function openAndDissect(Rivals calldata rivals, bytes32[31] calldata points) external;
    /// @notice Opens a match between any two rivals, by anyone: it is the turn of the one that came later, at the same time of the one with the higher id.
    function open(Rivals calldata rivals) external;
    /// @notice The first dissection where a match was opened without one. The last leaf is the mover's claim.
    function dissect(Match calldata m, bytes32[31] calldata points) external;
    /// @notice Names a segment and divides it.
    /// @param points The 31 interior leaves.
    /// @param end The mover's own end of the segment.
    function move(Match calldata m, Segment calldata segment, bytes32[31] calldata points, bytes32 end) external;
    /// @notice Names a block step and divides its machine run.
    /// @param from The state of the chain at its start.
    /// @param last The mover's state of the machine after 2^40 steps, from which its end of the block step follows.
    function enterMachine(
        Match calldata m,
        Segment calldata segment,
        State calldata from,
        Opening calldata last,
        bytes32[31] calldata points
    ) external;
    /// @notice Names a machine step, which then is computed. If it ends elsewhere than the rival says, the rival has lost, else this reverts.
    /// @param state The machine's state there, 401 bytes.
    /// @param proof Of the memory that the step touches; what it asks the oracle for must be loaded.
    function step(Match calldata m, Segment calldata segment, bytes calldata state, bytes calldata proof) external;
    /// @notice Anyone, from the deadline on: the mover has lost.
    function timeout(Match calldata m) external;
    /// @notice Anyone: what the moves of `winner` in this match earned, once the other stake has lost and this one has left (then its owner is owed it) or
    ///         has lost as well (then it is burned). Once for each side.
    function reward(Match calldata m, uint256 winner) external;

    /// @notice keccak(abi.encode(lower stake id, higher stake id)).
    function matchId(uint256 a, uint256 b) external pure returns (bytes32);
    /// @notice keccak(abi.encode(Match)), 0 if there is none.
    function stateOf(bytes32 id) external view returns (bytes32);
    /// @notice Moves made against this stake that are not rewarded yet.
    function movesAgainst(uint256 stakeId) external view returns (uint256);
    /// @notice From when on the mover of this match cannot move any more. Of the state given, whether it is the current one or not.
    function deadline(Match calldata m) external view returns (uint256);
    /// @notice Input of the machine at the block step that starts at `from`, below the fork of which `node` is a child.
    function machineInput(bytes32 node, State calldata from) external view returns (bytes32);

    function rollup() external view returns (address);
    function inbox() external view returns (address);
    function stepVerifier() external view returns (address);
    function programRoot() external view returns (bytes32);
    function configHash() external view returns (bytes32);
    /// @notice E, seconds.
    function extension() external view returns (uint64);
}
