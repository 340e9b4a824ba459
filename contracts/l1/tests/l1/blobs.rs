use crate::beacon;
use crate::chain::{blob, policy};
use alloy::{
    consensus::EnvKzgSettings,
    eips::eip4844::{Bytes48, c_kzg},
    primitives::{Address, B256, Bytes},
};
use gainsay_l1::{
    ArchiveError, BeaconSource, BlobArchive, BlobError, Blobs, BlockRef, L1Block, TransactionManager, TxRequest, VerifiedBlob, anvil::Anvil,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

#[derive(Default)]
struct Kept(Mutex<HashMap<B256, Bytes>>);

impl BlobArchive for Kept {
    fn get(&self, hash: B256) -> Result<Option<Bytes>, ArchiveError> {
        Ok(self.0.lock().unwrap().get(&hash).cloned())
    }

    fn put(&self, blob: &VerifiedBlob) -> Result<(), ArchiveError> {
        self.0.lock().unwrap().insert(blob.hash(), blob.bytes().clone());
        Ok(())
    }
}

fn only(url: &str) -> Blobs {
    Blobs::new(None, vec![Box::new(BeaconSource::new(url).unwrap())])
}

/// Sends two blobs; gives their block and their hashes, in the order of the transaction.
async fn send_two(anvil: &Anvil) -> eyre::Result<(L1Block, Vec<B256>)> {
    let mut manager = TransactionManager::start(anvil.client().clone(), Anvil::key(3), policy()).await?;
    let blobs = vec![blob(1), blob(2)];
    let hashes = blobs.iter().map(|bytes| VerifiedBlob::compute(bytes.clone()).unwrap().hash()).collect();
    let receipt = manager.send(TxRequest { to: Address::repeat_byte(7), blobs, ..TxRequest::default() }).await?;
    assert_eq!(receipt.blob_gas_used, Some(2 * 131_072));
    Ok((anvil.client().block(BlockRef::Hash(receipt.block_hash.unwrap())).await?, hashes))
}

#[tokio::test]
async fn blobs_come_back_in_the_order_asked_for_under_both_sidecar_formats() -> eyre::Result<()> {
    for fork in ["prague", "osaka"] {
        let anvil = Anvil::start(&["--hardfork", fork])?;
        let (block, hashes) = send_two(&anvil).await?;
        let asked = [hashes[1], hashes[0], hashes[1]];
        let got = only(anvil.url()).get(&block, &asked).await?;
        assert_eq!(got.iter().map(VerifiedBlob::bytes).collect::<Vec<_>>(), [&blob(2), &blob(1), &blob(2)], "{fork}");
    }
    Ok(())
}

#[tokio::test]
async fn blobs_survive_a_restart_of_the_node_on_its_state_file() -> eyre::Result<()> {
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("l1.json");
    let arguments = ["--state", state.to_str().unwrap()];
    let anvil = Anvil::start(&arguments)?;
    let (block, hashes) = send_two(&anvil).await?;
    anvil.shut_down()?;
    let anvil = Anvil::start(&arguments)?;
    assert_eq!(only(anvil.url()).get(&block, &hashes).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_down_is_passed_over_and_the_archive_makes_sources_unnecessary() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (block, hashes) = send_two(&anvil).await?;
    let archive = Arc::new(Kept::default());
    let sources = |url: &str| -> Vec<Box<dyn gainsay_l1::BlobSource>> {
        vec![Box::new(BeaconSource::new("http://127.0.0.1:1").unwrap()), Box::new(BeaconSource::new(url).unwrap())]
    };
    let got = Blobs::new(Some(archive.clone()), sources(anvil.url())).get(&block, &hashes).await?;
    drop(anvil);
    let alone = Blobs::new(Some(archive.clone()), Vec::new());
    assert_eq!(alone.get(&block, &hashes).await?, got);

    // What was damaged on disk does not count.
    archive.0.lock().unwrap().insert(hashes[0], blob(9));
    let error = Blobs::new(Some(archive), sources("http://127.0.0.1:2")).get(&block, &hashes).await.unwrap_err();
    let BlobError::Missing { hash, ref tried, .. } = error else { panic!("{error}") };
    assert_eq!(hash, hashes[0]);
    assert!(tried.contains("127.0.0.1:1") && tried.contains("127.0.0.1:2"), "{tried}");
    Ok(())
}

#[tokio::test]
async fn the_sidecar_has_the_format_of_the_fork() -> eyre::Result<()> {
    for (fork, proofs) in [("prague", 1), ("osaka", 128)] {
        let anvil = Anvil::start(&["--hardfork", fork])?;
        let mut manager = TransactionManager::start(anvil.client().clone(), Anvil::key(3), policy()).await?;
        let receipt = manager.send(TxRequest { blobs: vec![blob(1)], ..TxRequest::default() }).await?;
        let sent = anvil.rpc("eth_getTransactionByHash", serde_json::json!([receipt.transaction_hash])).await?;
        let found = sent["proofs"].as_array().or(sent["cellProofs"].as_array()).map(Vec::len);
        assert_eq!(found, Some(proofs), "{fork}");
    }
    Ok(())
}

#[tokio::test]
async fn a_node_with_consensus_is_asked_by_slot() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    // Several blocks in the same epoch, seconds apart, before and after.
    anvil.mine(3).await?;
    anvil.rpc("evm_increaseTime", serde_json::json!([30])).await?;
    let (block, hashes) = send_two(&anvil).await?;
    let node = beacon::start(&anvil, block, None).await?;
    let got = only(&format!("{node}/some/key")).get(&block, &hashes).await?;
    assert_eq!(got.iter().map(VerifiedBlob::hash).collect::<Vec<_>>(), hashes);
    let earlier = L1Block { timestamp: block.timestamp - 24, ..block };
    let error = only(&format!("{node}/some/key")).get(&earlier, &hashes).await.unwrap_err().to_string();
    assert!(error.contains("cannot be had from any source"), "{error}");
    Ok(())
}

#[tokio::test]
async fn commitments_of_the_beacon_block_are_a_help_and_false_ones_no_harm() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (block, hashes) = send_two(&anvil).await?;
    let settings = EnvKzgSettings::Default;
    let commit = |seed| -> Bytes48 {
        let blob = c_kzg::Blob::from_bytes(&blob(seed)).unwrap();
        settings.get().blob_to_kzg_commitment(&blob).unwrap().to_bytes().into_inner().into()
    };
    let [one, two, other] = [1, 2, 3].map(commit);
    for commitments in [vec![one, two], vec![two, other, one], vec![two], vec![other, Bytes48::ZERO], Vec::new()] {
        let node = beacon::start(&anvil, block, Some(commitments)).await?;
        let got = only(&format!("{node}/some/key")).get(&block, &hashes).await?;
        assert_eq!(got.iter().map(VerifiedBlob::bytes).collect::<Vec<_>>(), [&blob(1), &blob(2)]);
        assert_eq!(got.iter().map(VerifiedBlob::hash).collect::<Vec<_>>(), hashes);
    }
    Ok(())
}

#[tokio::test]
async fn a_blob_of_a_block_that_was_reorganised_away_is_reported_missing() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (block, hashes) = send_two(&anvil).await?;
    anvil.reorg(1).await?;
    let error = only(anvil.url()).get(&block, &hashes).await.unwrap_err();
    assert!(matches!(error, BlobError::Missing { .. }), "{error}");
    Ok(())
}
