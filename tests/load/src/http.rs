//! A client of HTTP/1.1 that does as little as possible: the load must not take the processor from what it measures.

use eyre::{OptionExt, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection that stays open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    head: String,
    buffer: Vec<u8>,
}

impl Connection {
    /// To `host:port`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: &str) -> eyre::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: ");
        Ok(Self { stream, head, buffer: Vec::with_capacity(1 << 16) })
    }

    /// Posts a body and returns that of the answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not 200.
    pub async fn post(&mut self, body: &[u8]) -> eyre::Result<&[u8]> {
        let mut request = Vec::with_capacity(self.head.len() + 16 + body.len());
        request.extend_from_slice(self.head.as_bytes());
        request.extend_from_slice(body.len().to_string().as_bytes());
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.buffer.clear();
        let end = loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the node closed the connection");
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let length = content_length(&self.buffer[..end])?;
        while self.buffer.len() < end + length {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the node closed the connection");
        }
        Ok(&self.buffer[end..end + length])
    }
}

fn content_length(head: &[u8]) -> eyre::Result<usize> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("the node answered {}", head.lines().next().unwrap_or_default());
    }
    let line = head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")));
    Ok(line.ok_or_eyre("the answer has no length")?.1.trim().parse()?)
}
