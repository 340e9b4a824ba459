// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L1Block} from "./L1Block.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title GasPriceOracle
/// @notice Estimates what a transaction pays for its data on L1: the OP Stack's Ecotone formula and ABI. It is the formula that execution
///         charges by (`docs/protocol.md`, section 3), over the unsigned transaction plus a signature of 68 bytes, none of them zero.
contract GasPriceOracle {
    uint256 public constant DECIMALS = 6;
    string public constant version = "1.0.0";
    uint256 private constant SIGNATURE_BYTES = 68;

    /// @notice Wei for the data of a transaction, given its unsigned encoding.
    function getL1Fee(bytes memory data) external view returns (uint256) {
        uint256 price = 16 * uint256(baseFeeScalar()) * l1BaseFee() + uint256(blobBaseFeeScalar()) * blobBaseFee();
        return getL1GasUsed(data) * price / (16 * 10 ** DECIMALS);
    }

    /// @notice Units of data: 4 for a zero byte, 16 for another one.
    function getL1GasUsed(bytes memory data) public pure returns (uint256 units) {
        units = SIGNATURE_BYTES * 16;
        for (uint256 i = 0; i < data.length; ++i) {
            units += data[i] == 0 ? 4 : 16;
        }
    }

    function gasPrice() external view returns (uint256) {
        return block.basefee;
    }

    function baseFee() external view returns (uint256) {
        return block.basefee;
    }

    function l1BaseFee() public view returns (uint256) {
        return L1Block(Predeploys.L1_BLOCK).basefee();
    }

    function blobBaseFee() public view returns (uint256) {
        return L1Block(Predeploys.L1_BLOCK).blobBaseFee();
    }

    function baseFeeScalar() public view returns (uint32) {
        return L1Block(Predeploys.L1_BLOCK).baseFeeScalar();
    }

    function blobBaseFeeScalar() public view returns (uint32) {
        return L1Block(Predeploys.L1_BLOCK).blobBaseFeeScalar();
    }

    function decimals() external pure returns (uint256) {
        return DECIMALS;
    }

    function isEcotone() external pure returns (bool) {
        return true;
    }

    function isFjord() external pure returns (bool) {
        return false;
    }

    function isIsthmus() external pure returns (bool) {
        return false;
    }

    function isJovian() external pure returns (bool) {
        return false;
    }

    /// @notice Wei for the operator, beside gas and data, of a transaction that uses so much gas: there is no such fee here. Tools of the
    ///         OP Stack add it up without asking which rules are in force.
    function getOperatorFee(uint256) external pure returns (uint256) {
        return 0;
    }
}
