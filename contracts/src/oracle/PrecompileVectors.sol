// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LibCall} from "solady/utils/LibCall.sol";

import {IPreimageOracle} from "../interfaces/IPreimageOracle.sol";
import {Precompiles} from "./Precompiles.sol";

/// @title PrecompileVectors
/// @notice Whether this L1 has the precompiles that the oracle will call: two calls each, one that must give a known answer and one, with a bit
///         of its input turned, that must be refused. Each function's comment says what the two are. Where there is no precompile, both
///         calls succeed and return nothing.
library PrecompileVectors {
    /// @dev More than any of these calls costs. What is refused uses it up.
    uint256 private constant CALL_GAS = 200_000;

    /// @notice Reverts with WrongPrecompile unless all are as they should be.
    function checkAll() internal view {
        ecRecover();
        modexp();
        bn254Pairing();
        pointEvaluation();
        blsG1Add();
        blsG1Msm();
        blsG2Add();
        blsG2Msm();
        blsPairing();
        blsMapToG1();
        blsMapToG2();
        p256Verify();
    }

    /// @notice Checks one: `output` is what `input` must give; with a bit of the input's byte `flipped` turned, the call must fail, or return
    ///         nothing where a wrong signature is no failure.
    function check(address precompile, bytes memory input, bytes memory output, uint256 flipped, bytes1 bit) internal view {
        (bool ok,, bytes memory got) = LibCall.tryStaticCall(precompile, CALL_GAS, Precompiles.MOST_OUTPUT, input);
        if (!ok || keccak256(got) != keccak256(output)) revert IPreimageOracle.WrongPrecompile(precompile);
        input[flipped] ^= bit;
        (ok,, got) = LibCall.tryStaticCall(precompile, CALL_GAS, Precompiles.MOST_OUTPUT, input);
        bool isSignature = precompile == Precompiles.ECRECOVER || precompile == Precompiles.P256_VERIFY;
        if (ok != isSignature || got.length != 0) revert IPreimageOracle.WrongPrecompile(precompile);
    }

    /// @dev A signature of key 7; v = 29.
    function ecRecover() private view {
        bytes memory input = hex"ce63c4d57098fa045c1a59470ba19df7ad30312d0e7486489ff4d0d3a398982700000000000000000000000000000000000000000000000000000000"
            hex"0000001c774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb18dba582e590e313b929651c48d2bc6d42495786ef5aa198"
            hex"dd731f72cbd94773";
        bytes memory output = hex"000000000000000000000000d41c057fd1c78805aac12b0a94a405c0461a6fbb";
        check(Precompiles.ECRECOVER, input, output, 63, 0x01);
    }

    /// @dev 3^5 mod 7; a base of 1,025 bytes (EIP-7823).
    function modexp() private view {
        bytes memory input = hex"000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000"
            hex"000000010000000000000000000000000000000000000000000000000000000000000001030507";
        bytes memory output = hex"05";
        check(Precompiles.MODEXP, input, output, 30, 0x04);
    }

    /// @dev e(P, Q) e(-P, Q) of the generators; P off the curve.
    function bn254Pairing() private view {
        bytes memory input = hex"000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000"
            hex"00000002198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd"
            hex"46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e769"
            hex"0c43d37b4ce6cc0166fa7daa000000000000000000000000000000000000000000000000000000000000000130644e72e131a029b85045b68181585d"
            hex"97816a916871ca8d3c208c16d87cfd45198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a0066"
            hex"5e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb"
            hex"4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
        bytes memory output = hex"0000000000000000000000000000000000000000000000000000000000000001";
        check(Precompiles.BN254_PAIRING, input, output, 63, 0x01);
    }

    /// @dev The blob p(x) = x: its commitment is the setup's first power, its proof anywhere the generator; another proof.
    function pointEvaluation() private view {
        bytes memory input = hex"014fa3bb4018340ca2fa8eb239e23af6ba465f6d5bc31db78988445da078db765a761d8246fb7cbc28e0813f01ffc5f259728d2a0e762a499ff4d0d4"
            hex"a39898265a761d8246fb7cbc28e0813f01ffc5f259728d2a0e762a499ff4d0d4a3989826ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28"
            hex"e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c8197f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83f"
            hex"f97a1aeffb3af00adb22c6bb";
        bytes memory output = hex"000000000000000000000000000000000000000000000000000000000000100073eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff"
            hex"00000001";
        check(Precompiles.POINT_EVALUATION, input, output, 144, 0x01);
    }

    /// @dev P + P of the generator; P off the curve.
    function blsG1Add() private view {
        bytes memory input = hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a"
            hex"db22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae4"
            hex"0caa232946c5e7e10000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83f"
            hex"f97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3ed"
            hex"d03cc744a2888ae40caa232946c5e7e1";
        bytes memory output = hex"000000000000000000000000000000000572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c55"
            hex"29bf0f4e00000000000000000000000000000000166a9d8cabc673a322fda673779d8e3822ba3ecb8670e461f73bb9021d5fd76a4c56d9d4cd16bd1b"
            hex"ba86881979749d28";
        check(Precompiles.BLS_G1_ADD, input, output, 127, 0x01);
    }

    /// @dev 5 P; P off the curve.
    function blsG1Msm() private view {
        bytes memory input = hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a"
            hex"db22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae4"
            hex"0caa232946c5e7e10000000000000000000000000000000000000000000000000000000000000005";
        bytes memory output = hex"0000000000000000000000000000000010e7791fb972fe014159aa33a98622da3cdc98ff707965e536d8636b5fcc5ac7a91a8c46e59a00dca575af0f"
            hex"18fb13dc0000000000000000000000000000000016ba437edcc6551e30c10512367494bfb6b01cc6681e8a4c3cd2501832ab5c4abc40b4578b85cbaf"
            hex"fbf0bcd70d67c6e2";
        check(Precompiles.BLS_G1_MSM, input, output, 127, 0x01);
    }

    /// @dev Q + Q; Q off the curve.
    function blsG2Add() private view {
        bytes memory input = hex"00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8"
            hex"c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57"
            hex"e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc"
            hex"3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab"
            hex"3f370d275cec1da1aaa9075ff05f79be00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b64"
            hex"7ae3d1770bac0326a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61a"
            hex"b5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa"
            hex"8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99"
            hex"cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
        bytes memory output = hex"000000000000000000000000000000001638533957d540a9d2370f17cc7ed5863bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aaca"
            hex"b827a053000000000000000000000000000000000a4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572c6c886f6b57ec72a"
            hex"6178288c47c33577000000000000000000000000000000000468fb440d82b0630aeb8dca2b5256789a66da69bf91009cbfe6bd221e47aa8ae88dece9"
            hex"764bf3bd999d95d71e4c9899000000000000000000000000000000000f6d4552fa65dd2638b361543f887136a43253d9c66c411697003f7a13c308f5"
            hex"422e1aa0a59c8967acdefd8b6e36ccf3";
        check(Precompiles.BLS_G2_ADD, input, output, 255, 0x01);
    }

    /// @dev 2 Q; Q off the curve.
    function blsG2Msm() private view {
        bytes memory input = hex"00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8"
            hex"c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57"
            hex"e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc"
            hex"3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab"
            hex"3f370d275cec1da1aaa9075ff05f79be0000000000000000000000000000000000000000000000000000000000000002";
        bytes memory output = hex"000000000000000000000000000000001638533957d540a9d2370f17cc7ed5863bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aaca"
            hex"b827a053000000000000000000000000000000000a4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572c6c886f6b57ec72a"
            hex"6178288c47c33577000000000000000000000000000000000468fb440d82b0630aeb8dca2b5256789a66da69bf91009cbfe6bd221e47aa8ae88dece9"
            hex"764bf3bd999d95d71e4c9899000000000000000000000000000000000f6d4552fa65dd2638b361543f887136a43253d9c66c411697003f7a13c308f5"
            hex"422e1aa0a59c8967acdefd8b6e36ccf3";
        check(Precompiles.BLS_G2_MSM, input, output, 255, 0x01);
    }

    /// @dev e(P, Q) e(-P, Q); P off the curve.
    function blsPairing() private view {
        bytes memory input = hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a"
            hex"db22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae4"
            hex"0caa232946c5e7e100000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326"
            hex"a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049"
            hex"334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a69"
            hex"5160d12c923ac9cc3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af"
            hex"267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f"
            hex"9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f2"
            hex"67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca00000000000000000000000000000000024aa2b2f08f0a9126080527"
            hex"2dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f60"
            hex"7dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527"
            hex"727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b8280100000000000000000000000000000000"
            hex"0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
        bytes memory output = hex"0000000000000000000000000000000000000000000000000000000000000001";
        check(Precompiles.BLS_PAIRING, input, output, 127, 0x01);
    }

    /// @dev The image of 1; a number beyond the field.
    function blsMapToG1() private view {
        bytes memory input = hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            hex"00000001";
        bytes memory output = hex"000000000000000000000000000000001073311196f8ef19477219ccee3a48035ff432295aa9419eed45d186027d88b90832e14c4f0e2aa4d15f54d1"
            hex"c3ed0f9300000000000000000000000000000000034d6e3755a2073039d609db4cf3aef548283b5cc92f1021cbdb276414bcd8072b112d80a2b0a7db"
            hex"f22bdaf17e006d45";
        check(Precompiles.BLS_MAP_TO_G1, input, output, 0, 0x01);
    }

    /// @dev The image of (1, 2); a number beyond the field.
    function blsMapToG2() private view {
        bytes memory input = hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            hex"000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            hex"0000000000000002";
        bytes memory output = hex"0000000000000000000000000000000003affe41434a0ba0c57a12a44659cb0a3880ab68671d59e14ada0697e1e284a24bbd1027e73fb2a5fa1b7b83"
            hex"a2ee3693000000000000000000000000000000000afb7419b48cf4b1d4205cb7a65b76bb00da7a3bdfa1b8da5bfda384aa78e27dbe4838d2660c885c"
            hex"80845e83ff4eea300000000000000000000000000000000016472687b24e83cbb72b626b04f37e880ff22701500ab276f7a553cd95315b06f39f8f21"
            hex"218aabc3367aeca0152322e8000000000000000000000000000000000a17e8006aa32586025a73fb9f5147067aeec10241a8eca8d8e2f121cf18080c"
            hex"fb0618c528d92a5ad538c7ffcf46d81f";
        check(Precompiles.BLS_MAP_TO_G2, input, output, 0, 0x01);
    }

    /// @dev A signature of key 7; another message.
    function p256Verify() private view {
        bytes memory input = hex"ce63c4d57098fa045c1a59470ba19df7ad30312d0e7486489ff4d0d3a39898273ed113b7883b4c590638379db0c21cda16742ed0255048bf433391d3"
            hex"74bc21d1f4eb35b603d68d2280b1ce6acea17dcfa76aaa06d8662226d349d4b33f420ff28e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b"
            hex"300628703187b2a373eb1dbde03318366d069f83a6f5900053c73633cb041b21c55e1a86c1f400b4";
        bytes memory output = hex"0000000000000000000000000000000000000000000000000000000000000001";
        check(Precompiles.P256_VERIFY, input, output, 31, 0x01);
    }
}
