// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Predeploys
/// @notice Addresses that exist from genesis, as in the OP Stack. Code at them runs no constructor: it has constants and storage only.
library Predeploys {
    address internal constant CROSS_DOMAIN_MESSENGER = 0x4200000000000000000000000000000000000007;
    address internal constant STANDARD_BRIDGE = 0x4200000000000000000000000000000000000010;
    address internal constant MINTABLE_ERC20_FACTORY = 0x4200000000000000000000000000000000000012;
    address internal constant L1_BLOCK = 0x4200000000000000000000000000000000000015;
    address internal constant MESSAGE_PASSER = 0x4200000000000000000000000000000000000016;
}
