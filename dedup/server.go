package dedup

import (
	"context"
	"crypto/sha1" //nolint:gosec // the name that Redis gives a script
	"encoding/hex"

	"github.com/redis/go-redis/v9"
)

// server runs commands and scripts on a Redis client. It holds the client as
// functions: the linker keeps every method of a type that may be reached from
// an interface, and the client's are all the commands of Redis, which in a
// field of RedisPacer, say, weigh two megabytes.
type server struct {
	process   func(ctx context.Context, cmd redis.Cmder) error
	subscribe func(ctx context.Context, channels ...string) *redis.PubSub
}

func newServer(c *redis.Client) server {
	return server{process: c.Process, subscribe: c.Subscribe}
}

// do runs one command; the result holds its error.
func (s server) do(ctx context.Context, args ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx, args...)
	_ = s.process(ctx, cmd) // which cmd keeps
	return cmd
}

// script is a Lua script and the name by which a server that has seen it knows it.
type script struct{ source, name string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // see the import
	return script{source: source, name: hex.EncodeToString(sum[:])}
}

// run runs sc by its name, and in whole where the server has not seen it yet:
// after a restart, or after SCRIPT FLUSH.
func (s server) run(ctx context.Context, sc script, keys []string, args ...any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, "evalsha", sc.name, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	all = append(all, args...)
	cmd := s.do(ctx, all...)
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		all[0], all[1] = "eval", sc.source
		cmd = s.do(ctx, all...)
	}
	return cmd
}
