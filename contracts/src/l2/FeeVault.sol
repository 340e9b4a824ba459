// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L2ToL1MessagePasser} from "./L2ToL1MessagePasser.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title FeeVault
/// @notice Collects fees; the same code stands at the sequencer, base and L1 fee vaults. Anyone may send the balance to the recipient on L1.
///
/// | slot | content |
/// |---|---|
/// | 0 | recipient on L1; written by genesis only |
/// | 1 | wei withdrawn so far |
contract FeeVault {
    event Withdrawal(uint256 value, address to, address from);

    /// @notice The balance is below the least worth a withdrawal.
    error BelowMinimum(uint256 balance, uint256 minimum);
    /// @notice Genesis named no recipient.
    error NoRecipient();

    /// @notice Wei below which nothing is withdrawn: finishing a withdrawal on L1 costs gas.
    uint256 public constant MIN_WITHDRAWAL_AMOUNT = 0.01 ether;
    string public constant version = "1.0.0";
    uint256 private constant WITHDRAWAL_GAS_LIMIT = 400_000;

    address private recipient;
    uint256 public totalProcessed;

    receive() external payable {}

    /// @notice Sends the whole balance to the recipient on L1.
    function withdraw() external {
        uint256 value = address(this).balance;
        if (recipient == address(0)) revert NoRecipient();
        if (value < MIN_WITHDRAWAL_AMOUNT) revert BelowMinimum(value, MIN_WITHDRAWAL_AMOUNT);
        totalProcessed += value;
        emit Withdrawal(value, recipient, msg.sender);
        L2ToL1MessagePasser(payable(Predeploys.MESSAGE_PASSER)).initiateWithdrawal{value: value}(recipient, WITHDRAWAL_GAS_LIMIT, "");
    }

    /// @notice Recipient on L1.
    function RECIPIENT() external view returns (address) {
        return recipient;
    }
}
