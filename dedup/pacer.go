package dedup

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"otklik/mention"
)

// LocalPacer spaces requests within one process. RedisPacer uses it while the
// server does not answer, so that a daemon alone stays polite.
type LocalPacer interface {
	Wait(ctx context.Context, host string, delay time.Duration) error
	Backoff(ctx context.Context, host string, d time.Duration) error
}

// RedisPacer spaces the requests to a host over all daemons that use one
// server. The server's clock decides, so that the daemons' may differ.
type RedisPacer struct {
	server server
	prefix string
	local  LocalPacer
}

// NewRedisPacer returns a pacer over client that falls back to local. Prefix
// is "otklik" when empty.
func NewRedisPacer(client *redis.Client, prefix string, local LocalPacer) *RedisPacer {
	return &RedisPacer{server: newServer(client), prefix: prefixOr(prefix), local: local}
}

// turnScript books the next turn at a host.
//
//	KEYS[1]: the host's next free turn, in the server's Unix ms
//	ARGV: the pause after this turn in ms, the longest wait worth booking in ms or -1
//	result: ms until the turn; when longer than the longest wait, nothing is booked
var turnScript = newScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local longest = tonumber(ARGV[2])
if longest < 0 or at - now <= longest then
  local free = at + tonumber(ARGV[1])
  redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', free - now + 1000)
end
return at - now`)

// backoffScript keeps a host free of requests.
//
//	KEYS[1]: the host's next free turn, in the server's Unix ms
//	ARGV[1]: for how long from now, in ms
//	result: 1 when the turn moved, 0 when it was later already
var backoffScript = newScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local free = now + tonumber(ARGV[1])
if tonumber(redis.call('GET', KEYS[1]) or 0) >= free then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', free - now + 1000)
return 1`)

// Wait returns when a request to host may start, at least delay after the one
// before it by any daemon. It reports ctx's error when ctx ends first, and a
// *mention.RetryError at once when the turn would come after ctx's deadline.
// A turn that is given up stays taken.
func (p *RedisPacer) Wait(ctx context.Context, host string, delay time.Duration) error {
	longest := int64(-1)
	if deadline, ok := ctx.Deadline(); ok {
		longest = max(0, time.Until(deadline).Milliseconds())
	}
	wait, err := p.book(ctx, host, delay, longest)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return p.local.Wait(ctx, host, delay)
	}
	if longest >= 0 && wait.Milliseconds() > longest {
		return mention.RetryAfter(wait, fmt.Errorf("%s asks to wait %s, longer than this pass may last", host, wait.Round(time.Second)))
	}
	return sleep(ctx, wait)
}

func (p *RedisPacer) book(ctx context.Context, host string, delay time.Duration, longest int64) (time.Duration, error) {
	ms, err := p.server.run(ctx, turnScript, []string{p.key(host)}, delay.Milliseconds(), longest).Int64()
	return time.Duration(ms) * time.Millisecond, err
}

// Backoff lets no daemon start a request to host within d from now. When the
// server does not answer, this process alone keeps away.
func (p *RedisPacer) Backoff(ctx context.Context, host string, d time.Duration) error {
	err := p.server.run(ctx, backoffScript, []string{p.key(host)}, d.Milliseconds()).Err()
	if err != nil && ctx.Err() == nil {
		return p.local.Backoff(ctx, host, d)
	}
	return err
}

func (p *RedisPacer) key(host string) string { return p.prefix + ":pace:" + fold(host) }

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
