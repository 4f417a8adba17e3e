package bench_test

import (
	"io"
	"net"
	"testing"
	"time"

	"otklik/bench"
)

func TestSlow(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	const way = 20 * time.Millisecond
	slow, err := bench.NewSlow(echo.Addr().String(), way, way)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", slow.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	for _, word := range []string{"раз", "два"} {
		got := make([]byte, len(word))
		if _, err := io.WriteString(c, word); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, got); err != nil || string(got) != word {
			t.Fatalf("%q came back as %q, %v", word, got, err)
		}
	}
	if took := time.Since(begun); took < 4*way {
		t.Errorf("two round trips took %s, want %s at least", took, 4*way)
	}
	if err := slow.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlives its proxy")
	}
}
