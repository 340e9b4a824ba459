// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Refuses ether until somebody opens it.
contract Gate {
    bool public isOpen;
    /// @notice Who opened it.
    address public opener;

    error Closed();

    receive() external payable {
        require(isOpen, Closed());
    }

    /// @notice Opens it and keeps what comes with the call.
    function open() external payable {
        (isOpen, opener) = (true, msg.sender);
    }
}
