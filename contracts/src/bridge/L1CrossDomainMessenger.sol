// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPortal} from "../interfaces/IPortal.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";
import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {Predeploys} from "../l2/Predeploys.sol";
import {CrossDomainMessenger} from "./CrossDomainMessenger.sol";

/// @title L1CrossDomainMessenger
/// @notice The messenger on L1: sends by deposits, delivers what the Portal finalises.
contract L1CrossDomainMessenger is CrossDomainMessenger {
    string public constant version = "2.0.0";

    address public immutable portal;

    constructor(address portal_) {
        portal = portal_;
    }

    /// @inheritdoc ICrossDomainMessenger
    function otherMessenger() public pure override returns (address) {
        return Predeploys.CROSS_DOMAIN_MESSENGER;
    }

    function _send(uint64 gasLimit, bytes memory data) internal override {
        IPortal(portal).depositTransaction{value: msg.value}(otherMessenger(), msg.value, gasLimit, false, data);
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return msg.sender == portal && IWithdrawals(portal).l2Sender() == otherMessenger();
    }

    /// @dev A deposit of this contract is a message to L2.
    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == portal;
    }
}
