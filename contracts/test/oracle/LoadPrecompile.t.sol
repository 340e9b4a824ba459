// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {bound, vm} from "../support/Cheats.sol";
import {OracleFixture} from "../support/OracleFixture.sol";

/// @notice Calls of accelerated precompiles, made by the oracle.
contract LoadPrecompileTest is OracleFixture {
    address private constant ECRECOVER = address(0x01);
    address private constant MODEXP = address(0x05);
    address private constant PAIRING = address(0x08);
    address private constant G1_ADD = address(0x0b);
    address private constant G1_MSM = address(0x0c);
    address private constant P256_VERIFY = address(0x0100);

    /// @dev The generator of BLS12-381's first group.
    bytes private constant G1 = hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        hex"0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";

    function keyOfCall(address precompile, uint64 gas_, bytes memory input) private pure returns (bytes32) {
        return keyOf(3, keccak256(abi.encodePacked(precompile, gas_, input)));
    }

    /// @dev Loads all of a call and compares with the preimage that it must have.
    function assertLoads(address precompile, uint64 gas_, bytes memory input, bytes memory preimage) private {
        bytes32 key = oracle.loadPrecompile(precompile, gas_, input, allUpTo((preimage.length + 31) / 32));
        vm.assertEq(key, keyOfCall(precompile, gas_, input));
        assertWhole(key, preimage);
    }

    function test_ecrecover_ofASignature_isTheSigner() public {
        bytes32 hash = keccak256("signed");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(7, hash);
        bytes memory input = abi.encode(hash, v, r, s);
        assertLoads(ECRECOVER, 3_000, input, abi.encodePacked(uint8(1), abi.encode(vm.addr(7))));
    }

    function test_ecrecover_ofAnything_isWhatTheEvmSays(bytes32 hash, uint8 v, bytes32 r, bytes32 s) public {
        v = 26 + v % 4;
        address signer = ecrecover(hash, v, r, s);
        bytes memory output = signer == address(0) ? bytes("") : abi.encode(signer);
        assertLoads(ECRECOVER, 3_000, abi.encode(hash, v, r, s), abi.encodePacked(uint8(1), output));
    }

    /// @dev The output has the modulus's length; the model multiplies.
    function test_modexp_ofSmallNumbers_isTheirPower(uint8 base, uint8 exponent, uint32 modulus, uint256 length) public {
        length = bound(length, 4, 1024);
        uint256 power = 1;
        for (uint256 i = 0; i < exponent; ++i) {
            power = modulus == 0 ? 0 : power * base % modulus;
        }
        if (modulus < 2) power = 0;
        bytes memory input = abi.encodePacked(abi.encode(1, 1, length), base, exponent, new bytes(length - 4), modulus);
        assertLoads(MODEXP, 100_000, input, abi.encodePacked(uint8(1), new bytes(length - 4), uint32(power)));
    }

    function test_modexp_withoutModulus_returnsNothing(bytes memory input) public {
        vm.assume(input.length <= 64);
        for (uint256 i = 0; i < input.length && i < 64; ++i) {
            // A base of at most 771 bytes, no exponent.
            if (i < 30 || i >= 32) input[i] = 0;
            else input[i] &= 0x03;
        }
        assertLoads(MODEXP, 1_000_000, input, hex"01");
    }

    /// @dev Of a length that ends too early, the missing bytes are zeroes: 95 bytes that end with 1 say 256.
    function test_modexp_withHalfALength_readsZeroesBehindIt() public {
        bytes memory input = new bytes(95);
        input[94] = 0x01;
        assertLoads(MODEXP, 100_000, input, bytes.concat(hex"01", new bytes(256)));
    }

    function test_modexp_beyond1024Bytes_fails() public {
        assertLoads(MODEXP, 100_000, abi.encode(1, 1, 1025), hex"00");
    }

    function test_pairing_ofNothing_isOne() public {
        assertLoads(PAIRING, 45_000, "", abi.encodePacked(uint8(1), uint256(1)));
    }

    function test_pairing_ofTheGeneratorsAlone_isNotOne() public {
        bytes memory input = abi.encodePacked(
            uint256(1),
            uint256(2),
            hex"198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
            hex"090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
        );
        assertLoads(PAIRING, 79_000, input, abi.encodePacked(uint8(1), uint256(0)));
    }

    /// @dev An output of four words begins one byte into the first part.
    function test_blsAddition_ofAPointAndNothing_isThePoint() public {
        assertLoads(G1_ADD, 375, bytes.concat(G1, new bytes(128)), bytes.concat(hex"01", G1));
    }

    function test_blsAddition_ofAPointOffTheCurve_fails(uint256 place, uint8 mask) public {
        bytes memory input = bytes.concat(G1, new bytes(128));
        place = bound(place, 16, 63);
        input[place] ^= bytes1(mask == 0 ? 1 : mask);
        assertLoads(G1_ADD, 375, input, hex"00");
    }

    function test_blsAddition_withBytesMissingOrLeftOver_fails(uint256 length) public {
        length = bound(length, 0, 512);
        if (length == 256) length = 255;
        assertLoads(G1_ADD, 375, new bytes(length), hex"00");
    }

    function test_p256_ofNoSignature_succeedsAndReturnsNothing(bytes memory input) public {
        if (input.length == 160) input[159] ^= 0x01;
        assertLoads(P256_VERIFY, 6_900, input, hex"01");
    }

    function test_load_ofSomeParts_leavesTheOthers() public {
        bytes memory input = bytes.concat(G1, new bytes(128));
        bytes memory preimage = bytes.concat(hex"01", G1);
        bytes32 key = oracle.loadPrecompile(G1_ADD, 375, input, list(2));
        assertPart(key, 0, bytes32(uint256(129)));
        assertPart(key, 2, partOf(preimage, 2));
        assertPart(key, 6, 0);
        assertNotLoaded(key, 1);
        assertNotLoaded(key, 3);
        oracle.loadPrecompile(G1_ADD, 375, input, allUpTo(9));
        assertWhole(key, preimage);
    }

    function test_load_tellsEachPart() public {
        bytes32 key = keyOfCall(PAIRING, 45_000, "");
        vm.expectEmit(address(oracle));
        emit IPreimageOracle.PartLoaded(key, 0, bytes32(uint256(33)));
        vm.expectEmit(address(oracle));
        emit IPreimageOracle.PartLoaded(key, 2, bytes32(uint256(1) << 248));
        oracle.loadPrecompile(PAIRING, 45_000, "", list(2));
    }

    function test_keys_ofDifferentGasOrInput_differ(uint64 gas_, bytes memory input) public {
        gas_ = uint64(bound(gas_, 7_000, 1_000_000));
        bytes32 key = oracle.loadPrecompile(P256_VERIFY, gas_, input, list());
        assertNotLoaded(keyOfCall(P256_VERIFY, gas_ - 1, input), 1);
        assertNotLoaded(keyOfCall(P256_VERIFY, gas_, bytes.concat(input, hex"00")), 1);
        assertNotLoaded(keyOfCall(ECRECOVER, gas_, input), 1);
        vm.assertTrue(oracle.isLoaded(key, 0));
    }

    function test_load_ofAnotherPrecompile_reverts(address precompile) public {
        uint160 number = uint160(precompile);
        if (number == 1 || number == 5 || number == 8 || number == 0x100 || (number >= 10 && number <= 17)) number = 2;
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.NotAccelerated.selector, address(number)));
        oracle.loadPrecompile(address(number), 100_000, "", list());
    }

    function test_load_ofTheNeighbours_reverts() public {
        uint160[12] memory others = [uint160(0), 2, 3, 4, 6, 7, 9, 18, 0xff, 0x101, 0x0a00, type(uint160).max];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.NotAccelerated.selector, address(others[i])));
            oracle.loadPrecompile(address(others[i]), 100_000, "", list());
        }
    }

    function withGas(uint256 gas_, uint64 requiredGas) private returns (bool ok, bytes memory output) {
        bytes memory call = abi.encodeCall(oracle.loadPrecompile, (G1_MSM, requiredGas, bytes.concat(G1, abi.encode(5)), list(1)));
        return address(oracle).call{gas: gas_}(call);
    }

    /// @dev Four times the required gas, plus the reserve, in 63/64 of what is left: else a call that succeeds could be made to fail.
    function test_load_withTooLittleGas_revertsAndStoresNothing(uint256 gas_) public {
        // The most that is too little: 63/64 of it are less than 4 × 500,000 and 10,000.
        gas_ = gas_ % 2 == 0 ? 2_041_000 : bound(gas_, 30_000, 2_041_000);
        (bool ok, bytes memory output) = withGas(gas_, 500_000);
        vm.assertFalse(ok);
        vm.assertEq(output, abi.encodeWithSelector(IPreimageOracle.TooLittleGas.selector, 2_010_000));
        bytes32 key = keyOfCall(G1_MSM, 500_000, bytes.concat(G1, abi.encode(5)));
        assertNotLoaded(key, 0);
        assertNotLoaded(key, 1);
    }

    function test_load_withJustEnoughGas_works() public {
        (bool ok, bytes memory key) = withGas(2_060_000, 500_000);
        vm.assertTrue(ok);
        vm.assertTrue(oracle.isLoaded(abi.decode(key, (bytes32)), 1));
    }

    /// @dev Whatever the gas: what is stored is the one answer.
    function test_load_withAnyGas_neverStoresAFailureOfWhatSucceeds(uint256 gas_) public {
        bytes memory input = bytes.concat(G1, abi.encode(1));
        gas_ = bound(gas_, 20_000, 250_000);
        bytes32 key = keyOfCall(G1_MSM, 12_000, input);
        (bool ok,) = address(oracle).call{gas: gas_}(abi.encodeCall(oracle.loadPrecompile, (G1_MSM, 12_000, input, allUpTo(5))));
        if (ok) assertWhole(key, bytes.concat(hex"01", G1));
        else assertNotLoaded(key, 0);
    }

    function test_load_withAllTheGasThereIs_reverts() public {
        vm.expectPartialRevert(IPreimageOracle.TooLittleGas.selector);
        oracle.loadPrecompile(PAIRING, type(uint64).max, "", list());
    }

    function assertUnexpected(address precompile, bytes memory input, uint256 length) private {
        vm.mockCall(precompile, "", new bytes(length));
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.UnexpectedOutput.selector, precompile, length));
        oracle.loadPrecompile(precompile, 100_000, input, list());
    }

    /// @dev What each may return is known: an L1 where one has become something else gives no answer.
    function test_load_ofAnOutputOfAnotherLength_reverts() public {
        assertUnexpected(ECRECOVER, "", 31);
        assertUnexpected(P256_VERIFY, "", 64);
        assertUnexpected(PAIRING, "", 0);
        assertUnexpected(address(0x0a), "", 0);
        assertUnexpected(G1_ADD, "", 256);
        assertUnexpected(G1_MSM, "", 127);
        assertUnexpected(address(0x0d), "", 128);
        assertUnexpected(address(0x0e), "", 0);
        assertUnexpected(address(0x0f), "", 33);
        assertUnexpected(address(0x10), "", 256);
        assertUnexpected(address(0x11), "", 128);
        assertUnexpected(MODEXP, abi.encode(1, 1, 2), 3);
        assertUnexpected(MODEXP, abi.encode(1, 1), 1);
    }
}
