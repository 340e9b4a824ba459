//! A beacon node's way of naming blocks, in front of the blobs that a development node serves by hash.

use alloy::{eips::eip4844::Bytes48, transports::http::reqwest};
use gainsay_l1::{L1Block, anvil::Anvil};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Seconds.
const SLOT: u64 = 12;
/// Slot of the block with blobs.
const WANTED: u64 = 1_234;

/// Serves the blobs of `block` in slot 1,234 of a chain with slots of 12 s, below the path `/some/key`; and a beacon block with these commitments, if any.
pub(crate) async fn start(anvil: &Anvil, block: L1Block, commitments: Option<Vec<Bytes48>>) -> eyre::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let node = anvil.url().to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // One request a connection.
            let _ = serve(stream, &node, &block, commitments.as_deref()).await;
        }
    });
    Ok(url)
}

async fn serve(stream: TcpStream, node: &str, block: &L1Block, commitments: Option<&[Bytes48]>) -> eyre::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default().strip_prefix("/some/key/eth/v1/").unwrap_or_default();
    let wanted = format!("beacon/blobs/{WANTED}");
    let beacon_block = format!("beacon/blinded_blocks/{WANTED}");
    let (status, body) = match path.split('?').next() {
        Some("config/spec") => (200, format!(r#"{{"data":{{"SECONDS_PER_SLOT":"{SLOT}","DEPOSIT_CHAIN_ID":"1"}}}}"#)),
        // The block comes 7 s into its slot: slots are counted in whole.
        Some("beacon/genesis") => (200, format!(r#"{{"data":{{"genesis_time":"{}"}}}}"#, block.timestamp - WANTED * SLOT - 7)),
        Some(blobs) if blobs == wanted => {
            let query = path.split_once('?').map_or("", |(_, query)| query);
            (200, reqwest::get(format!("{node}/eth/v1/beacon/blobs/{}?{query}", block.hash)).await?.text().await?)
        }
        Some(path) if path == beacon_block && commitments.is_some() => {
            let body = serde_json::json!({ "blob_kzg_commitments": commitments, "graffiti": "0x" });
            (200, serde_json::json!({ "version": "fulu", "data": { "message": { "slot": WANTED.to_string(), "body": body } } }).to_string())
        }
        _ => (404, r#"{"code":404,"message":"no such slot"}"#.to_owned()),
    };
    let head = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.get_mut().write_all(head.as_bytes()).await?;
    stream.get_mut().write_all(body.as_bytes()).await?;
    Ok(())
}
