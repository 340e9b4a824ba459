//! Nodes whose safe and final heads are missing, behind, or impossible.

use crate::meddler::{Meddler, refuse};
use gainsay_l1::anvil::Anvil;
use serde_json::{Value, json};

fn tag(asked: &Value) -> Option<&str> {
    (asked["method"] == "eth_getBlockByNumber").then(|| asked["params"][0].as_str()).flatten()
}

/// Numbers of the newest, safe and final block, as read through a node that answers `meddle` for what it is asked.
async fn heads(meddle: impl Fn(&Value, Value) -> Value + Send + Sync + 'static) -> eyre::Result<(u64, u64, u64)> {
    let anvil = Anvil::start(&["--slots-in-an-epoch", "2"])?;
    anvil.client().wait_until_up(31_337, std::time::Duration::from_secs(20)).await?;
    anvil.mine(10).await?;
    let heads = Meddler::start(anvil.url(), meddle).await?.client()?.heads().await?;
    Ok((heads.latest.number, heads.safe.number, heads.finalized.number))
}

#[tokio::test]
async fn a_node_without_safe_and_final_heads_counts_as_one_where_nothing_is_final() -> eyre::Result<()> {
    let (latest, safe, finalized) = heads(|_, answer| answer).await?;
    assert!(latest == 10 && finalized < safe && safe < latest, "{latest} {safe} {finalized}");
    let refused = heads(|asked, answer| match tag(asked) {
        Some("safe" | "finalized") => refuse(asked, -39_001, "unknown block"),
        _ => answer,
    });
    assert_eq!(refused.await?, (10, 0, 0));
    let nothing = heads(|asked, answer| match tag(asked) {
        Some("safe" | "finalized") => json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }),
        _ => answer,
    });
    assert_eq!(nothing.await?, (10, 0, 0));
    Ok(())
}

#[tokio::test]
async fn heads_that_are_out_of_order_are_put_in_order() -> eyre::Result<()> {
    let numbered = |number: &'static str, of: &'static str| {
        move |asked: &Value, mut answer: Value| {
            if tag(asked) == Some(of) {
                answer["result"]["number"] = json!(number);
            }
            answer
        }
    };
    assert_eq!(heads(numbered("0x3", "safe")).await?.1, heads(|_, answer| answer).await?.2, "safe is never before final");
    let (latest, safe, finalized) = heads(numbered("0x63", "finalized")).await?;
    assert!(latest == 10 && safe == 10 && finalized == 10, "nothing is above the newest: {latest} {safe} {finalized}");
    Ok(())
}
