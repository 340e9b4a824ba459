//! A beacon node that has the blobs of an L1 in memory, over HTTP.

use crate::support::{L1, START};
use alloy::eips::eip4844::c_kzg;
use alloy_primitives::hex;
use eyre::Result;
use gainsay_chain::{InboxEvent, L1Update};
use gainsay_store::BatchData;
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Seconds between blocks of that L1, each of which has a slot of its own.
const SLOT: u64 = 12;

/// What it answers, by path and query.
pub(crate) type Answers = Arc<HashMap<String, String>>;

/// Everything that there is to ask. Beacon blocks, which name the commitments of blobs, are there only if `commitments`.
pub(crate) fn answers(l1: &L1, commitments: bool) -> Result<Answers> {
    let data = |data: serde_json::Value| json!({ "data": data }).to_string();
    let mut answers = HashMap::new();
    answers.insert("/eth/v1/config/spec".to_owned(), data(json!({ "SECONDS_PER_SLOT": SLOT.to_string() })));
    answers.insert("/eth/v1/beacon/genesis".to_owned(), data(json!({ "genesis_time": START.to_string() })));
    for slot in 1..=l1.tip().number {
        let L1Update::Extend { events, .. } = l1.update(slot) else { continue };
        let mut named = Vec::new();
        for event in events {
            let InboxEvent::Batch { data: BatchData::Blobs(hashes), .. } = event else { continue };
            for hash in hashes {
                let blob = l1.blob(&hash);
                answers.insert(format!("/eth/v1/beacon/blobs/{slot}?versioned_hashes={hash}"), data(json!([blob])));
                if commitments {
                    let commitment = c_kzg::ethereum_kzg_settings(0).blob_to_kzg_commitment(&c_kzg::Blob::from_bytes(blob)?)?;
                    named.push(hex::encode_prefixed(commitment.as_slice()));
                }
            }
        }
        if commitments {
            let message = json!({ "message": { "slot": slot.to_string(), "body": { "blob_kzg_commitments": named } } });
            answers.insert(format!("/eth/v1/beacon/blinded_blocks/{slot}"), data(message));
        }
    }
    Ok(Arc::new(answers))
}

/// Serves them; gives the URL.
pub(crate) async fn serve(answers: Answers) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, answers.clone()));
        }
    });
    Ok(url)
}

/// One request after the other, until the client has had enough.
async fn connection(stream: TcpStream, answers: Answers) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).await? == 0 {
            return Ok(());
        }
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 2 {
            line.clear();
        }
        let (status, body) = match answers.get(first.split(' ').nth(1).unwrap_or_default()) {
            Some(body) => (200, body.as_str()),
            None => (404, r#"{"code":404,"message":"not found"}"#),
        };
        stream.get_mut().write_all(format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes()).await?;
        stream.get_mut().write_all(body.as_bytes()).await?;
    }
}
