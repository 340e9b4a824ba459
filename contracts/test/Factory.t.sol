// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Factory} from "../src/Factory.sol";
import {vm} from "./support/Cheats.sol";

/// @notice Holds what it was built with.
contract Probe {
    uint256 public immutable number;

    constructor(uint256 number_) payable {
        require(number_ != 0, "zero");
        number = number_;
    }
}

contract FactoryTest {
    Factory private factory = new Factory();

    function code(uint256 number) private pure returns (bytes memory) {
        return abi.encodePacked(type(Probe).creationCode, abi.encode(number));
    }

    function test_deploy_withASalt_landsWhereForetold(bytes32 salt, uint256 number, address deployer, uint96 wei_) public {
        vm.assume(number != 0);
        vm.deal(deployer, wei_);
        address expected = factory.addressOf(deployer, salt);
        vm.expectEmit(address(factory));
        emit Factory.Deployed(deployer, salt, expected);
        vm.prank(deployer);
        address deployed = factory.deploy{value: wei_}(salt, code(number));
        vm.assertEq(deployed, expected);
        vm.assertEq(Probe(deployed).number(), number);
        vm.assertEq(deployed.balance, wei_);
    }

    function test_deploy_twice_reverts(bytes32 salt) public {
        address deployed = factory.deploy(salt, code(1));
        vm.expectRevert(abi.encodeWithSelector(Factory.AlreadyDeployed.selector, deployed));
        factory.deploy(salt, code(2));
    }

    function test_deploy_byAnother_cannotTakeTheAddress(bytes32 salt, address other) public {
        vm.assume(other != address(this));
        vm.prank(other);
        address taken = factory.deploy(salt, code(1));
        address mine = factory.addressOf(address(this), salt);
        vm.assertTrue(taken != mine);
        vm.assertEq(factory.deploy(salt, code(2)), mine);
    }

    function test_deploy_failingConstructor_revertsAndLeavesTheAddressFree(bytes32 salt) public {
        vm.expectPartialRevert(bytes4(keccak256("DeploymentFailed()")));
        factory.deploy(salt, code(0));
        factory.deploy(salt, code(1));
    }
}
