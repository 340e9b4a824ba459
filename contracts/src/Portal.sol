// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "./interfaces/IInbox.sol";
import {IPortal} from "./interfaces/IPortal.sol";
import {L1Alias} from "./libraries/L1Alias.sol";
import {WithdrawalGate} from "./portal/WithdrawalGate.sol";

/// @title Portal
/// @notice See {IPortal}.
contract Portal is IPortal, WithdrawalGate {
    uint64 private constant RECEIVE_GAS_LIMIT = 100_000;
    uint256 private constant MAX_DATA = 100_000;
    /// @dev EIP-7825: the most gas of one transaction.
    uint64 private constant MAX_TRANSACTION_GAS = 1 << 24;
    uint64 private constant ATTRIBUTES_GAS = 150_000;
    /// @dev Gas on L2 that one gas spent here buys.
    uint64 private constant L2_GAS_PER_GAS = 8;

    /// @inheritdoc IPortal
    address public immutable inbox;
    /// @inheritdoc IPortal
    uint64 public immutable maxGasLimit;

    constructor(address inbox_, address games_, uint64 l2BlockGasLimit, uint64 proofMaturityDelay)
        WithdrawalGate(games_, proofMaturityDelay)
    {
        if (inbox_ == address(0) || games_ == address(0)) revert ZeroAddress();
        // The receive function's deposit must always be possible.
        if (l2BlockGasLimit < ATTRIBUTES_GAS + RECEIVE_GAS_LIMIT) revert BadBlockGasLimit(l2BlockGasLimit);
        inbox = inbox_;
        uint64 room = l2BlockGasLimit - ATTRIBUTES_GAS;
        maxGasLimit = room < MAX_TRANSACTION_GAS ? room : MAX_TRANSACTION_GAS;
    }

    /// @dev INVARIANT: L2 executes at most 8 gas for each gas that its deposits cost on L1, so that whole blocks of L1 full of them cannot outrun those
    ///      who execute again. What a deposit needs here anyway pays for most; the rest is burned.
    modifier metered(uint64 gasLimit) {
        uint256 available = gasleft();
        _;
        uint256 price = gasLimit / L2_GAS_PER_GAS;
        if (available < price) revert GasTooLowForLimit(price);
        uint256 left = available - price;
        while (gasleft() > left) {}
    }

    /// @notice Ether sent here arrives at the sender's address on L2.
    receive() external payable metered(RECEIVE_GAS_LIMIT) {
        _check(msg.sender, msg.value, RECEIVE_GAS_LIMIT, false, 0);
        _enqueue(msg.sender, abi.encodePacked(msg.value, msg.value, RECEIVE_GAS_LIMIT, false));
    }

    /// @inheritdoc IPortal
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable
        metered(gasLimit)
    {
        _check(to, value, gasLimit, isCreation, data.length);
        _enqueue(to, abi.encodePacked(msg.value, value, gasLimit, isCreation, data));
    }

    /// @inheritdoc IPortal
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return 21_000 + 40 * byteCount;
    }

    /// @dev INVARIANT: a deposit that is enqueued never invalidates a block: data, gas and amounts are bounded here.
    function _check(address to, uint256 value, uint64 gasLimit, bool isCreation, uint256 length) private view {
        if (isCreation && to != address(0)) revert CreationWithCallee();
        if (length > MAX_DATA) revert DataTooLarge(length);
        // At most MAX_DATA: fits.
        uint64 least = minimumGasLimit(uint64(length));
        if (gasLimit < least) revert GasLimitTooLow(gasLimit, least);
        if (gasLimit > maxGasLimit) revert GasLimitTooHigh(gasLimit, maxGasLimit);
        if (msg.value > type(uint128).max || value > type(uint128).max) revert ValueTooLarge();
    }

    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == inbox;
    }

    function _enqueue(address to, bytes memory opaque) private {
        address from = _l2Sender();
        emit TransactionDeposited(from, to, 0, opaque);
        IInbox(inbox).enqueueDeposit(abi.encodePacked(from, to, opaque));
    }

    /// @dev An account that starts the transaction itself has its key on L2 as well, delegated code or not; a contract may not exist there, and
    ///      another's key may: hence the alias.
    function _l2Sender() private view returns (address) {
        return msg.sender == tx.origin ? msg.sender : L1Alias.aliasOf(msg.sender);
    }
}
