// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";

/// @notice The cheat codes of forge that the script needs.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Creates a token and moves some of it, in two transactions that `forge script --broadcast` sends.
contract Deploy {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address to, uint256 supply, uint256 moved) external returns (Token token) {
        vm.startBroadcast();
        token = new Token(supply);
        token.transfer(to, moved);
        vm.stopBroadcast();
    }
}
