//! The tokens and targets of Foundry's tests (contracts/test/support), compiled.

macro_rules! contracts {
    ($($module:ident $contract:ident $artifact:literal $about:literal)*) => {
        $(
            #[doc = $about]
            #[allow(missing_docs, unreachable_pub, clippy::all)]
            pub mod $module {
                alloy::sol!($contract, $artifact);
            }
            pub use $module::$contract;
        )*
    };
}

contracts! {
    actor Actor "artifacts/Actor.json" "Sends what anybody tells it to."
    calling_token CallingToken "artifacts/CallingToken.json" "Calls back in the middle of a transfer."
    counter Counter "artifacts/Counter.json" "Counts calls; refuses when told to."
    false_token FalseToken "artifacts/FalseToken.json" "Says false and moves nothing, once it is told to."
    fee_token FeeToken "artifacts/FeeToken.json" "Keeps a hundredth of every transfer."
    gas_bomb GasBomb "artifacts/GasBomb.json" "Uses all gas it gets."
    plain_token PlainToken "artifacts/PlainToken.json" "A token."
    reenterer Reenterer "artifacts/Reenterer.json" "Makes one call when it is called."
    return_bomb ReturnBomb "artifacts/ReturnBomb.json" "Answers with a megabyte."
    silent_token SilentToken "artifacts/SilentToken.json" "Returns nothing."
}
