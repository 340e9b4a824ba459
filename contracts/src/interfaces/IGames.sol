// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "./IRollup.sol";

/// @notice OP Stack ABI. metadata = game type u32 ‖ timestamp u64 ‖ game address.
struct GameSearchResult {
    uint256 index;
    bytes32 metadata;
    uint64 timestamp;
    bytes32 rootClaim;
    bytes extraData;
}

/// @notice What is known of a game's claim, in the OP Stack's words and numbers.
enum GameStatus {
    IN_PROGRESS,
    CHALLENGER_WINS,
    DEFENDER_WINS
}

/// @title Games
/// @notice Shows the assertions of a Rollup as the dispute games that users' tools of the OP Stack read: a factory with a list of games, and the
///         registry that judges them. Holds no ether and decides nothing: every answer follows from the Rollup.
interface IGames {
    /// @notice The event of the OP Stack.
    event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);
    /// @notice The same, for whoever knows assertions.
    event AssertionListed(bytes32 indexed assertionId, uint256 indexed index, address game);

    /// @notice The Rollup has no assertion with this parent and end.
    error UnknownAssertion(bytes32 id);
    /// @notice The assertion is listed already.
    error AlreadyListed(address game);
    /// @notice The parent comes first: it is neither listed nor confirmed.
    error ParentNotListed(bytes32 parent);
    /// @notice No game has this index.
    error UnknownGame(uint256 index);
    /// @notice A sibling of this assertion is confirmed: it never will be.
    error LostGame(address game);

    /// @notice Makes the game of an assertion and lists it. Anyone, once; its parent must be listed or confirmed.
    /// @param parent Id of the parent assertion.
    /// @param end The state that the assertion claims.
    function list(bytes32 parent, State calldata end) external returns (address game);

    /// @notice How many games were made.
    function gameCount() external view returns (uint256);
    /// @param timestamp When the assertion was claimed.
    function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, address proxy);
    /// @notice Up to n games from index `start` downwards, without those that have, or descend from one that has, a rival, unless they are confirmed:
    ///         of two rivals one is false, and nobody here knows which.
    function findLatestGames(uint32 gameType, uint256 start, uint256 n) external view returns (GameSearchResult[] memory games);
    /// @notice The game with these parameters; zeroes if there is none.
    /// @param extraData abi.encode(L2 block number, assertion id).
    function games(uint32 gameType, bytes32 rootClaim, bytes calldata extraData) external view returns (address proxy, uint64 timestamp);
    /// @notice The game of an assertion; 0 if it is not listed.
    function gameOf(bytes32 assertionId) external view returns (address);

    /// @notice The output root that the game at an index claims, to prove against. Reverts if it has lost to a sibling.
    function provable(uint256 index) external view returns (bytes32 rootClaim);
    /// @notice Whether the game at an index is confirmed.
    function isConfirmed(uint256 index) external view returns (bool);
    /// @notice Whether the game was made here.
    function isGameRegistered(address game) external view returns (bool);
    /// @notice Whether the game was made here and can still be, or is, confirmed.
    function isGameProper(address game) external view returns (bool);
    /// @notice Whether the game is of the one type there is.
    function isGameRespected(address game) external view returns (bool);
    /// @notice Whether it is decided, and nothing more has to be waited for.
    function isGameFinalized(address game) external view returns (bool);
    /// @notice Whether withdrawals may be finalised by it: it was made here and is confirmed.
    function isGameClaimValid(address game) external view returns (bool);
    /// @notice Where an assertion stands, and the fork that decided it (0 while none has).
    function standing(bytes32 assertionId) external view returns (GameStatus status, bytes32 fork);

    /// @notice The one type of all games here; none of the OP Stack's.
    function respectedGameType() external view returns (uint32);
    function rollup() external view returns (address);
    /// @notice The code that all games run.
    function gameImplementation() external view returns (address);
}
