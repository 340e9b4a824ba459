//! Requests as bytes over a socket, for what no client would send.

use crate::RpcServer;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Posts a body as it is; status line with headers in lower case, and the answer's body.
pub(super) async fn post(server: &RpcServer, body: &[u8]) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let head = format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer).map_err(std::io::Error::other)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| std::io::Error::other("no head"))?;
    Ok((head.to_lowercase(), body.to_owned()))
}

/// Posts a body, and reads the answer as JSON.
pub(super) async fn ask(server: &RpcServer, body: &[u8]) -> Value {
    let (_, answer) = post(server, body).await.expect("an answer");
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// A WebSocket.
pub(super) struct Socket(TcpStream);

impl Socket {
    pub(super) async fn open(server: &RpcServer) -> std::io::Result<Self> {
        let mut stream = TcpStream::connect(server.address()).await?;
        let head = "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                    sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await?);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        Ok(Self(stream))
    }

    /// A frame with these bytes, masked with zeros, text or binary.
    pub(super) async fn send(&mut self, bytes: &[u8], binary: bool) -> std::io::Result<()> {
        let mut frame = vec![if binary { 0x82 } else { 0x81 }, 0xff];
        frame.extend((bytes.len() as u64).to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(bytes);
        self.0.write_all(&frame).await
    }

    /// The next text frame; pings are passed over. None once the connection is closed.
    pub(super) async fn receive(&mut self) -> Option<Vec<u8>> {
        loop {
            let kind = self.0.read_u8().await.ok()? & 0x0f;
            let length = match self.0.read_u8().await.ok()? & 0x7f {
                126 => u64::from(self.0.read_u16().await.ok()?),
                127 => self.0.read_u64().await.ok()?,
                short => u64::from(short),
            };
            let mut bytes = vec![0; usize::try_from(length).ok()?];
            self.0.read_exact(&mut bytes).await.ok()?;
            match kind {
                1 => return Some(bytes),
                8 => return None,
                _ => {}
            }
        }
    }

    /// Sends a text and reads the next as JSON.
    pub(super) async fn ask(&mut self, text: &str) -> Value {
        self.send(text.as_bytes(), false).await.expect("it is open");
        let answer = self.receive().await.expect("an answer");
        serde_json::from_slice(&answer).expect("JSON")
    }
}
