// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {GasPriceOracle} from "../../src/l2/GasPriceOracle.sol";
import {L1Block} from "../../src/l2/L1Block.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {vm} from "../support/Cheats.sol";

contract GasPriceOracleTest {
    GasPriceOracle private oracle = new GasPriceOracle();

    function setUp() public {
        vm.etch(Predeploys.L1_BLOCK, type(L1Block).runtimeCode);
    }

    function set(uint32 baseScalar, uint32 blobScalar, uint128 baseFee, uint128 blobFee) private {
        vm.store(Predeploys.L1_BLOCK, bytes32(uint256(4)), bytes32(uint256(baseScalar) | uint256(blobScalar) << 32));
        vm.prank(0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001);
        L1Block(Predeploys.L1_BLOCK).setL1Attributes(1, 1, baseFee, blobFee, 0);
    }

    function test_fee_anyParameters_followTheFormula(
        uint32 baseScalar,
        uint32 blobScalar,
        uint128 baseFee,
        uint128 blobFee,
        bytes calldata data
    ) public {
        set(baseScalar, blobScalar, baseFee, blobFee);
        uint256 units = 68 * 16;
        for (uint256 i = 0; i < data.length; ++i) {
            units += data[i] == 0 ? 4 : 16;
        }
        vm.assertEq(oracle.getL1GasUsed(data), units);
        uint256 price = 16 * uint256(baseScalar) * baseFee + uint256(blobScalar) * blobFee;
        vm.assertEq(oracle.getL1Fee(data), units * price / 16_000_000);
        vm.assertEq(oracle.l1BaseFee(), baseFee);
        vm.assertEq(oracle.blobBaseFee(), blobFee);
    }

    /// @dev By hand: 4 bytes, one of them zero, are 52 units, with the signature 1140. 1140 × (16 × 5 × 10^9 + 7 × 10^9) / 16 × 10^6.
    function test_fee_ofFourBytes_isTheFigureByHand() public {
        set(5, 7, 1 gwei, 1 gwei);
        vm.assertEq(oracle.getL1Fee(hex"00c0ffee"), 6_198_750);
    }

    function test_price_isTheBaseFee(uint64 fee) public {
        vm.fee(fee);
        vm.assertEq(oracle.gasPrice(), fee);
        vm.assertEq(oracle.baseFee(), fee);
    }

    function test_flags_sayEcotone() public view {
        vm.assertTrue(oracle.isEcotone());
        vm.assertFalse(oracle.isFjord());
        vm.assertFalse(oracle.isIsthmus());
        vm.assertFalse(oracle.isJovian());
        vm.assertEq(oracle.decimals(), 6);
    }

    function test_operatorFee_ofAnyGas_isNothing(uint256 gasUsed) public view {
        vm.assertEq(oracle.getOperatorFee(gasUsed), 0);
    }
}
