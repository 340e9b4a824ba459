// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./support/Cheats.sol";

/// @notice The committed gas figures, against each other and against what the documents promise.
contract SnapshotsTest {
    function figure(string memory name) private view returns (uint256) {
        return vm.parseJsonUint(vm.readFile("snapshots/inbox.json"), string.concat("$['", name, "']"));
    }

    /// @dev Figures of blob transactions are summed up, the others are isolated: where both can be had they are the same.
    function test_figures_summedAndIsolated_agree() public view {
        vm.assertEq(figure("append.calldata.sum"), figure("append.calldata"));
    }

    /// @dev Repeating a payload in the event costs nothing as long as EIP-7623's floor is what the transaction pays: 40 a byte and some.
    function test_figures_mostCalldata_isAtTheFloor() public view {
        vm.assertLe(figure("append.calldata.most"), 21_000 + 40 * 100_000 + 10_000);
    }
}
