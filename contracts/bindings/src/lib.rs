#![doc = include_str!("../README.md")]

mod predeploys;
mod preinstalls;

pub use predeploys::{GenesisParams, Predeploy, predeploys};
pub use preinstalls::{MULTICALL3, SAFE_SINGLETON_FACTORY};

/// Reads a contract's artifact; the types get its ABI, `BYTECODE`, `DEPLOYED_BYTECODE` and calls over a provider.
macro_rules! contract {
    ($module:ident, $contract:ident, $artifact:literal, $about:literal) => {
        #[doc = $about]
        #[allow(missing_docs, unreachable_pub, clippy::all)]
        pub mod $module {
            alloy::sol!(
                #[sol(rpc)]
                #[derive(Debug, PartialEq, Eq, Hash)]
                $contract,
                $artifact
            );
        }
        pub use $module::$contract;
    };
}

contract!(inbox, Inbox, "../artifacts/Inbox.json", "Orders batches and messages on L1.");
contract!(portal, Portal, "../artifacts/Portal.json", "Takes deposits on L1, and pays withdrawals.");
contract!(rollup, Rollup, "../artifacts/Rollup.json", "Holds assertions and stakes on L1.");
contract!(matches, Matches, "../artifacts/Matches.json", "Plays the matches between rivals on L1.");
contract!(games, Games, "../artifacts/Games.json", "Shows assertions as the dispute games that users' tools read, on L1.");
contract!(assertion_game, AssertionGame, "../artifacts/AssertionGame.json", "One of those games.");
contract!(
    l1_messenger,
    L1CrossDomainMessenger,
    "../artifacts/L1CrossDomainMessenger.json",
    "Sends calls to L2, and keeps those from there that failed."
);
contract!(l1_bridge, L1StandardBridge, "../artifacts/L1StandardBridge.json", "Moves ether and tokens between the layers: the side on L1.");
contract!(factory, Factory, "../artifacts/Factory.json", "Deploys the others on L1 at addresses known beforehand.");
contract!(preimage_oracle, PreimageOracle, "../artifacts/PreimageOracle.json", "Holds what the fault VM's program asks for, on L1.");
contract!(step_verifier, StepVerifier, "../artifacts/StepVerifier.json", "Takes one step of the fault VM on L1.");
contract!(l1_block, L1Block, "../artifacts/L1Block.json", "What L2 knows of L1.");
contract!(gas_price_oracle, GasPriceOracle, "../artifacts/GasPriceOracle.json", "Price of L1 data on L2.");
contract!(message_passer, L2ToL1MessagePasser, "../artifacts/L2ToL1MessagePasser.json", "Where withdrawals start on L2.");
contract!(
    l2_messenger,
    L2CrossDomainMessenger,
    "../artifacts/L2CrossDomainMessenger.json",
    "Sends calls to L1, and keeps those from there that failed."
);
contract!(l2_bridge, L2StandardBridge, "../artifacts/L2StandardBridge.json", "Moves ether and tokens between the layers: the side on L2.");
contract!(mintable_token, OptimismMintableERC20, "../artifacts/OptimismMintableERC20.json", "A token of L1 on L2.");
contract!(
    mintable_token_factory,
    OptimismMintableERC20Factory,
    "../artifacts/OptimismMintableERC20Factory.json",
    "Makes tokens of L1 on L2."
);
contract!(fee_vault, FeeVault, "../artifacts/FeeVault.json", "Collects fees on L2.");
contract!(weth, WETH, "../artifacts/WETH.json", "Wrapped ether on L2.");
