// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {CREATE3} from "solady/utils/CREATE3.sol";

/// @title Factory
/// @notice Deploys to addresses that depend only on the caller and a salt, not on the code: so contracts may hold each other's addresses as
///         immutables. Nobody can take another's address: the caller is in the salt. Since an address says nothing about the code, the hash of
///         what made each contract is kept: with it everything that a constructor fixed can be checked, storage included.
contract Factory {
    event Deployed(address indexed deployer, bytes32 indexed salt, address deployed);

    /// @notice This deployer has used this salt.
    error AlreadyDeployed(address deployed);

    // slot 0
    /// @notice Hash of the creation code, arguments included, that made a contract here; 0 for any other address.
    mapping(address deployed => bytes32) public initCodeHash;

    /// @notice Deploys `initCode` at `addressOf(msg.sender, salt)`.
    function deploy(bytes32 salt, bytes calldata initCode) external payable returns (address deployed) {
        deployed = addressOf(msg.sender, salt);
        if (deployed.code.length != 0) revert AlreadyDeployed(deployed);
        // INVARIANT: the hash kept for an address is that of the code which made what stands there.
        initCodeHash[deployed] = keccak256(initCode);
        CREATE3.deployDeterministic(msg.value, initCode, _salt(msg.sender, salt));
        emit Deployed(msg.sender, salt, deployed);
    }

    /// @notice Where `deploy` of this deployer with this salt puts a contract.
    function addressOf(address deployer, bytes32 salt) public view returns (address) {
        return CREATE3.predictDeterministicAddress(_salt(deployer, salt));
    }

    function _salt(address deployer, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(deployer, salt));
    }
}
