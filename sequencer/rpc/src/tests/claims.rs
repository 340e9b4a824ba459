//! What an assertion must claim.

use super::node::{Node, wallet};
use crate::{EndState, Limits};
use alloy::{providers::Provider as _, transports::RpcError};
use alloy_primitives::B256;
use gainsay_types::{State, inputs_hash};

#[tokio::test(flavor = "multi_thread")]
async fn an_end_state_is_told_once_it_is_derived_and_for_states_of_this_chain_only() {
    let node = Node::new();
    let genesis = node.store().step(0).expect("a store").expect("the genesis state");
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let ask = |parent: State, target: u64| provider.raw_request::<_, Option<EndState>>("gainsay_endState".into(), (parent, target));
    let unchanged = EndState { end: genesis, inputs_hash: inputs_hash(0, B256::ZERO) };
    assert_eq!(ask(genesis, 0).await.expect("an answer"), Some(unchanged));
    assert_eq!(ask(genesis, 1).await.expect("an answer"), None, "batch 1 is not there yet");
    let ahead = State { l2_block_number: 7, batch_index: 1, ..genesis };
    assert_eq!(ask(ahead, 0).await.expect("an answer"), None, "the node may get there");
    match ask(State { output_root: B256::repeat_byte(1), ..genesis }, 0).await {
        Err(RpcError::ErrorResp(error)) => assert!(error.message.contains("not one of this chain"), "{error:?}"),
        other => panic!("{other:?}"),
    }
}
