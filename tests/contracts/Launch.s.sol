// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Forwarder} from "./Forwarder.sol";
import {Gate} from "./Gate.sol";
import {Token} from "./Token.sol";

/// @notice The cheat codes of forge that the script needs.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Seven transactions that build on each other: three contracts, one of them at an address that its code and a salt decide, and what is done with them.
contract Launch {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address to, uint256 supply, uint256 moved, bytes32 salt) external returns (Token token, Forwarder forwarder, Gate gate) {
        vm.startBroadcast();
        token = new Token(supply);
        forwarder = new Forwarder();
        gate = new Gate{salt: salt}();
        token.approve(address(forwarder), moved);
        gate.open{value: 1}();
        payable(address(forwarder)).transfer(5);
        forwarder.forward(_calls(token, gate, to, moved));
        vm.stopBroadcast();
    }

    /// @dev The tokens go to `to`, five wei through the gate.
    function _calls(Token token, Gate gate, address to, uint256 moved) private view returns (Forwarder.Call[] memory calls) {
        calls = new Forwarder.Call[](2);
        calls[0] = Forwarder.Call(address(token), 0, abi.encodeCall(Token.transferFrom, (msg.sender, to, moved)));
        calls[1] = Forwarder.Call(address(gate), 5, "");
    }
}
