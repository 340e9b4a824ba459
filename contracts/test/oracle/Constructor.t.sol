// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PreimageOracle} from "../../src/PreimageOracle.sol";
import {IPreimageOracle} from "../../src/interfaces/IPreimageOracle.sol";
import {PrecompileVectors} from "../../src/oracle/PrecompileVectors.sol";
import {vm} from "../support/Cheats.sol";

/// @notice Says yes to whatever it is asked.
contract Yes {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, 1)
            return(0, 32)
        }
    }
}

/// @notice Refuses whatever it is asked.
contract No {
    fallback() external {
        revert();
    }
}

/// @notice The oracle stands only where the precompiles do.
contract OracleConstructorTest {
    bytes private constant ONE = hex"0000000000000000000000000000000000000000000000000000000000000001";

    function check(address precompile) external view {
        PrecompileVectors.check(precompile, "input", ONE, 0, 0x01);
    }

    function assertWrong(address precompile) private {
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.WrongPrecompile.selector, precompile));
        this.check(precompile);
    }

    function test_deploying_whereAllPrecompilesAre_works() public {
        vm.assertTrue(address(new PreimageOracle()).code.length > 0);
    }

    /// forge-config: default.evm_version = "prague"
    function test_deploying_onPrague_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.WrongPrecompile.selector, address(0x05)));
        new PreimageOracle();
    }

    function test_deploying_whereOneAnswersOtherwise_reverts(uint256 which) public {
        uint160[12] memory all = [uint160(1), 5, 8, 10, 11, 12, 13, 14, 15, 16, 17, 0x100];
        address precompile = address(all[which % 12]);
        vm.mockCall(precompile, "", hex"");
        vm.expectRevert(abi.encodeWithSelector(IPreimageOracle.WrongPrecompile.selector, precompile));
        new PreimageOracle();
    }

    function test_check_ofAnAddressWithoutCode_reverts() public {
        assertWrong(address(0x1234567));
    }

    function test_check_ofWhatSaysYesToAll_reverts() public {
        assertWrong(address(new Yes()));
    }

    function test_check_ofWhatSaysNoToAll_reverts() public {
        assertWrong(address(new No()));
    }
}
