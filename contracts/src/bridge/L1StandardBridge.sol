// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStandardBridge} from "../interfaces/IStandardBridge.sol";
import {Predeploys} from "../l2/Predeploys.sol";
import {StandardBridge} from "./StandardBridge.sol";

/// @title L1StandardBridge
/// @notice The bridge on L1.
contract L1StandardBridge is StandardBridge {
    string public constant version = "2.0.0";

    address private immutable MESSENGER;

    constructor(address messenger_) {
        MESSENGER = messenger_;
    }

    /// @inheritdoc IStandardBridge
    function messenger() public view override returns (address) {
        return MESSENGER;
    }

    /// @inheritdoc IStandardBridge
    function otherBridge() public pure override returns (address) {
        return Predeploys.STANDARD_BRIDGE;
    }
}
