//! A TCP connection that is read a line at a time, for the clear beginning of a dialogue that STARTTLS continues.
//!
//! Whoever sits on the line can append replies of their own to the server's "220 go ahead". A client that has read them along
//! takes them for replies that came encrypted: a login that nobody judged, a refusal of a mail that was taken
//! (<https://nostarttls.secvuln.info/>). Here they stay unread until TLS reads them, as the rubbish that they are to it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Bytes that are looked at for the end of a line; a longer one is read in parts. RFC 5321 (4.5.3.1.5) allows 512 in a reply.
const LOOKED_AT: usize = 1024;

/// No read goes beyond the end of a line, whatever has arrived.
#[derive(Debug)]
pub(super) struct LineByLine(pub(super) TcpStream);

impl AsyncRead for LineByLine {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let tcp = &mut self.get_mut().0;
        let mut bytes = [0; LOOKED_AT];
        let mut arrived = ReadBuf::new(&mut bytes);
        ready!(tcp.poll_peek(context, &mut arrived))?;
        let line = up_to_line_end(arrived.filled()).min(buffer.remaining());
        let mut read = ReadBuf::new(bytes.get_mut(..line).unwrap_or_default());
        ready!(Pin::new(tcp).poll_read(context, &mut read))?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

/// The length of the first line with its end, or of all there is.
fn up_to_line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1)
}
