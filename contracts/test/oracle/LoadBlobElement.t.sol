// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {bound, vm} from "../support/Cheats.sol";
import {OracleFixture} from "../support/OracleFixture.sol";

/// @notice Elements of a blob that the reference library has proven, tests/vectors/blob.json.
contract LoadBlobElementTest is OracleFixture {
    string private json;
    bytes32 private versionedHash;
    bytes private commitment;
    uint256 private index;
    bytes32 private value;
    bytes private proof;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("../tests/vectors/blob.json");
        versionedHash = vm.parseJsonBytes32(json, ".versionedHash");
        commitment = vm.parseJsonBytes(json, ".commitment");
        seek(0);
    }

    /// @dev False beyond the last element.
    function seek(uint256 i) private returns (bool) {
        string memory element = string.concat(".elements[", vm.toString(i), "]");
        if (!vm.keyExistsJson(json, element)) return false;
        index = vm.parseJsonUint(json, string.concat(element, ".index"));
        value = vm.parseJsonBytes32(json, string.concat(element, ".value"));
        proof = vm.parseJsonBytes(json, string.concat(element, ".proof"));
        return true;
    }

    function load() private returns (bytes32) {
        return oracle.loadBlobElement(versionedHash, index, value, commitment, proof);
    }

    /// @dev With little gas, since the precompile uses up what it gets.
    function assertRefuted() private {
        bytes memory call = abi.encodeCall(oracle.loadBlobElement, (versionedHash, index, value, commitment, proof));
        (bool ok, bytes memory output) = address(oracle).call{gas: 200_000}(call);
        vm.assertFalse(ok);
        vm.assertEq(output, abi.encodeWithSelector(IPreimageOracle.WrongBlobElement.selector));
    }

    function test_load_ofTheVectors_makesThemKnown() public {
        uint256 i;
        for (; seek(i); ++i) {
            bytes32 key = keyOf(2, versionedHash);
            assertNotLoaded(key, index);
            vm.expectEmit(address(oracle));
            emit IPreimageOracle.PartLoaded(key, index, value);
            vm.assertEq(load(), key);
            assertPart(key, index, value);
        }
        vm.assertEq(i, 8);
    }

    function test_load_again_changesNothing() public {
        bytes32 key = load();
        vm.assertEq(load(), key);
        assertPart(key, index, value);
    }

    /// @dev Where it is, is the contract's to say: the same value with the same proof is no other element.
    function test_load_asAnotherElement_isRefuted(uint256 other) public {
        seek(4);
        other = bound(other, 1, 4096);
        if (other == index) return;
        index = other;
        assertRefuted();
    }

    function test_load_ofAnotherValue_isRefuted(uint256 mask) public {
        value ^= bytes32(mask == 0 ? 1 : mask);
        assertRefuted();
        value = 0;
        assertRefuted();
    }

    /// @dev The element itself, as a number that is not below the modulus.
    function test_load_ofTheValueAndTheModulus_isRefuted() public {
        seek(3);
        vm.assertEq(value, 0);
        value = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
        assertRefuted();
    }

    function test_load_withAnyByteCorrupted_isRefuted() public {
        for (uint256 i = 0; i < 48; ++i) {
            proof[i] ^= 0x01;
            assertRefuted();
            proof[i] ^= 0x01;
            commitment[i] ^= 0x01;
            assertRefuted();
            commitment[i] ^= 0x01;
        }
        for (uint256 i = 0; i < 32; ++i) {
            bytes32 mask = bytes32(uint256(1) << 8 * i);
            versionedHash ^= mask;
            assertRefuted();
            versionedHash ^= mask;
        }
        load();
    }

    function test_load_withBytesMissingOrLeftOver_isRefuted() public {
        proof.push(0);
        assertRefuted();
        proof.pop();
        proof.pop();
        assertRefuted();
        proof = "";
        assertRefuted();
    }

    /// @dev What it returns counts, not only that it does: where there is no precompile, a call succeeds and returns nothing.
    function test_load_whereThePrecompileSaysSomethingElse_isRefuted() public {
        vm.mockCall(address(0x0a), "", "");
        assertRefuted();
        vm.mockCall(address(0x0a), "", new bytes(64));
        assertRefuted();
    }

    function test_load_outsideOfTheBlob_reverts(uint256 other) public {
        index = bound(other, 4097, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.NotABlobPart.selector, index));
        load();
        index = 0;
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.NotABlobPart.selector, 0));
        load();
    }

    function test_load_withTooLittleGas_storesNothing(uint256 gas_) public {
        gas_ = bound(gas_, 30_000, 60_000);
        bytes memory call = abi.encodeCall(oracle.loadBlobElement, (versionedHash, index, value, commitment, proof));
        (bool ok,) = address(oracle).call{gas: gas_}(call);
        vm.assertFalse(ok);
        assertNotLoaded(keyOf(2, versionedHash), index);
    }
}
