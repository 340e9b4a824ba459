// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StandardBridge} from "../bridge/StandardBridge.sol";
import {IStandardBridge} from "../interfaces/IStandardBridge.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title L2StandardBridge
/// @notice The bridge on L2.
///
/// | slot | content |
/// |---|---|
/// | 0 | see StandardBridge |
/// | 1 | the bridge on L1; written by genesis only |
contract L2StandardBridge is StandardBridge {
    string public constant version = "2.0.0";

    address private l1Bridge;

    /// @inheritdoc IStandardBridge
    function messenger() public pure override returns (address) {
        return Predeploys.CROSS_DOMAIN_MESSENGER;
    }

    /// @inheritdoc IStandardBridge
    function otherBridge() public view override returns (address) {
        return l1Bridge;
    }
}
