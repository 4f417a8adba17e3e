package dedup

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// maxLive bounds a message: a name of what changed, never its content.
const maxLive = 1 << 10

// RedisLive carries small strings between daemons: "task 17 changed". What is
// published while nobody listens, or while the connection is down, is lost;
// listeners read the archive when Subscribe calls them with lost set.
type RedisLive struct {
	server  server
	channel string
}

// NewRedisLive returns the channel called name. Prefix is "otklik" when empty.
func NewRedisLive(client *redis.Client, prefix, name string) *RedisLive {
	return &RedisLive{server: newServer(client), channel: prefixOr(prefix) + ":live:" + fold(name)}
}

// Publish sends message to every present listener. A message over 1 KB is refused.
func (l *RedisLive) Publish(ctx context.Context, message string) error {
	if len(message) > maxLive {
		return fmt.Errorf("live message of %d bytes: at most %d are sent", len(message), maxLive)
	}
	if err := l.server.do(ctx, "publish", l.channel, message).Err(); err != nil {
		return fmt.Errorf("publish to redis: %w", err)
	}
	return nil
}

// Subscribe calls heard with every message until ctx ends, then returns nil.
// A lost connection is made again. Each time the subscription begins, at first
// and after a loss, heard is called with lost set and no message, because
// something may have passed unheard.
func (l *RedisLive) Subscribe(ctx context.Context, heard func(message string, lost bool)) error {
	sub := l.server.subscribe(ctx, l.channel)
	defer sub.Close()
	events := sub.ChannelWithSubscriptions() // sends pings, so that a dead peer is noticed
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-events:
			switch e := event.(type) {
			case *redis.Subscription:
				heard("", true)
			case *redis.Message:
				heard(e.Payload, false)
			}
		}
	}
}
