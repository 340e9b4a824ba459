// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGames} from "../interfaces/IGames.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";
import {MerkleTrie} from "../libraries/MerkleTrie.sol";
import {SafeCall} from "../libraries/SafeCall.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../libraries/Withdrawals.sol";

/// @title WithdrawalGate
/// @notice See {IWithdrawals}.
abstract contract WithdrawalGate is IWithdrawals {
    using Withdrawals for WithdrawalTransaction;

    /// @dev What `l2Sender` is outside of a withdrawal.
    address private constant NOBODY = 0x000000000000000000000000000000000000dEaD;

    /// @dev One slot: game 20, timestamp 8.
    struct Proof {
        address game;
        uint64 timestamp;
    }

    /// @dev One slot: first 20, count 12. Most withdrawals are proved by one account.
    struct Submitters {
        address first;
        uint96 count;
    }

    /// @inheritdoc IWithdrawals
    uint256 public constant disputeGameFinalityDelaySeconds = 0;
    /// @inheritdoc IWithdrawals
    string public constant version = "5.0.0";

    /// @inheritdoc IWithdrawals
    address public immutable disputeGameFactory;
    /// @inheritdoc IWithdrawals
    uint256 public immutable proofMaturityDelaySeconds;

    // slot 0
    /// @inheritdoc IWithdrawals
    mapping(bytes32 withdrawalHash => bool) public finalizedWithdrawals;
    // slot 1
    mapping(bytes32 withdrawalHash => mapping(address submitter => Proof)) private proofs;
    // slot 2
    mapping(bytes32 withdrawalHash => Submitters) private submitters;
    // slot 3: all but the first
    mapping(bytes32 withdrawalHash => mapping(uint256 place => address)) private laterSubmitters;
    // transient slot 0: 0 outside of a withdrawal
    address private transient running;

    constructor(address games, uint256 proofMaturityDelay) {
        disputeGameFactory = games;
        proofMaturityDelaySeconds = proofMaturityDelay;
    }

    /// @inheritdoc IWithdrawals
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata withdrawal,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external {
        // INVARIANT: no withdrawal makes the Portal call itself or the Inbox, which takes the Portal's word for deposits.
        if (_isUnsafeTarget(withdrawal.target)) revert OptimismPortal_BadTarget();
        (address game, bytes32 rootClaim) = IGames(disputeGameFactory).provable(disputeGameIndex);
        if (outputRootProof.version != 0 || Withdrawals.outputRoot(outputRootProof) != rootClaim) {
            revert OptimismPortal_InvalidOutputRootProof();
        }
        bytes32 hash = withdrawal.hash();
        // INVARIANT: only what the message passer's storage holds as sent is proved.
        bytes calldata value =
            MerkleTrie.get(outputRootProof.messagePasserStorageRoot, Withdrawals.storageKey(hash), withdrawalProof);
        if (value.length != 1 || value[0] != 0x01) revert OptimismPortal_InvalidMerkleProof();
        _record(hash, game);
        emit WithdrawalProven(hash, withdrawal.sender, withdrawal.target);
        emit WithdrawalProvenExtension1(hash, msg.sender);
    }

    /// @inheritdoc IWithdrawals
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata withdrawal) external {
        finalizeWithdrawalTransactionExternalProof(withdrawal, msg.sender);
    }

    /// @inheritdoc IWithdrawals
    function finalizeWithdrawalTransactionExternalProof(WithdrawalTransaction calldata withdrawal, address proofSubmitter) public {
        if (running != address(0)) revert OptimismPortal_NoReentrancy();
        bytes32 hash = withdrawal.hash();
        checkWithdrawal(hash, proofSubmitter);
        if (withdrawal.value > address(this).balance) revert EtherMissing(address(this).balance, withdrawal.value);
        // INVARIANT: a withdrawal is finalised at most once.
        finalizedWithdrawals[hash] = true;
        running = withdrawal.sender;
        bytes memory data = withdrawal.data;
        // INVARIANT: the call has the gas that its sender asked for, whoever finalises.
        if (!SafeCall.hasMinGas(withdrawal.gasLimit, 0)) revert GasTooLow(withdrawal.gasLimit);
        bool success = SafeCall.call(withdrawal.target, gasleft(), withdrawal.value, data);
        running = address(0);
        emit WithdrawalFinalized(hash, success);
    }

    /// @inheritdoc IWithdrawals
    function provenWithdrawals(bytes32 withdrawalHash, address proofSubmitter)
        external
        view
        returns (address disputeGameProxy, uint64 timestamp)
    {
        Proof memory proof = proofs[withdrawalHash][proofSubmitter];
        return (proof.game, proof.timestamp);
    }

    /// @inheritdoc IWithdrawals
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return submitters[withdrawalHash].count;
    }

    /// @inheritdoc IWithdrawals
    function proofSubmitters(bytes32 withdrawalHash, uint256 place) external view returns (address) {
        Submitters memory s = submitters[withdrawalHash];
        if (place >= s.count) revert NoSuchSubmitter();
        return place == 0 ? s.first : laterSubmitters[withdrawalHash][place];
    }

    /// @inheritdoc IWithdrawals
    function l2Sender() external view returns (address) {
        return running == address(0) ? NOBODY : running;
    }

    /// @inheritdoc IWithdrawals
    function respectedGameType() external view returns (uint32) {
        return IGames(disputeGameFactory).respectedGameType();
    }

    /// @inheritdoc IWithdrawals
    function anchorStateRegistry() external view returns (address) {
        return disputeGameFactory;
    }

    /// @inheritdoc IWithdrawals
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) public view {
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        Proof memory proof = proofs[withdrawalHash][proofSubmitter];
        if (proof.timestamp == 0) revert OptimismPortal_Unproven();
        if (block.timestamp < proof.timestamp + proofMaturityDelaySeconds) revert OptimismPortal_ProofNotOldEnough();
        // INVARIANT: ether leaves by a confirmed assertion only.
        if (!IGames(disputeGameFactory).isGameClaimValid(proof.game)) revert OptimismPortal_InvalidRootClaim();
    }

    /// @dev Nobody's proof is replaced by another's: a proof against an assertion that loses harms its submitter alone.
    function _record(bytes32 hash, address game) private {
        Proof storage proof = proofs[hash][msg.sender];
        if (proof.timestamp == 0) {
            Submitters memory s = submitters[hash];
            if (s.count == 0) s.first = msg.sender;
            else laterSubmitters[hash][s.count] = msg.sender;
            s.count += 1;
            submitters[hash] = s;
        }
        proof.game = game;
        // Seconds fit into 64 bits for 500 billion years.
        proof.timestamp = uint64(block.timestamp);
    }

    function _isUnsafeTarget(address target) internal view virtual returns (bool);
}
