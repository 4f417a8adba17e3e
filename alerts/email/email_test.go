package email_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"otklik/alerts"
	"otklik/alerts/channeltest"
	"otklik/alerts/email"
	"otklik/mention"
	"otklik/secret"
)

// server is a pretend mail server; say answers a command, or a whole line in
// capitals, instead of its usual answer, and "cut" breaks the connection.
type server struct {
	listener net.Listener
	say      map[string]string

	mu    sync.Mutex
	mails []string // raw
}

// spoil changes an answer between letters.
func (s *server) spoil(line, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say[line] = answer
}

func (s *server) spoiled(line, command string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer, ok := s.say[strings.ToUpper(strings.TrimSpace(line))]; ok {
		return answer, true
	}
	answer, ok := s.say[command]
	return answer, ok
}

func newServer(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: l, say: map[string]string{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second)) // a client that hangs must not hang the test
	r := bufio.NewReader(c)
	fmt.Fprint(c, "220 mail.test ESMTP\r\n")
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.ToUpper(strings.Fields(l + " ?")[0])
		answer, spoiled := s.spoiled(l, command)
		switch {
		case spoiled && answer == "cut":
			return
		case spoiled:
			fmt.Fprint(c, answer+"\r\n")
		case command == "EHLO":
			fmt.Fprint(c, "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
		case command == "AUTH":
			fmt.Fprint(c, "235 welcome\r\n")
		case command == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			if end, _ := s.spoiled(".", ""); !s.take(r) || end == "cut" {
				return
			}
			fmt.Fprint(c, "250 taken\r\n")
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

func (s *server) take(r *bufio.Reader) bool {
	var b strings.Builder
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if l == ".\r\n" {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.mails = append(s.mails, b.String())
			return true
		}
		b.WriteString(strings.TrimPrefix(l, "."))
	}
}

// read returns the mails as people see them: subject, empty line, body.
func (s *server) read(t *testing.T) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, raw := range s.mails {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if m.Header.Get("Bcc") != "" {
			t.Errorf("the text added a header: %v", m.Header)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, subject+"\n\n"+strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	return out
}

func channel(t *testing.T, s *server) *email.Channel {
	t.Helper()
	ch, err := email.New(alerts.EmailConfig{To: []string{"pr@example.com", "boss@example.com"}, From: "otklik@example.com",
		Server: s.listener.Addr().String(), Password: secret.Literal("smtp-password")}, "ru", time.UTC, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) channeltest.Service {
		s := newServer(t)
		return channeltest.Service{Channel: channel(t, s), Shown: func() []string { return s.read(t) }}
	})
}

func TestChannel_Failures(t *testing.T) {
	for name, c := range map[string]struct {
		command, answer string
		final, doubt    bool
	}{
		"a mailbox that does not exist":   {"RCPT", "550 no such user", true, false},
		"a full mailbox":                  {"RCPT", "452 try later", false, false},
		"a wrong password":                {"AUTH", "535 no", true, false},
		"a text that is refused":          {"DATA", "554 spam", true, false},
		"a server that asks for patience": {"MAIL", "421 busy", false, false},
		"cut before the greeting":         {"EHLO", "cut", false, false},
		"cut after the text":              {".", "cut", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.say[c.command] = c.answer
			_, err := channel(t, s).Post(t.Context(), channeltest.Card())
			got, ok := errors.AsType[*mention.RetryError](err)
			if !ok || got.Final != c.final || got.InDoubt != c.doubt {
				t.Errorf("ends with %+v (%v), want final %t, in doubt %t", got, err, c.final, c.doubt)
			}
			if strings.Contains(fmt.Sprint(err), "smtp-password") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}

func TestChannel_SameIDForEveryTry(t *testing.T) {
	s := newServer(t)
	ch := channel(t, s)
	first, err := ch.Post(t.Context(), channeltest.Card())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ch.Post(t.Context(), channeltest.Card())
	if err != nil || again != first {
		t.Errorf("the second try is %+v, %v, want %+v", again, err, first)
	}
	m := channeltest.Card()
	m.Notice.Kind, m.Notice.Key, m.Thread = mention.ReminderNotice, "reminder:1", first
	if _, err := ch.Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if last := s.mails[len(s.mails)-1]; !strings.Contains(last, "In-Reply-To: <"+first.Message+">") {
		t.Errorf("the reminder does not answer the card:\n%s", last)
	}
}

func TestNew(t *testing.T) {
	for _, server := range []string{"", "smtp.example.com", "smtp.example.com:mail"} {
		if _, err := email.New(alerts.EmailConfig{To: []string{"a@example.com"}, Server: server}, "ru", time.UTC, nil); err == nil {
			t.Errorf("server %q is accepted", server)
		}
	}
}
