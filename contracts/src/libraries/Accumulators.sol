// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MessageLink} from "../interfaces/IInbox.sol";

/// @title Accumulators
/// @notice The two hash chains of the Inbox; `docs/protocol.md`, section 1.
library Accumulators {
    /// @notice batchAcc[n] from batchAcc[n-1].
    function batch(bytes32 previous, bytes memory header) internal pure returns (bytes32) {
        return keccak256(abi.encode(previous, keccak256(header)));
    }

    /// @notice depositAcc[i] from depositAcc[i-1].
    function message(bytes32 previous, MessageLink memory link) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(previous, link.kind, link.userOrdinal, link.l1Number, link.l1Time, link.bodyHash));
    }
}
