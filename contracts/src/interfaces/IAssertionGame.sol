// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {GameStatus} from "./IGames.sol";

/// @title AssertionGame
/// @notice One assertion, as tools of the OP Stack read a dispute game. Has no storage; times are in seconds.
interface IAssertionGame {
    function assertionId() external view returns (bytes32);
    /// @notice The output root claimed.
    function rootClaim() external view returns (bytes32);
    /// @notice The L2 block that the output root is of.
    function l2SequenceNumber() external view returns (uint256);
    function l2BlockNumber() external view returns (uint256);
    /// @notice abi.encode(L2 block number, assertion id).
    function extraData() external view returns (bytes memory);
    function gameType() external view returns (uint32);
    /// @notice When the assertion was claimed.
    function createdAt() external view returns (uint64);
    /// @notice When the window of the fork that decided was over, which is the earliest that it could be decided; 0 while it is not.
    function resolvedAt() external view returns (uint64);
    /// @notice When the assertion is confirmed if no rival comes: the end of its fork's window.
    function expectedResolution() external view returns (uint64);
    /// @notice W.
    function maxClockDuration() external view returns (uint64);
    function status() external view returns (GameStatus);
    function wasRespectedGameTypeWhenCreated() external view returns (bool);
}
