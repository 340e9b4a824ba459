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

    /// @dev One slot: submitter 20, gameIndex 5, timestamp 5, finalized 1. Most withdrawals are proved by one account.
    struct Record {
        address submitter;
        uint40 gameIndex;
        uint40 timestamp;
        bool finalized;
    }

    /// @dev Proof of another than the first submitter. One slot: gameIndex 5, timestamp 5.
    struct LaterProof {
        uint40 gameIndex;
        uint40 timestamp;
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
    mapping(bytes32 withdrawalHash => Record) private records;
    // slot 1
    mapping(bytes32 withdrawalHash => mapping(address submitter => LaterProof)) private laterProofs;
    // slot 2
    mapping(bytes32 withdrawalHash => address[]) private laterSubmitters;
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
        bytes32 rootClaim = IGames(disputeGameFactory).provable(disputeGameIndex);
        if (outputRootProof.version != 0 || Withdrawals.outputRoot(outputRootProof) != rootClaim) {
            revert OptimismPortal_InvalidOutputRootProof();
        }
        bytes32 hash = withdrawal.hash();
        // INVARIANT: only what the message passer's storage holds as sent is proved.
        bytes calldata value = MerkleTrie.get(outputRootProof.messagePasserStorageRoot, Withdrawals.storageKey(hash), withdrawalProof);
        if (value.length != 1 || value[0] != 0x01) revert OptimismPortal_InvalidMerkleProof();
        _record(hash, disputeGameIndex);
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
        records[hash].finalized = true;
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
        uint256 gameIndex;
        (gameIndex, timestamp) = _proof(withdrawalHash, proofSubmitter);
        if (timestamp != 0) (,, disputeGameProxy) = IGames(disputeGameFactory).gameAtIndex(gameIndex);
    }

    /// @inheritdoc IWithdrawals
    function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool) {
        return records[withdrawalHash].finalized;
    }

    /// @inheritdoc IWithdrawals
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return records[withdrawalHash].timestamp == 0 ? 0 : 1 + laterSubmitters[withdrawalHash].length;
    }

    /// @inheritdoc IWithdrawals
    function proofSubmitters(bytes32 withdrawalHash, uint256 place) external view returns (address) {
        address[] storage later = laterSubmitters[withdrawalHash];
        if (records[withdrawalHash].timestamp == 0 || place > later.length) revert NoSuchSubmitter();
        return place == 0 ? records[withdrawalHash].submitter : later[place - 1];
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
        if (records[withdrawalHash].finalized) revert OptimismPortal_AlreadyFinalized();
        (uint256 gameIndex, uint64 timestamp) = _proof(withdrawalHash, proofSubmitter);
        if (timestamp == 0) revert OptimismPortal_Unproven();
        if (block.timestamp < timestamp + proofMaturityDelaySeconds) revert OptimismPortal_ProofNotOldEnough();
        // INVARIANT: ether leaves by a confirmed assertion only.
        if (!IGames(disputeGameFactory).isConfirmed(gameIndex)) revert OptimismPortal_InvalidRootClaim();
    }

    /// @dev Nobody's proof is replaced by another's: a proof against an assertion that loses harms its submitter alone.
    function _record(bytes32 hash, uint256 disputeGameIndex) private {
        // The game exists: as many as 2^40 never will. Seconds fit into 40 bits until the year 36812.
        (uint40 gameIndex, uint40 timestamp) = (uint40(disputeGameIndex), uint40(block.timestamp));
        Record memory r = records[hash];
        if (r.timestamp == 0 || r.submitter == msg.sender) {
            records[hash] = Record(msg.sender, gameIndex, timestamp, r.finalized);
            return;
        }
        LaterProof storage later = laterProofs[hash][msg.sender];
        if (later.timestamp == 0) laterSubmitters[hash].push(msg.sender);
        (later.gameIndex, later.timestamp) = (gameIndex, timestamp);
    }

    function _proof(bytes32 hash, address submitter) private view returns (uint256 gameIndex, uint64 timestamp) {
        Record memory r = records[hash];
        if (r.submitter == submitter) return (r.gameIndex, r.timestamp);
        LaterProof memory later = laterProofs[hash][submitter];
        return (later.gameIndex, later.timestamp);
    }

    function _isUnsafeTarget(address target) internal view virtual returns (bool);
}
