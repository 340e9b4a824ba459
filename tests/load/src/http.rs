//! A client of HTTP/1.1 that does as little as possible: the load must not take the processor from what it measures.

use eyre::{OptionExt, WrapErr, bail, ensure};
use std::io::Write;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What an answer holds that is one.
const ERROR: &str = "\"error\":";

/// One connection that stays open.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// The request's head up to its length.
    head: String,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    /// To `host:port`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(address: &str) -> eyre::Result<Self> {
        let stream = TcpStream::connect(address).await.wrap_err_with(|| format!("nobody listens at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, head: head(address), request: Vec::new(), buffer: Vec::with_capacity(1 << 16) })
    }

    /// Posts, and returns the body of the answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not 200.
    pub(crate) async fn post(&mut self, body: &[u8]) -> eyre::Result<&[u8]> {
        let mut request = std::mem::take(&mut self.request);
        encode(&mut request, &self.head, body);
        self.stream.write_all(&request).await?;
        self.request = request;
        self.answer().await
    }

    /// What [`Self::exchange`] sends to post this.
    #[must_use]
    pub(crate) fn request(address: &str, body: &[u8]) -> Vec<u8> {
        let mut request = Vec::new();
        encode(&mut request, &head(address), body);
        request
    }

    /// As [`Self::post`], of a request that is encoded already.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> eyre::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> eyre::Result<&[u8]> {
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

/// The head of a request up to its length.
fn head(address: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: ")
}

fn encode(request: &mut Vec<u8>, head: &str, body: &[u8]) {
    request.clear();
    // Writing to a vector cannot fail.
    let _ = write!(request, "{head}{}\r\n\r\n", body.len());
    request.extend_from_slice(body);
}

/// Refuses an answer that holds an error, of one call or of a batch.
///
/// # Errors
/// With the beginning of the first error.
pub(crate) fn accepted(answer: &[u8]) -> eyre::Result<()> {
    // Searching text takes many bytes at a time.
    let Some(place) = std::str::from_utf8(answer)?
        .contains(ERROR)
        .then(|| answer.windows(ERROR.len()).position(|window| window == ERROR.as_bytes()))
        .flatten()
    else {
        return Ok(());
    };
    bail!("the node refuses what was sent: {}", String::from_utf8_lossy(&answer[place..answer.len().min(place + 300)]))
}

fn content_length(head: &[u8]) -> eyre::Result<usize> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("the node answered {}", head.lines().next().unwrap_or_default());
    }
    let line = head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")));
    Ok(line.ok_or_eyre("the answer has no length")?.1.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_batch_is_found_and_told() {
        assert!(accepted(br#"[{"jsonrpc":"2.0","id":0,"result":"0x00"}]"#).is_ok());
        let answer =
            br#"[{"jsonrpc":"2.0","id":0,"result":"0x00"},{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"txpool is full"}}]"#;
        let told = accepted(answer).err().map(|error| error.to_string());
        assert!(told.is_some_and(|told| told.contains("txpool is full")));
    }

    #[test]
    fn only_an_answer_with_a_length_is_read() {
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 12\r\n\r\n").ok(), Some(12));
        assert!(content_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(content_length(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 1\r\n\r\n").is_err());
    }
}
