//! Serves the report over HTTP: `GET /status`. Nothing else, to nobody with patience: a request has 5 seconds and 8 kB.

use super::{Board, Report};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_REQUEST: usize = 8192;
const MAX_CONNECTIONS: usize = 32;

/// The status cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve the status on {address} ({source}): choose another --status-port, or stop the process that uses it")]
pub struct ListenError {
    /// Where it should listen.
    pub address: SocketAddr,
    /// The system's reason.
    pub source: std::io::Error,
}

/// A bound listener.
pub struct StatusServer {
    listener: TcpListener,
    board: Board,
}

impl StatusServer {
    /// Opens the port.
    ///
    /// # Errors
    /// When it cannot be listened on.
    pub async fn bind(address: SocketAddr, board: Board) -> Result<Self, ListenError> {
        let listener = TcpListener::bind(address).await.map_err(|source| ListenError { address, source })?;
        Ok(Self { listener, board })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until `stop`.
    pub async fn serve(self, stop: CancellationToken) {
        let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let (Ok((stream, _)), Ok(permit)) = (accepted, free.clone().try_acquire_owned()) else { continue };
            let report = self.board.report();
            tokio::spawn(async move {
                // A client that goes away or is too slow gets no answer, and nobody misses it.
                let _ = tokio::time::timeout(PATIENCE, answer(stream, &report)).await;
                drop(permit);
            });
        }
    }
}

async fn answer(mut stream: TcpStream, report: &Report) -> std::io::Result<()> {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_REQUEST {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let (status, body) = respond(&head, report);
    let length = body.len();
    let response =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

fn respond(head: &[u8], report: &Report) -> (&'static str, String) {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    match (words.next(), words.next()) {
        (Some(b"GET"), Some(b"/" | b"/status")) => match serde_json::to_string(report) {
            Ok(json) => ("200 OK", json),
            Err(_) => ("500 Internal Server Error", r#"{"error":"the report cannot be written"}"#.to_owned()),
        },
        (Some(b"GET"), Some(_)) => ("404 Not Found", r#"{"error":"there is only /status"}"#.to_owned()),
        (Some(_), Some(_)) => ("405 Method Not Allowed", r#"{"error":"use GET /status"}"#.to_owned()),
        _ => ("400 Bad Request", r#"{"error":"use GET /status"}"#.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::watch;

    #[tokio::test]
    async fn the_status_is_served_and_a_second_server_on_the_port_is_refused() {
        let (_sender, verdicts) = watch::channel(Arc::new(Report::default()));
        let (_player, player) = watch::channel(None);
        let board = Board { verdicts, player };
        let server = StatusServer::bind(SocketAddr::from(([127, 0, 0, 1], 0)), board.clone()).await.expect("a free port");
        let address = server.address().expect("bound");
        let again = StatusServer::bind(address, board).await.map(|_| ()).map_err(|error| error.to_string());
        assert!(again.is_err_and(|message| message.contains("--status-port")));
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.serve(stop.clone()));
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(b"GET /status HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Report>(body).ok(), Some(Report::default()));
        stop.cancel();
        assert!(task.await.is_ok());
    }

    #[test]
    fn anything_but_the_status_is_refused() {
        let report = Report::default();
        let status = |head: &[u8]| respond(head, &report).0;
        assert_eq!(status(b"GET /metrics HTTP/1.1\r\n\r\n"), "404 Not Found");
        assert_eq!(status(b"POST /status HTTP/1.1\r\n\r\n"), "405 Method Not Allowed");
        assert_eq!(status(b"\r\n\r\n"), "400 Bad Request");
        assert_eq!(status(&[0xff; 100]), "400 Bad Request");
    }
}
