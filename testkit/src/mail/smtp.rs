//! The catcher's SMTP side: parsing is `smtp-proto`'s and `mail-parser`'s, the conversation is here.

use std::{io, sync::Arc, time::Duration};

use mail_parser::{Address, MessageParser};
use smtp_proto::{
    AUTH_PLAIN, Error, MAIL_SMTPUTF8, Request,
    request::receiver::{DataReceiver, RequestReceiver},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{Caught, Faults, Side};

const LARGEST: usize = 1024 * 1024;
const RECIPIENTS: usize = 100;
const READ_LIMIT: Duration = Duration::from_secs(120);

/// What conversations share.
#[derive(Clone)]
pub(super) struct MailContext {
    pub(super) caught: Arc<Caught>,
    pub(super) faults: Arc<Faults>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) smtputf8: bool,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Takes connections for ever; `wrapped` ones begin with TLS.
pub(super) async fn serve(listener: TcpListener, context: MailContext, wrapped: bool) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are short lines: one held back costs more than it saves.
                let _ = stream.set_nodelay(true);
                let context = context.clone();
                // A conversation that breaks off is the client's affair.
                tokio::spawn(async move { timeout(READ_LIMIT * 10, converse(stream, context, wrapped)).await });
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn converse(stream: TcpStream, context: MailContext, wrapped: bool) -> io::Result<()> {
    let acceptor = context.tls.clone().map(TlsAcceptor::from);
    let mut wire: Box<dyn Wire> = match &acceptor {
        Some(acceptor) if wrapped => Box::new(acceptor.accept(stream).await?),
        _ => Box::new(stream),
    };
    wire.write_all(b"220 jangbu-mail catches everything\r\n").await?;
    let mut talk = Talk { context, secure: wrapped, utf8: false, sender: None, recipients: vec![] };
    while let Ended::ToTls = talk.commands(&mut wire).await? {
        let Some(acceptor) = &acceptor else { break };
        // Whatever was sent in the clear behind STARTTLS is gone with the buffer of the conversation before.
        wire = Box::new(acceptor.accept(wire).await?);
        talk = Talk { secure: true, sender: None, recipients: vec![], ..talk };
    }
    Ok(())
}

enum Ended {
    Quit,
    ToTls,
}

struct Talk {
    context: MailContext,
    secure: bool,
    /// Whether the mail under way may hold addresses beyond ASCII.
    utf8: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Talk {
    /// Hears commands until the client quits, or asks for TLS.
    async fn commands(&mut self, wire: &mut Box<dyn Wire>) -> io::Result<Ended> {
        let mut heard = RequestReceiver::default();
        let mut data: Option<(DataReceiver, Vec<u8>)> = None;
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = timeout(READ_LIMIT, wire.read(&mut buffer)).await.map_err(io::Error::other)??;
            if length == 0 {
                return Ok(Ended::Quit);
            }
            let mut bytes = buffer[..length].iter();
            while !bytes.as_slice().is_empty() {
                if let Some((receiver, body)) = &mut data {
                    if receiver.ingest(&mut bytes, body) {
                        let answer = self.take(body).await;
                        data = None;
                        wire.write_all(answer.as_bytes()).await?;
                    } else if body.len() > LARGEST {
                        wire.write_all(b"552 too large\r\n").await?;
                        return Ok(Ended::Quit);
                    }
                    continue;
                }
                let request = match heard.ingest(&mut bytes) {
                    Ok(request) => request.into_owned(),
                    Err(Error::NeedsMoreData { .. }) => break,
                    Err(error) => {
                        wire.write_all(complaint(&error).as_bytes()).await?;
                        continue;
                    }
                };
                let quits = matches!(request, Request::Quit);
                let to_tls = matches!(request, Request::StartTls) && self.offers_tls();
                let to_data = matches!(request, Request::Data) && !self.recipients.is_empty();
                wire.write_all(self.answer(request).as_bytes()).await?;
                wire.flush().await?;
                if quits {
                    return Ok(Ended::Quit);
                }
                if to_tls {
                    return Ok(Ended::ToTls);
                }
                if to_data {
                    data = Some((DataReceiver::new(), vec![]));
                }
            }
            wire.flush().await?;
        }
    }

    fn offers_tls(&self) -> bool {
        self.context.tls.is_some() && !self.secure
    }

    fn answer(&mut self, request: Request<String>) -> String {
        match request {
            Request::Ehlo { .. } => {
                let tls = if self.offers_tls() { "250-STARTTLS\r\n" } else { "" };
                let utf8 = if self.context.smtputf8 { "250-SMTPUTF8\r\n" } else { "" };
                format!("250-jangbu-mail\r\n{tls}250-8BITMIME\r\n{utf8}250-AUTH PLAIN\r\n250 SIZE {LARGEST}\r\n")
            }
            Request::Helo { .. } => line("250 jangbu-mail"),
            Request::Auth { mechanism: AUTH_PLAIN, initial_response } if !initial_response.is_empty() => {
                line("235 welcome")
            }
            Request::Auth { .. } => line("504 PLAIN with an initial response only"),
            Request::StartTls if self.offers_tls() => line("220 go ahead"),
            Request::Mail { from } if from.flags & MAIL_SMTPUTF8 != 0 && !self.context.smtputf8 => {
                line("555 no SMTPUTF8 here")
            }
            Request::Mail { from } => {
                self.utf8 = from.flags & MAIL_SMTPUTF8 != 0;
                self.recipients.clear();
                self.sender = Some(from.address);
                line("250 sender")
            }
            Request::Rcpt { .. } if self.sender.is_none() => line("503 MAIL first"),
            Request::Rcpt { .. } if self.recipients.len() >= RECIPIENTS => line("452 too many recipients"),
            Request::Rcpt { to } if !to.address.is_ascii() && !self.utf8 => line("553 that address needs SMTPUTF8"),
            Request::Rcpt { to } => {
                self.recipients.push(to.address);
                line("250 recipient")
            }
            Request::Data if self.recipients.is_empty() => line("503 RCPT first"),
            Request::Data => line("354 go ahead"),
            Request::Rset => {
                self.forget();
                line("250 forgotten")
            }
            Request::Noop { .. } => line("250 nothing done"),
            Request::Vrfy { .. } => line("252 everybody is caught here"),
            Request::Quit => line("221 bye"),
            _ => line("502 not here"),
        }
    }

    /// Takes a message in, once for each recipient.
    async fn take(&mut self, raw: &[u8]) -> String {
        let (code, delay) = self.context.faults.next(Side::Smtp);
        if code.is_none() {
            self.keep(raw);
        }
        self.forget();
        sleep(delay).await;
        match code {
            Some(code) => line(&format!("{code} a fault on request")),
            None => line("250 caught"),
        }
    }

    fn keep(&self, raw: &[u8]) {
        let parsed = MessageParser::default().parse(raw);
        let parsed = parsed.as_ref();
        let from = parsed.and_then(|message| message.from()).map_or_else(String::new, shown);
        let from = if from.is_empty() { self.sender.clone().unwrap_or_default() } else { from };
        let subject = parsed.and_then(|message| message.subject()).unwrap_or_default();
        let text = parsed.and_then(|message| message.body_text(0)).unwrap_or_default();
        for to in &self.recipients {
            self.context.caught.mail(from.clone(), to, subject.to_owned(), text.replace("\r\n", "\n"));
        }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }
}

fn shown(address: &Address<'_>) -> String {
    let Some(first) = address.first() else { return String::new() };
    let (name, address) = (first.name.as_deref().unwrap_or_default(), first.address.as_deref().unwrap_or_default());
    if name.is_empty() { address.to_owned() } else { format!("{name} <{address}>") }
}

fn complaint(error: &Error) -> String {
    match error {
        Error::UnknownCommand => line("500 not a command"),
        Error::InvalidSenderAddress => line("501 not a sender"),
        Error::InvalidRecipientAddress => line("501 not a recipient"),
        Error::ResponseTooLong => line("500 too long a line"),
        _ => line("501 not understood"),
    }
}

fn line(text: &str) -> String {
    format!("{text}\r\n")
}
