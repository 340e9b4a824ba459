// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Makes calls for whoever asks: to the others it is a contract that calls.
contract Forwarder {
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    error CallFailed(uint256 place, bytes reason);

    receive() external payable {}

    function forward(Call[] calldata calls) external payable {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory reason) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            require(success, CallFailed(i, reason));
        }
    }
}
