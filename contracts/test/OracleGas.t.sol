// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PreimageOracle} from "../src/PreimageOracle.sol";
import {vm} from "./support/Cheats.sol";
import {OracleFixture} from "./support/OracleFixture.sol";

/// forge-config: default.isolate = true
/// @notice Whole transactions that load a part: one part that is not zero, of a preimage that nothing was loaded of before, into snapshots/Step.json.
///         `most` is the dearest that a block of L2 can need: an L1 transaction may take 2^24 gas (EIP-7825).
contract OracleGasTest is OracleFixture {
    uint256 private constant L1_LIMIT = 1 << 24;
    /// @dev What a program leaves to L1: at most so much gas on L2, at most so many bytes.
    uint64 private constant MOST_GAS = 3_000_000;
    uint256 private constant MOST_INPUT = 32_768;
    /// @dev Body of a deposit with 100,000 bytes of data.
    uint256 private constant MOST_KECCAK = 100_117;

    bytes private constant G1 = hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        hex"0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
    bytes private constant BN254_PAIR = hex"00000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000002"
        hex"198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        hex"090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

    function random(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            data[i] = bytes1(uint8(1 + i * 151 % 255));
        }
    }

    function repeated(bytes memory one, uint256 count) private pure returns (bytes memory all) {
        for (uint256 i = 0; i < count; ++i) {
            all = bytes.concat(all, one);
        }
    }

    /// @dev Sends the call as a transaction with an L1 transaction's most gas.
    function snapshot(string memory name, bytes memory call) private {
        (bool ok, bytes memory key) = address(oracle).call{gas: L1_LIMIT - intrinsic(call)}(call);
        uint256 gas_ = vm.lastCallGas().gasTotalUsed;
        vm.assertTrue(ok, name);
        vm.assertLe(gas_, L1_LIMIT, name);
        vm.assertTrue(oracle.isLoaded(abi.decode(key, (bytes32)), 1), name);
        vm.snapshotValue("Step", name, gas_);
    }

    /// @dev EIP-2028: gone before the call begins.
    function intrinsic(bytes memory call) private pure returns (uint256 gas_) {
        gas_ = 21_000;
        for (uint256 i = 0; i < call.length; ++i) {
            gas_ += call[i] == 0 ? 4 : 16;
        }
    }

    function keccak(uint256 length) private view returns (bytes memory) {
        return abi.encodeCall(oracle.loadKeccak, (random(length), list(1)));
    }

    function precompile(uint160 number, uint64 gas_, bytes memory input) private view returns (bytes memory) {
        return abi.encodeCall(oracle.loadPrecompile, (address(number), gas_, input, list(1)));
    }

    /// @dev With the calls that try each precompile.
    function test_oracle_deployment() public {
        uint256 before = gasleft();
        new PreimageOracle();
        uint256 gas_ = before - gasleft();
        vm.assertLe(gas_, L1_LIMIT);
        vm.snapshotValue("Step", "oracle.deployment", gas_);
    }

    function test_oracle_keccak() public {
        snapshot("oracle.keccak", keccak(532));
    }

    function test_oracle_keccakMost() public {
        snapshot("oracle.keccak.most", keccak(MOST_KECCAK));
    }

    /// @dev More than any block needs; such a transaction is larger than what L1's nodes pass on.
    function test_oracle_keccakLimit() public {
        snapshot("oracle.keccak.limit", keccak(131_072));
    }

    function test_oracle_blob() public {
        string memory json = vm.readFile("../tests/vectors/blob.json");
        bytes memory call = abi.encodeCall(
            oracle.loadBlobElement,
            (
                vm.parseJsonBytes32(json, ".versionedHash"),
                vm.parseJsonUint(json, ".elements[0].index"),
                vm.parseJsonBytes32(json, ".elements[0].value"),
                vm.parseJsonBytes(json, ".commitment"),
                vm.parseJsonBytes(json, ".elements[0].proof")
            )
        );
        snapshot("oracle.blob", call);
    }

    function test_oracle_ecrecover() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(7, keccak256("signed"));
        snapshot("oracle.ecrecover", precompile(0x01, 3_000, abi.encode(keccak256("signed"), v, r, s)));
    }

    function test_oracle_p256() public {
        (bytes32 r, bytes32 s) = vm.signP256(7, keccak256("signed"));
        (uint256 x, uint256 y) = vm.publicKeyP256(7);
        snapshot("oracle.p256", precompile(0x0100, 6_900, abi.encode(keccak256("signed"), r, s, x, y)));
    }

    function test_oracle_kzg() public {
        bytes memory commitment = hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
        bytes32 hash = bytes32(uint256(1) << 248 | uint256(sha256(commitment)) << 8 >> 8);
        snapshot("oracle.kzg", precompile(0x0a, 50_000, abi.encodePacked(hash, uint256(7), uint256(0), commitment, commitment)));
    }

    /// @dev Numbers of 1,024 bytes, an exponent of 12 bytes.
    function test_oracle_modexpMost() public {
        bytes memory input = abi.encodePacked(abi.encode(1024, 12, 1024), random(1024), random(12), random(1024));
        snapshot("oracle.modexp.most", precompile(0x05, 2_883_584, input));
    }

    function test_oracle_bn254PairingMost() public {
        snapshot("oracle.bn254Pairing.most", precompile(0x08, 45_000 + 86 * 34_000, repeated(BN254_PAIR, 86)));
    }

    function test_oracle_blsPairingMost() public {
        bytes memory pair = bytes.concat(G1, g2());
        snapshot("oracle.blsPairing.most", precompile(0x0f, 37_700 + 85 * 32_600, repeated(pair, 85)));
    }

    /// @dev 204 pairs by EIP-2537's discount of 519.
    function test_oracle_blsG1MsmMost() public {
        bytes memory input = repeated(bytes.concat(G1, random(32)), 204);
        snapshot("oracle.blsG1Msm.most", precompile(0x0c, 204 * 12_000 * 519 / 1000, input));
    }

    /// @dev A call that fails uses up what it gets: four times the most that L2 lets a program leave to L1.
    function test_oracle_failureMost() public {
        bytes memory input = random(MOST_INPUT);
        snapshot("oracle.failure.most", precompile(0x0f, MOST_GAS, input));
    }

    /// @dev A point of BLS12-381's second group.
    function g2() private view returns (bytes memory) {
        (bool ok, bytes memory point) = address(0x11).staticcall(abi.encode(0, 1, 0, 2));
        vm.assertTrue(ok);
        return point;
    }
}
