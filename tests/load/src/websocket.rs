//! A client of WebSocket (RFC 6455) that reads text messages, and does as little as possible.

use eyre::{WrapErr, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Kinds of frames that are told apart here.
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// The last frame of its message.
const LAST: u8 = 0x80;
/// From a client, so masked.
const MASKED: u8 = 0x80;

/// An open connection.
#[derive(Debug)]
pub(crate) struct WebSocket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of the buffer that have been read.
    read: usize,
}

impl WebSocket {
    /// To `host:port`.
    ///
    /// # Errors
    /// When nobody speaks WebSocket there.
    pub(crate) async fn open(address: &str) -> eyre::Result<Self> {
        let mut stream = TcpStream::connect(address).await.wrap_err_with(|| format!("nobody listens at {address}"))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: Z2FpbnNheSBsb2FkIHRlc3Q=\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut socket = Self { stream, buffer: Vec::with_capacity(1 << 16), read: 0 };
        let end = loop {
            if let Some(end) = socket.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            socket.more().await?;
        };
        ensure!(socket.buffer.starts_with(b"HTTP/1.1 101"), "{address} speaks no WebSocket");
        socket.read = end;
        Ok(socket)
    }

    async fn more(&mut self) -> eyre::Result<()> {
        self.buffer.drain(..self.read);
        self.read = 0;
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the node closed the WebSocket");
        Ok(())
    }

    /// Sends a text.
    ///
    /// # Errors
    /// When the connection breaks, or the text is longer than a frame of 64 kB.
    pub(crate) async fn send(&mut self, text: &str) -> eyre::Result<()> {
        self.frame(TEXT, text.as_bytes()).await
    }

    async fn frame(&mut self, kind: u8, content: &[u8]) -> eyre::Result<()> {
        // A mask of zeroes: it protects proxies, and there is none in between.
        let mut frame = vec![LAST | kind, MASKED | 126];
        frame.extend_from_slice(&u16::try_from(content.len())?.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(content);
        Ok(self.stream.write_all(&frame).await?)
    }

    /// The next message, whole or in part: texts that are sent in several frames come one after another.
    ///
    /// # Errors
    /// When the connection ends.
    pub(crate) async fn next(&mut self) -> eyre::Result<&[u8]> {
        loop {
            let (kind, start, end) = loop {
                match parse(&self.buffer[self.read..]) {
                    Some((kind, head, length)) if self.buffer.len() >= self.read + head + length => {
                        break (kind, self.read + head, self.read + head + length);
                    }
                    _ => self.more().await?,
                }
            };
            self.read = end;
            match kind {
                CLOSE => bail!("the node closed the WebSocket: {}", String::from_utf8_lossy(&self.buffer[start..end])),
                PING => {
                    let content = self.buffer[start..end].to_vec();
                    self.frame(PONG, &content).await?;
                }
                PONG => {}
                _ => return Ok(&self.buffer[start..end]),
            }
        }
    }
}

/// Kind of a frame, length of its head, and of its content. None as long as the head is not complete.
fn parse(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (kind, short) = (bytes.first()? & 0x0f, bytes.get(1)? & 0x7f);
    let (head, length) = match short {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    Some((kind, head, usize::try_from(length).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_all_three_lengths_are_read() {
        assert_eq!(parse(&[0x81, 5]), Some((TEXT, 2, 5)));
        assert_eq!(parse(&[0x81, 126, 1, 2]), Some((TEXT, 4, 258)));
        assert_eq!(parse(&[0x88, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some((CLOSE, 10, 65_536)));
        assert_eq!(parse(&[0x81]), None);
        assert_eq!(parse(&[0x81, 126, 1]), None);
    }
}
