// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

interface IPortal {
    /// @notice OP Stack ABI. opaqueData = mint 32 ‖ value 32 ‖ gasLimit 8 ‖ isCreation 1 ‖ data; version 0.
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data) external payable;
}
