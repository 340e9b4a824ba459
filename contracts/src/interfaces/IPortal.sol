// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Portal
/// @notice Where users of L1 send transactions and ether to L2. The ether stays here until it is withdrawn. Depositing has the OP Stack's ABI.
interface IPortal {
    /// @notice OP Stack ABI. opaqueData = mint 32 ‖ value 32 ‖ gasLimit 8 ‖ isCreation 1 ‖ data; version 0.
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    /// @notice The gas limit does not pay for the deposit's data.
    error GasLimitTooLow(uint64 gasLimit, uint64 least);
    /// @notice The gas limit may not fit an L2 block.
    error GasLimitTooHigh(uint64 gasLimit, uint64 most);
    /// @notice The call came with less gas than an eighth of the deposit's gas limit, which it costs.
    error GasTooLowForLimit(uint256 price);
    /// @notice More than 100,000 bytes of data.
    error DataTooLarge(uint256 length);
    /// @notice Ether or value of 2^128 or more.
    error ValueTooLarge();
    /// @notice A contract creation must have no callee.
    error CreationWithCallee();
    /// @notice The L2 block gas limit leaves no room for a deposit.
    error BadBlockGasLimit(uint64 l2BlockGasLimit);
    /// @notice An address that must not be zero is.
    error ZeroAddress();

    /// @notice Deposits a transaction: L2 executes it in the order of the Inbox, from the caller (a contract's address plus
    ///         0x1111000000000000000000000000000000001111), with the ether sent here minted to it first.
    ///         Costs at least an eighth of the gas limit in gas here.
    /// @param to Callee on L2; zero if isCreation.
    /// @param value Wei that the transaction sends on L2; may differ from the ether sent here. What L2 lacks makes the call fail there.
    /// @param gasLimit On L2; from 21,000 + 40 × data length to maxGasLimit.
    /// @param isCreation Whether data is init code.
    /// @param data Calldata or init code, at most 100,000 bytes.
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data) external payable;

    /// @notice The least gas limit for this many bytes of data.
    function minimumGasLimit(uint64 byteCount) external pure returns (uint64);
    /// @notice The highest gas limit: min(2^24, L2 block gas limit − 150,000).
    function maxGasLimit() external view returns (uint64);
    function inbox() external view returns (address);
}
