// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./support/Cheats.sol";

/// @notice The committed gas figures, against each other and against what the documents promise.
contract SnapshotsTest {
    function figure(string memory name) private view returns (uint256) {
        return figure("inbox", name);
    }

    function figure(string memory group, string memory name) private view returns (uint256) {
        string memory json = vm.readFile(string.concat("snapshots/", group, ".json"));
        return vm.parseJsonUint(json, string.concat("$['", name, "']"));
    }

    /// @dev Figures of blob transactions are summed up, the others are isolated: where both can be had they are the same.
    function test_figures_summedAndIsolated_agree() public view {
        vm.assertEq(figure("append.calldata.sum"), figure("append.calldata"));
    }

    /// @dev Repeating a payload in the event costs nothing as long as EIP-7623's floor is what the transaction pays: 40 a byte and some.
    function test_figures_mostCalldata_isAtTheFloor() public view {
        vm.assertLe(figure("append.calldata.most"), 21_000 + 40 * 100_000 + 10_000);
    }

    /// @dev What the bridge may cost.
    function test_figures_ofTheBridge_areWithinTheirBounds() public view {
        vm.assertLe(figure("Bridge", "bridge.deposit"), 70_000);
        vm.assertLe(figure("Bridge", "bridge.prove"), 160_000);
        vm.assertLe(figure("Bridge", "bridge.finalize"), 110_000);
    }
}
