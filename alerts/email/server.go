package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"otklik/mention"
	"otklik/secret"
)

// sendTime bounds one message from the dial to the end.
const sendTime = 30 * time.Second

// Server hands letters over to one mail server. TLS is required except to a
// loopback host; on port 465 it is spoken from the first byte (RFC 8314).
type Server struct {
	host     string
	port     int
	user     string
	password secret.String
}

// NewServer returns the server at host:port, or an error when that is none. It
// logs in as user when there is a password.
func NewServer(address, user string, password secret.String) (Server, error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return Server{}, fmt.Errorf("server %q: write host:port: %w", address, err)
	}
	port, err := strconv.Atoi(number)
	if err != nil {
		return Server{}, fmt.Errorf("server %q: the port is no number", address)
	}
	return Server{host, port, user, password}, nil
}

// Send hands msg over. Its errors say whether another try helps: a server's
// 5xx is final, its 4xx is not, and a connection that broke while sending
// leaves doubt. They repeat what the server said, addresses included.
func (s Server) Send(ctx context.Context, msg *mail.Msg) error {
	line := &line{host: s.host, isTLS: s.port == mail.DefaultPortSSL}
	defer line.close()
	client, err := s.client(line)
	if err != nil {
		return mention.Final(fmt.Errorf("prepare e-mail: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return refusal("reach the mail server", err, false)
	}
	if err := client.Send(msg); err != nil && !msg.IsDelivered() {
		return refusal("send e-mail", err, true)
	}
	_ = client.Close() // a polite end; what matters was answered by Send
	return nil
}

// line is the connection of one message. The library leaves it open when the
// greeting or the login fails, so that we close it ourselves.
type line struct {
	host  string
	isTLS bool // from the first byte on
	conn  net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.isTLS {
		l.conn, err = (&tls.Dialer{Config: &tls.Config{ServerName: l.host}}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close() // closed already after a polite end
	}
}

func (s Server) client(l *line) (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(s.port), mail.WithTimeout(sendTime), mail.WithDialContextFunc(l.dial)}
	auth := mail.SMTPAuthAutoDiscover
	switch ip := net.ParseIP(s.host); {
	case s.host == "localhost" || ip != nil && ip.IsLoopback():
		auth = mail.SMTPAuthPlainNoEnc // nobody listens between us and a local relay
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case l.isTLS:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.password.IsSet() {
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(s.user), mail.WithPassword(s.password.Reveal()))
	}
	return mail.NewClient(s.host, options...)
}

// Code returns the status with which a mail server refused (RFC 5321 section
// 4.2), zero when it gave none.
func Code(err error) int {
	code := 0
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		code = answer.Code
	}
	if sent, ok := errors.AsType[*mail.SendError](err); ok {
		code = max(code, sent.ErrorCode())
	}
	return code
}

// refusal says whether another try helps: a server's 5xx is final, its 4xx is
// not, and a connection that broke while sending leaves doubt.
func refusal(doing string, err error, isSending bool) error {
	wrapped := fmt.Errorf("%s: %w", doing, err)
	code := Code(err)
	switch {
	case code >= 500:
		return mention.Final(wrapped)
	case code >= 400:
		return &mention.RetryError{Err: wrapped}
	}
	return &mention.RetryError{InDoubt: isSending, Err: wrapped}
}
