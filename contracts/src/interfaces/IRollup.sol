// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The state between two block steps; stateHash = keccak(abi.encode(State)).
struct State {
    bytes32 outputRoot;
    uint64 l2BlockNumber;
    uint64 batchIndex;
    uint64 batchOffset;
    uint64 depositIndex;
}

interface IRollup {
    event AssertionCreated(bytes32 indexed id, bytes32 indexed parent, State end, uint64 target, bytes32 inputsHash);
    event StakePlaced(uint256 indexed stakeId, address indexed owner);
    event StakeMoved(uint256 indexed stakeId, bytes32 indexed assertion);
    event AssertionConfirmed(bytes32 indexed id);
    event StakeWithdrawn(uint256 indexed stakeId, uint256 amount);
    event StakeEvicted(uint256 indexed stakeId, bytes32 indexed assertion);

    /// @notice One hop of a stake: to the child of its tip with this end.
    struct Claim {
        bytes32 inputsHash; // of the parent; reverts if it differs
        State end;
    }

    /// @notice Bonds a new stake on children of the latest confirmed assertion, walking down the list. Create-or-join.
    function stake(bytes32 parent, Claim[] calldata claims) external payable returns (uint256 stakeId);
    /// @notice Moves a stake on from its tip, walking down the list. Create-or-join.
    function advance(uint256 stakeId, Claim[] calldata claims) external;
    function confirm(bytes32 id) external;
    function withdraw(uint256 stakeId) external;
    function evict(uint256 stakeId, bytes32 id) external;
    /// @notice Pays out what withdraw credited.
    function claim(address payable to) external;
}
