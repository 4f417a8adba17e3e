package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

type healthCmd struct {
	URL string `help:"Readiness address of the daemon." default:"http://127.0.0.1:8080/readyz"`
}

// Run fails when the daemon is not ready.
func (c healthCmd) Run(ctx context.Context, con console) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return usage("%w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var why *url.Error // it repeats the address
		if errors.As(err, &why) {
			err = why.Err
		}
		return fmt.Errorf("nobody answers at %s (--url names another address): %w", c.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.URL, err)
	}
	fmt.Fprintf(con.out, "%s\n", body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", c.URL, resp.Status)
	}
	return nil
}
