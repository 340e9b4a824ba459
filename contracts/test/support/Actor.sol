// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract that sends what anybody tells it to, and fails where that fails.
contract Actor {
    receive() external payable {}

    function run(address target, uint256 value, bytes calldata input) external payable {
        (bool success, bytes memory answer) = target.call{value: value}(input);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
