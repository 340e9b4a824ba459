//! Connections that send more than is good for the server, or take nothing of what it sends.

use super::node::Node;
use crate::{Limits, RpcServer};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A socket after a WebSocket's handshake.
async fn websocket(server: &RpcServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.expect("it answers"));
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// A text frame, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0xff];
    frame.extend((text.len() as u64).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.bytes());
    frame
}

/// A request whose answer is as long as itself.
fn call(id: usize) -> String {
    json!({ "jsonrpc": "2.0", "id": "x".repeat(id), "method": "eth_chainId" }).to_string()
}

async fn post(server: &RpcServer, body: &str) -> std::io::Result<Value> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let head = format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    serde_json::from_str(body).map_err(std::io::Error::other)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_sends_who_reads_nothing_is_not_read_either() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let mut stream = websocket(&server).await;
    let large = frame(&call(100_000));
    let mut sent = 0;
    // The kernel takes some megabytes in both directions.
    while sent < 64 << 20 {
        match timeout(Duration::from_secs(2), stream.write_all(&large)).await {
            Ok(result) => result.expect("the connection is open"),
            Err(_) => break,
        }
        sent += large.len();
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    let answer = post(&server, &call(1)).await.expect("others are served");
    assert_eq!(answer["result"], json!("0x385"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_many_requests_before_reading_gets_all_answers() {
    const COUNT: usize = 3_000;
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let (mut reader, mut writer) = websocket(&server).await.into_split();
    let sending = tokio::spawn(async move {
        // More at a time than may be under way, in bytes and in number.
        let request = frame(&call(5_000));
        for _ in 0..COUNT {
            writer.write_all(&request).await.expect("it is read in the end");
        }
        writer
    });
    let answer = r#""result":"0x385""#;
    let (mut text, mut found) = (String::new(), 0);
    let reading = async {
        let mut part = vec![0; 1 << 16];
        while found < COUNT {
            let bytes = reader.read(&mut part).await.expect("it is open");
            assert!(bytes > 0, "closed after {found} answers");
            text.extend(part[..bytes].iter().map(|byte| char::from(*byte)));
            found += text.matches(answer).count();
            text = text.split_off(text.rfind(answer).map_or(text.len().saturating_sub(answer.len()), |at| at + answer.len()));
        }
    };
    timeout(Duration::from_secs(60), reading).await.expect("all answers come");
    drop(sending.await.expect("no panic"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_replies_are_refused_while_too_many_bytes_of_them_are_not_read() {
    let node = Node::new();
    let server = node.serve(Limits { replies_bytes: 30_000, ..Limits::default() }).await;
    for _ in 0..5 {
        let answer = post(&server, &call(20_000)).await.expect("an answer");
        assert_eq!(answer["result"], json!("0x385"), "what was read counts no more");
    }
    let answer = post(&server, &call(40_000)).await.expect("an answer");
    assert_eq!(answer["error"]["code"], json!(-32005), "{}", answer["error"]);
    let batch = format!("[{}]", vec![call(10_000); 4].join(","));
    let answer = post(&server, &batch).await.expect("an answer");
    assert_eq!(answer["error"]["code"], json!(-32005), "so is a batch of them: {}", answer["error"]);
    let answer = post(&server, &call(1)).await.expect("an answer");
    assert_eq!(answer["result"], json!("0x385"), "small ones are not");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_requests_have_to_share_what_there_is_for_them() {
    let node = Node::new();
    let server = node.serve(Limits { requests_bytes: 1 << 20, ..Limits::default() }).await;
    let large = frame(&call(1_050_000));
    let served = |answer: std::io::Result<Value>| answer.is_ok_and(|answer| answer["result"] == json!("0x385"));
    // Most of a request. Whoever comes second is refused: should that be this one, then once more.
    let most = async {
        loop {
            let mut slow = websocket(&server).await;
            slow.write_all(&large[..1_050_000]).await.expect("it is read");
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !served(post(&server, &call(200_000)).await) {
                return slow;
            }
        }
    };
    let slow = timeout(Duration::from_secs(20), most).await.expect("there is no room beside a megabyte that is not whole");
    assert!(served(post(&server, &call(10_000)).await), "small ones need none");
    drop(slow);
    let again = async {
        while !served(post(&server, &call(200_000)).await) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), again).await.expect("it is gone, and so is what it held");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_more_sockets_than_allowed() {
    let node = Node::new();
    let server = node.serve(Limits { sockets: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(server.address()).await.expect("it listens");
    first.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.expect("it is read");
    first.read_u8().await.expect("the connection is taken");
    assert!(post(&server, &call(1)).await.is_err(), "one more is closed");
    drop(first);
    let next = async {
        while post(&server, &call(1)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), next).await.expect("there is room again");
}
