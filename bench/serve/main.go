// Command serve serves the load site on its own, for crawlers of other
// processes: go run ./bench/serve -products 500 -pages 3.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"otklik/bench"
)

func main() {
	var cfg bench.SiteConfig
	listen := flag.String("listen", "127.0.0.1:8090", "address")
	flag.IntVar(&cfg.Products, "products", 1, "products with reviews, at /reviews/p0/ and on")
	flag.IntVar(&cfg.Pages, "pages", 5, "full list pages of each product")
	flag.BoolVar(&cfg.Still, "still", false, "answer conditional requests, and send the same bytes again")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *listen, bench.NewSite(cfg)); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		stop()
		os.Exit(1)
	}
}

// serve serves h until ctx ends. The first line of output is the address.
func serve(ctx context.Context, listen string, h http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
