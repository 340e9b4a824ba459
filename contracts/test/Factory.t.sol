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

/// @notice A deployer whose contract asks for another one at the same address while it is being made.
contract Reenterer {
    Factory private immutable FACTORY;
    bytes32 private immutable SALT;

    constructor(Factory factory, bytes32 salt) {
        (FACTORY, SALT) = (factory, salt);
    }

    function deploy(bytes memory initCode) external returns (address) {
        return FACTORY.deploy(SALT, initCode);
    }
}

contract CallsBack {
    constructor(Reenterer deployer, bytes memory other) {
        try deployer.deploy(other) {
            revert("two contracts at one address");
        } catch {}
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
        vm.assertEq(factory.initCodeHash(deployed), keccak256(code(number)));
    }

    function test_deploy_twice_reverts(bytes32 salt) public {
        address deployed = factory.deploy(salt, code(1));
        vm.expectRevert(abi.encodeWithSelector(Factory.AlreadyDeployed.selector, deployed));
        factory.deploy(salt, code(2));
        vm.assertEq(factory.initCodeHash(deployed), keccak256(code(1)));
    }

    function test_deploy_again_fromItsOwnConstructor_changesNothing(bytes32 salt) public {
        Reenterer caller = new Reenterer(factory, salt);
        bytes memory initCode = abi.encodePacked(type(CallsBack).creationCode, abi.encode(caller, code(1)));
        vm.assertEq(factory.initCodeHash(caller.deploy(initCode)), keccak256(initCode));
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
        vm.assertEq(factory.initCodeHash(factory.addressOf(address(this), salt)), 0);
        factory.deploy(salt, code(1));
    }
}
