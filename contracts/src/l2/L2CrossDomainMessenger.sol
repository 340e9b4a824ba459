// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {CrossDomainMessenger} from "../bridge/CrossDomainMessenger.sol";
import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {L1Alias} from "../libraries/L1Alias.sol";
import {L2ToL1MessagePasser} from "./L2ToL1MessagePasser.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title L2CrossDomainMessenger
/// @notice The messenger on L2: sends by withdrawals, delivers deposits of the messenger on L1.
///
/// | slot | content |
/// |---|---|
/// | 0 to 2 | see CrossDomainMessenger |
/// | 3 | the messenger on L1; written by genesis only |
contract L2CrossDomainMessenger is CrossDomainMessenger {
    string public constant version = "2.0.0";

    address private l1Messenger;

    /// @inheritdoc ICrossDomainMessenger
    function otherMessenger() public view override returns (address) {
        return l1Messenger;
    }

    function _send(uint64 gasLimit, bytes memory data) internal override {
        L2ToL1MessagePasser(payable(Predeploys.MESSAGE_PASSER)).initiateWithdrawal{value: msg.value}(l1Messenger, gasLimit, data);
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return msg.sender == L1Alias.aliasOf(l1Messenger);
    }

    /// @dev A withdrawal of this contract is a message to L1.
    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == Predeploys.MESSAGE_PASSER;
    }
}
