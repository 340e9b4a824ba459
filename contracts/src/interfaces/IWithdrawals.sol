// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OutputRootProof, WithdrawalTransaction} from "../libraries/Withdrawals.sol";

/// @title Withdrawals
/// @notice Where withdrawals of L2 are proved against an assertion and, once it is confirmed, paid. ABI, events and errors are the OP Stack's.
interface IWithdrawals {
    event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);
    event WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter);
    event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);

    /// @notice The withdrawal would make the Portal call itself or the Inbox.
    error OptimismPortal_BadTarget();
    /// @notice The proof's fields do not hash to the output root of the game, or its version is not 0.
    error OptimismPortal_InvalidOutputRootProof();
    /// @notice The trie proof is right, but of something else than a sent message.
    error OptimismPortal_InvalidMerkleProof();
    /// @notice This submitter has not proved this withdrawal.
    error OptimismPortal_Unproven();
    /// @notice The withdrawal is finalised already.
    error OptimismPortal_AlreadyFinalized();
    /// @notice The proof is younger than proofMaturityDelaySeconds.
    error OptimismPortal_ProofNotOldEnough();
    /// @notice The assertion that the proof is against is not confirmed (yet, or never will be).
    error OptimismPortal_InvalidRootClaim();
    /// @notice A withdrawal's call came back to finalise another.
    error OptimismPortal_NoReentrancy();
    /// @notice Less gas is left than the withdrawal's call must be given: send more.
    error GasTooLow(uint256 gasLimit);
    /// @notice The Portal does not hold this much ether.
    error EtherMissing(uint256 balance, uint256 value);
    /// @notice Nobody has this place among those who proved the withdrawal.
    error NoSuchSubmitter();

    /// @notice Proves that L2 sent a message. Anyone, any number of times: a later proof of the same caller replaces its earlier one.
    /// @param disputeGameIndex Index in `disputeGameFactory` of the assertion whose output root is proved against.
    /// @param outputRootProof What the output root commits to.
    /// @param withdrawalProof Nodes of the message passer's storage trie, from the root to the leaf.
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata withdrawal,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external;
    /// @notice Pays a withdrawal that the caller has proved, once its assertion is confirmed. The withdrawal counts as done even if its call fails; that
    ///         call gets at least `gasLimit` gas.
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata withdrawal) external;
    /// @notice The same by the proof of another.
    function finalizeWithdrawalTransactionExternalProof(WithdrawalTransaction calldata withdrawal, address proofSubmitter) external;

    /// @notice Reverts unless the withdrawal could be finalised now by this proof.
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) external view;
    function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool);
    /// @return disputeGameProxy The game that was proved against; 0 without a proof.
    /// @return timestamp When.
    function provenWithdrawals(bytes32 withdrawalHash, address proofSubmitter)
        external
        view
        returns (address disputeGameProxy, uint64 timestamp);
    /// @notice How many have proved this withdrawal.
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256);
    /// @notice Who, in order of their first proofs.
    function proofSubmitters(bytes32 withdrawalHash, uint256 place) external view returns (address);
    /// @notice Who sent, on L2, the withdrawal whose call runs now; 0x…dEaD outside of one.
    function l2Sender() external view returns (address);

    function proofMaturityDelaySeconds() external view returns (uint256);
    /// @notice 0: a confirmed assertion stays confirmed, and nobody could use a time in which to object.
    function disputeGameFinalityDelaySeconds() external view returns (uint256);
    function respectedGameType() external view returns (uint32);
    function disputeGameFactory() external view returns (address);
    function anchorStateRegistry() external view returns (address);
    function version() external view returns (string memory);
}
